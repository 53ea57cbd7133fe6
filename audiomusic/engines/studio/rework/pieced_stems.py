"""Stems of a song spliced from old and new audio.

Each stem is the old song's stem with the new audio's stem spliced in, at the same places and with the same
fades. Both add up to what was spliced, so the stems add up to the song. If the old song was itself spliced,
its stems are created the same way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from audiomusic.engines.base import EngineError, Monitor, StemRequest, silent_monitor
from audiomusic.engines.studio import master as mastering
from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.mixdown import Mixdown, mix_part, mix_with_curves
from audiomusic.engines.studio.rework.curves_file import CurvesNotReadable, load_curves
from audiomusic.engines.studio.rework.edits.reworked import Joins, Reworked, Span
from audiomusic.engines.studio.rework.kept_score import ScoreNotReadable, load_score
from audiomusic.engines.studio.rework.kept_song import TOO_OLD, KeptSong, pack_song, unpack_song
from audiomusic.engines.studio.rework.operations import apply_operation, new_spans, placed
from audiomusic.engines.studio.rework.splice import FADE_S, spliced
from audiomusic.engines.studio.rework.stem_names import STEM_NAMES, stem_of_voice, stems_present
from audiomusic.engines.studio.rework.stems import plays_in, render_stem, render_stems
from audiomusic.engines.studio.rework.window import sung_in, window_sound
from audiomusic.engines.studio.score import Score
from audiomusic.engines.studio.voice import sing

Samples = npt.NDArray[np.float32]
PIECED, HEARD, JOIN_GAINS = "is_pieced", "stems_heard", "join_gains"
GONE = "The source of this song no longer exists, or is in an older format, so it has no stems."


def piece_notes(
    before: Mapping[str, Any], after: Mapping[str, Any], join_gains: Sequence[float]
) -> dict[str, Any]:
    """Return what a kept score says about a spliced song: whose sound it contains, even if only in a fade,
    and the gains that matched new parts to the old level."""
    heard = {*stems_present(before), *stems_present(after)}
    return {
        PIECED: True,
        HEARD: [name for name in STEM_NAMES if name in heard],
        **({JOIN_GAINS: list(join_gains)} if join_gains else {}),
    }


def requested_stems(request: StemRequest, monitor: Monitor, workers: int) -> tuple[Score, Iterator[Samples]]:
    """Return the request's score and the audio of each stem. Raises EngineError if they cannot be read."""
    wanted = [frozenset(stems) for stems in request.stems]
    if request.score.get(PIECED):
        song = unpack_song(pack_song(request.score, request.curves, request.source))
        return song.score, _each(SongInPieces(song, workers), wanted, monitor)
    try:
        score, curves = load_score(request.score), load_curves(request.curves)
    except (ScoreNotReadable, CurvesNotReadable) as error:
        raise EngineError(str(error), TOO_OLD) from error
    return score, render_stems(score, curves, wanted, monitor, workers)


def _each(song: SongInPieces, wanted: Sequence[Collection[str]], monitor: Monitor) -> Iterator[Samples]:
    for number, stems in enumerate(wanted):
        yield song.stem(stems, monitor.span("rendering", number / len(wanted), (number + 1) / len(wanted)))


class SongInPieces:
    """A song with everything it was made from. What its stems have in common is computed once."""

    def __init__(self, song: KeptSong, workers: int) -> None:
        self._song, self._workers = song, workers
        self._before: SongInPieces | None = None
        self._made: Reworked | None = None
        if song.document.get(PIECED):
            if song.parent is None or song.operation is None:
                raise EngineError(GONE, TOO_OLD)
            parent = unpack_song(song.parent)
            self._before = SongInPieces(parent, workers)
            self._made = apply_operation(parent, song.operation, int(song.operation["seed"]))

    def stem(self, stems: Collection[str], monitor: Monitor) -> Samples:
        """Render stems: float32 [2, n], as long as the song. Raises Cancelled."""
        song = self._song
        if self._before is None or self._made is None:
            return render_stem(song.score, song.curves, stems, monitor, self._workers)
        old = self._before.stem(stems, monitor.span("rendering", 0.0, 0.5))
        rest = monitor.span("rendering", 0.5, 1.0)
        if self._made.joins is not None:
            return self._joined(old, stems, self._made.joins, rest)
        for span in self._made.spans or ():
            rest.tick(0.0)
            old = spliced(old, self._window(span, stems), *span, self._made.fade_s)
        return old

    def _window(self, span: Span, stems: Collection[str]) -> Samples:
        song = self._song
        return window_sound(
            song.score,
            song.curves,
            span,
            _sung_by(song.score, self._clips, stems),
            silent_monitor(),
            self._workers,
            plays_in(stems),
            self._peaks[span],
        ).samples

    @cached_property
    def _clips(self) -> list[VocalClip]:
        """The clips of lines that sound in the new audio."""
        if self._made is None or self._made.spans is None:
            return sing(self._song.score, silent_monitor(), self._workers)
        return sung_in(self._song.score, self._made.spans, silent_monitor(), self._workers)

    @cached_property
    def _peaks(self) -> dict[Span, Tensor]:
        """The limiter gains of each whole new range."""
        song, spans = self._song, (self._made.spans if self._made else None) or ()
        return {
            span: window_sound(
                song.score, song.curves, span, self._clips, silent_monitor(), self._workers
            ).peaks
            for span in spans
        }

    def _joined(self, old: Samples, stems: Collection[str], joins: Joins, monitor: Monitor) -> Samples:
        song, mixed = self._song, self._mixed
        clips = _sung_by(song.score, self._clips, stems)
        new = mix_part(song.score, clips, mixed.curves, monitor, self._workers, plays_in(stems))
        laid = placed(old, joins, new.shape[1])
        for span, gain, peaks in self._limits(joins):
            part = np.ascontiguousarray(new[:, slice(*span)]) * np.float32(gain)
            mastering.apply_limiter(part, peaks)
            laid = spliced(laid, part, *span, FADE_S)
        return laid

    @cached_property
    def _mixed(self) -> Mixdown:
        return mix_with_curves(self._song.score, self._clips, silent_monitor(), self._workers)

    def _limits(self, joins: Joins) -> list[tuple[Span, float, Tensor]]:
        """Return the level gain and limiter gains of each whole new part."""
        whole = self._mixed.samples
        spans, gains = new_spans(joins, whole.shape[1]), self._song.document.get(JOIN_GAINS, ())
        if len(spans) != len(gains):
            raise EngineError(GONE, TOO_OLD)
        limits = []
        for span, gain in zip(spans, gains, strict=True):
            part = np.ascontiguousarray(whole[:, slice(*span)]) * np.float32(gain)
            limits.append((span, gain, mastering.limited_to_ceiling(part)))
        return limits


def _sung_by(score: Score, clips: Sequence[VocalClip], stems: Collection[str]) -> list[VocalClip]:
    return [clip for clip in clips if stem_of_voice(score.vocals[clip.line].role) in stems]
