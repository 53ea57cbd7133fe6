"""The reworks in `manage.py bench tools`: what stays unchanged, how a seam sounds, and how long it takes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from audiomusic.bench.report import Report
from audiomusic.engines.base import EngineError, ReworkRequest, TakeResult

START, END = 0.25, 0.75  # as shares of a song: the range that is repainted
DIALS = (0.1, 0.2, 0.4, 0.5, 0.65, 0.75, 1.0)
DIAL_SEEDS = 3
RATE = 48_000
SEAM_PERCENTILE = 99.9
MOST_REPAINT_S, MOST_EDIT_S, MOST_ANALYSIS_MS = 4.0, 6.0, 200.0


def rework_figures(takes: Sequence[TakeResult]) -> Report:
    """Measure songs of all genres, each repainted once and reworked as a score."""
    report = Report()
    kept, seams = 0, 0
    for take in takes:
        master, made = _stored(take.samples), _stored(repainted(take).samples)
        first, last = (round(second * RATE) for second in _stretch(take))
        outside = np.array_equal(made[:, :first], master[:, :first])
        kept += outside and np.array_equal(made[:, last:], master[:, last:])
        seams += seam_is_calm(made, master, first) and seam_is_calm(made, master, last)
    report.add("repaints whose samples outside are equal", kept, at_least=len(takes))
    report.add("repaints whose seams are no louder than the song's own steps", seams, at_least=len(takes))
    sung = [take for take in takes if (take.score or {})["vocals"]]
    report.add("covers at 1.0 with every sung note", sum(map(cover_keeps, sung)), at_least=len(sung))
    report.add("edits that keep notes where syllables agree", sum(map(words_keep, sung)), at_least=len(sung))
    rising = sum(dial_rises(take, seed) for take in takes for seed in range(DIAL_SEEDS))
    report.add("retakes whose changed notes never fall", rising, at_least=DIAL_SEEDS * len(takes))
    return report


def reference_figures(takes: Sequence[TakeResult]) -> Report:
    """Measure new songs made with these as the reference, by another band: is their balance nearer to the
    reference than without it?
    """
    report, nearer = Report(), 0
    sound = import_module("audiomusic.engines.studio.rework.sound_of")
    for take in takes:
        made = rework(take, _reference(take), master=_stored(take.samples))
        corners = (made.score or {})["exact"]["score"]["notes"]["balance"]
        plain = _without_balance(made)
        wanted, mine, theirs = (
            np.array([db for _, db in sound.balance_of(samples, corners)])
            for samples in (take.samples, made.samples, plain)
        )
        nearer += bool(np.abs(mine - wanted).mean() < np.abs(theirs - wanted).mean())
    report.add("references nearer to their song's balance", nearer, at_least=round(0.8 * len(takes)))
    return report


def _reference(take: TakeResult) -> dict[str, Any]:
    return {
        "name": "reference", "caption": "calm piano ballad", "lyrics": None, "instrumental": True,
        "duration_s": take.duration_s, "max_duration_s": take.duration_s,
    }  # fmt: skip


def _without_balance(made: TakeResult) -> Any:
    """Return the same new song with the balance of its own genre."""
    base = import_module("audiomusic.engines.base")
    score = import_module("audiomusic.engines.studio.rework.kept_score").load_score(made.score or {})
    score.notes.pop("balance")
    return import_module("audiomusic.engines.studio.mixdown").mixdown(score, [], base.silent_monitor())


def rework_times(take: TakeResult) -> Report:
    """Measure the times for one long sung song."""
    report, master = Report(), _stored(take.samples)
    length_s = take.duration_s
    middle = length_s / 2
    repaint = _timed(lambda: rework(take, _window(middle, min(length_s, middle + 8.0)), master=master))
    report.add(f"repaint of 8 s in {length_s:g} s, s", repaint, at_most=MOST_REPAINT_S)
    words = _first_section_turned(_kept(take).score)
    operation = {"name": "edit", "type": "only_lyrics", "caption": None, "lyrics": words}
    edit = _timed(lambda: rework(take, operation, master=master))
    report.add(f"edit of one verse in {length_s:g} s, s", edit, at_most=MOST_EDIT_S)
    return report


def repainted(take: TakeResult) -> TakeResult:
    return rework(take, _window(*_stretch(take)), master=_stored(take.samples))


def _stretch(take: TakeResult) -> list[float]:
    return [round(share * take.duration_s, 2) for share in (START, END)]


def seam_is_calm(made: Any, master: Any, at: int) -> bool:
    """Return whether the second difference at a seam is no larger than around it in the song, or than at this
    very place before: a seam may fall on a drum hit.
    """
    around, seam = slice(max(0, at - RATE), at + RATE), slice(max(0, at - 2), at + 3)
    own = np.percentile(np.abs(np.diff(master[:, around], n=2)), SEAM_PERCENTILE)
    there, before = (np.abs(np.diff(sound[:, seam], n=2)).max() for sound in (made, master))
    return bool(there <= max(own, before))


def cover_keeps(take: TakeResult) -> bool:
    song = _kept(take)
    made = _edits("cover").covered(song, {"caption": "jazz trio", "strength": 1.0}, 5).score
    return bool(_notes(made) == _notes(song.score))


def words_keep(take: TakeResult) -> bool:
    """Return whether the first lead line keeps its notes with its words in another order, and so as many
    syllables.
    """
    song = _kept(take)
    line = next(line for line in song.score.vocals if line.role == "lead")
    turned = " ".join(reversed(line.text.split()))
    syllables = import_module("audiomusic.engines.studio.voice").syllabify(
        [line.text, turned], line.language, song.score.reader
    )
    lyrics = _edits("reworked").lyrics_of(song.score).replace(line.text, turned)
    try:
        made = _edits("new_words").with_words(song.score, song.plan, lyrics).score
    except EngineError:  # the song's own words are reported not to fit: not kept
        return False
    pairs = list(zip(song.score.vocals, made.vocals, strict=True))
    if len(syllables[0]) != len(syllables[1]):
        pairs = [(old, new) for old, new in pairs if old.text == new.text]
    return all((o.onsets, o.lengths, o.pitches) == (n.onsets, n.lengths, n.pitches) for o, n in pairs)


def dial_rises(take: TakeResult, seed: int) -> bool:
    song, shares = _kept(take), []
    for variance in DIALS:
        made = _edits("retake").retaken(song, variance, seed)
        shares.append(_edits("reworked").changed_share(song.score, made.score))
    return shares == sorted(shares)


def rework(take: TakeResult, operation: Mapping[str, Any], master: Any = None) -> TakeResult:
    made: list[TakeResult] = []
    _engine().rework(
        ReworkRequest(operation, _packed(take), (11,), master, calculate_quality=False),
        on_progress=lambda stage, share: None,
        is_cancelled=lambda: False,
        on_take=made.append,
    )
    return made[0]


def _window(start_s: float, end_s: float) -> dict[str, Any]:
    return {
        "name": "repaint", "start_s": start_s, "end_s": end_s, "caption": "a little calmer", "lyrics": None,
        "fade_ms": 20,
    }  # fmt: skip


def _first_section_turned(score: Any) -> str:
    """Return the lyrics with the words of each line in the first sung section reversed."""
    first = next(line for line in score.vocals if line.role == "lead").section
    text = str(_edits("reworked").lyrics_of(score))
    turned = {line.text for line in score.vocals if line.role == "lead" and line.section == first}
    blocks = re.split(r"(?m)^(?=\[)", text)
    block = next(block for block in blocks if turned & set(block.splitlines()))
    rows = (" ".join(reversed(row.split())) if row in turned else row for row in block.splitlines())
    return "\n".join(rows)


def _notes(score: Any) -> list[Any]:
    return [(line.onsets, line.lengths, line.pitches) for line in score.vocals]


def _timed(act: Callable[[], object]) -> float:
    started_at = time.perf_counter()
    act()
    return time.perf_counter() - started_at


def _packed(take: TakeResult) -> bytes:
    packed: bytes = _engine().pack_source(take.score or {}, take.curves, take.source)
    return packed


def _kept(take: TakeResult) -> Any:
    return import_module("audiomusic.engines.studio.rework.kept_song").unpack_song(_packed(take))


def _edits(module: str) -> Any:
    return import_module(f"audiomusic.engines.studio.rework.edits.{module}")


def _stored(samples: Any) -> Any:
    return import_module("audiomusic.engines.studio.rework.operations").as_stored(samples)


def _engine() -> Any:
    return import_module("audiomusic.engines.studio.engine").StudioEngine()
