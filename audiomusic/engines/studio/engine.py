"""The built-in engine: wishes -> plan -> score -> voice and instruments -> master."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch

from audiomusic.engines.analysis.conformance import judge_wishes
from audiomusic.engines.base import (
    CancelCheck,
    EngineError,
    Monitor,
    ProgressReport,
    ReworkRequest,
    SongRequest,
    SongResult,
    StemRequest,
    TakeResult,
    TakeSink,
)
from audiomusic.engines.foreign.findings import HEARD, SongAnalysis
from audiomusic.engines.language_model.filling import needs_words
from audiomusic.engines.language_model.options import LanguageModelOptions
from audiomusic.engines.language_model.writer import LanguageModelWriter
from audiomusic.engines.notation.revise.understood import UNDERSTOOD
from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.heard.laying import GONE, LAID, audio_of, laid_take
from audiomusic.engines.studio.heard.song import heard_in, is_laid
from audiomusic.engines.studio.lyric_timing import kept_lrc
from audiomusic.engines.studio.mixdown import mix_with_curves
from audiomusic.engines.studio.notated.asked import score_only, written_song
from audiomusic.engines.studio.notated.reworded import worded
from audiomusic.engines.studio.plan import Plan, make_plan
from audiomusic.engines.studio.results.hummed import hummed
from audiomusic.engines.studio.results.made_with import made_with
from audiomusic.engines.studio.results.take_quality import take_quality
from audiomusic.engines.studio.rework.answer import rework_result
from audiomusic.engines.studio.rework.curves_file import dump_curves
from audiomusic.engines.studio.rework.edits.reworked import Reworked
from audiomusic.engines.studio.rework.kept_score import EXACT
from audiomusic.engines.studio.rework.kept_song import kept_plan, pack_song, unpack_song
from audiomusic.engines.studio.rework.operations import ReworkedTake, make_take, remade
from audiomusic.engines.studio.rework.pieced_stems import PIECED, piece_notes, requested_stems
from audiomusic.engines.studio.rework.sketch import NO_CURVES, sketched
from audiomusic.engines.studio.score import Score
from audiomusic.engines.studio.score_json import score_outline
from audiomusic.engines.studio.synth.memory import release_freed_memory
from audiomusic.engines.studio.synth.sampling.header import SoundFontNotReadable
from audiomusic.engines.studio.synth.sampling.library import use_soundfont
from audiomusic.engines.studio.takes import compose_take
from audiomusic.engines.studio.voice import english_fallback, sing

WORKERS = max(1, min(4, os.cpu_count() or 1))

#: Share of a take's time at which each stage ends, the last with the handover to encoding; on two cores.
PLANNED, COMPOSED, SUNG, MIXED = 0.01, 0.03, 0.17, 0.96


class StudioEngine:
    """An engine without weights. A request and seed give the same samples for any number of workers."""

    name = "studio"
    version = "2.1"

    def __init__(
        self, language_model: LanguageModelOptions | None = None, soundfont: Path | None = None
    ) -> None:
        """Set up the engine.

        `language_model` writes the words when it can; otherwise the built-in writer does.

        `soundfont` plays the instruments it contains. Raises EngineError if it cannot be read.
        """
        try:
            use_soundfont(soundfont)
        except SoundFontNotReadable as error:
            raise EngineError(str(error)) from error
        self._writer = LanguageModelWriter(language_model) if language_model else None
        # One thread per operation, and a pool over tracks and lines: faster than torch's own threads on few
        # cores, and the sums do not depend on the number of threads.
        torch.set_num_threads(1)

    def generate(
        self,
        request: SongRequest,
        *,
        on_progress: ProgressReport,
        is_cancelled: CancelCheck,
        on_take: TakeSink,
    ) -> SongResult:
        whole = Monitor(on_progress, is_cancelled)
        whole.tick(0.0)
        request, notes = self._with_words(request, whole)
        plan, given = written_song(request) or (make_plan(request, request.seeds[0]), None)
        by_take: dict[str, dict[str, Any]] = {
            "hummed_lines": {}, "hummed_words": {}, "singers": {}, "voice_fallback": {},
        }  # fmt: skip
        conformance: list[dict[str, Any]] = []
        count = len(request.seeds)
        for index, seed in enumerate(request.seeds, start=1):
            monitor = whole.span("composing", (index - 1) / count, index / count)
            take, found = self._make_take(request, plan, index, seed, monitor, given)
            conformance += [{"take": index, **each} for each in take.conformance]
            found["singers"] = _voices(take.score or {})
            for kind, missing in found.items():
                by_take[kind] |= {str(index): missing} if missing else {}
            on_take(take)
            del take
            release_freed_memory()
        return _result(plan, request, by_take, conformance, notes)

    def facts(self) -> dict[str, Any]:
        return {"language_model": self._writer.facts} if self._writer else {}

    def _with_words(self, request: SongRequest, monitor: Monitor) -> tuple[SongRequest, dict[str, str]]:
        """Return the request with the language model's words if it needs any, and notes on the outcome."""
        if self._writer is None or request.written or not needs_words(request):
            return request, {}
        written = self._writer.write(request, request.seeds[0], look=lambda: monitor.tick(0.0))
        return replace(request, written=written.song), written.notes

    def extract_stems(
        self,
        request: StemRequest,
        *,
        on_progress: ProgressReport,
        is_cancelled: CancelCheck,
        on_take: TakeSink,
    ) -> None:
        """Deliver a take for each requested stem. Each stem is exactly its part of the master."""
        whole = Monitor(on_progress, is_cancelled)
        whole.tick(0.0)
        score, sounds = requested_stems(request, whole, WORKERS)
        for index, samples in enumerate(sounds, start=1):
            on_take(
                TakeResult(
                    index=index,
                    seed=request.seed,
                    samples=samples,
                    score=dict(request.score),
                    curves=request.curves,
                    source=request.source,
                    made_with=made_with(score),
                )
            )

    def sketch_source(self, analysis: SongAnalysis) -> bytes:
        """Return an analysis of audio as a song that can be reworked. Raises EngineError."""
        plan, score = sketched(analysis)
        document = self._document(plan, score, [])
        document[EXACT] |= kept_plan(plan, score.seed, is_composed=False)
        document[HEARD] = dict(analysis)
        return pack_song(document, dump_curves(NO_CURVES), None)

    def pack_source(
        self,
        score: Mapping[str, Any],
        curves: bytes | None,
        source: bytes | None,
        written: Mapping[str, Any] | None = None,
    ) -> bytes:
        return pack_song(score, curves, source, written)

    def rework(
        self,
        request: ReworkRequest,
        *,
        on_progress: ProgressReport,
        is_cancelled: CancelCheck,
        on_take: TakeSink,
    ) -> SongResult:
        """Create a take for each seed of the request from an existing song."""
        whole = Monitor(on_progress, is_cancelled)
        whole.tick(0.0)
        song = unpack_song(request.source)
        ask = partial(self._writer.changes, understood=UNDERSTOOD) if self._writer else None
        request = replace(request, operation=worded(song, request.operation, ask))
        operation = request.operation
        heard = heard_in(song)
        is_laying = heard is not None and operation["name"] in LAID
        if heard is not None and is_laid(song) and not is_laying:  # rebuild it from everything heard in it
            song = unpack_song(self.sketch_source(cast(SongAnalysis, heard)))

        @cache
        def origin() -> npt.NDArray[np.float32]:
            if request.origin is None:
                raise EngineError(GONE, "source_not_found")
            return request.origin()

        @cache
        def master() -> npt.NDArray[np.float32]:
            if request.master is not None:
                return request.master
            return audio_of(song, origin, WORKERS) if is_laying else remade(song, WORKERS)

        results: list[tuple[Reworked, Sequence[Mapping[str, Any]]]] = []
        count = len(request.seeds)
        for index, seed in enumerate(request.seeds, start=1):
            monitor = whole.span("composing", (index - 1) / count, index / count)
            if is_laying:
                laid = laid_take(song, operation, seed, master, origin, monitor, WORKERS)
                take, notes = laid.take, {PIECED: True, HEARD: dict(laid.heard)}
            else:
                take, notes = make_take(song, operation, seed, master, monitor, WORKERS), {}
            on_take(self._reworked_take(request, take, index, seed, song.document, notes))
            results.append((take.made, take.kept))
            is_pieced = take.is_pieced
        result = rework_result(request, results)
        result.effective["is_pieced"] = is_pieced
        return result

    def _reworked_take(
        self,
        request: ReworkRequest,
        take: ReworkedTake,
        index: int,
        seed: int,
        before: Mapping[str, Any],
        notes: Mapping[str, Any],
    ) -> TakeResult:
        made = take.made
        if not np.isfinite(take.samples).all():
            raise EngineError("The song was damaged and was discarded. Please try another seed.")
        plan = replace(made.plan, title=request.title) if request.title else made.plan
        document = self._document(plan, made.score, list(take.clips))
        document[EXACT] |= kept_plan(made.plan, made.seed, is_composed=made.is_composed)
        document |= {"operation": {**request.operation, "seed": seed}, "parents": list(request.parents)}
        if take.is_pieced and not notes:
            document |= piece_notes(before, document, take.join_gains)
        document |= notes
        result = TakeResult(
            index=index,
            seed=seed,
            samples=take.samples,
            score=document,
            curves=dump_curves(take.curves),
            source=request.source,
            made_with=made_with(made.score),
        )
        if request.generate_lrc and (texts := kept_lrc(document)):
            result.lrc, result.enhanced_lrc = texts
        if request.calculate_quality and take.samples.size:
            length_s = made.score.duration_s
            asked = SongRequest(made.plan.kind, "", (seed,), length_s, duration_s=length_s)
            result.quality_score = take_quality(take.samples, asked, made.score, list(take.clips), ())
        return result

    def _make_take(
        self,
        request: SongRequest,
        plan: Plan,
        index: int,
        seed: int,
        monitor: Monitor,
        given: Score | None = None,
    ) -> tuple[TakeResult, dict[str, Any]]:
        monitor.span("composing", PLANNED, COMPOSED).tick(0.0)
        score = given or compose_take(plan, seed)
        if score_only(request):
            document = self._document(plan, score, [])
            document[EXACT] |= kept_plan(plan, score.seed, is_composed=True)
            silence = np.zeros((2, 0), np.float32)
            return TakeResult(index, seed, silence, score=document, curves=dump_curves(NO_CURVES)), {}
        singing = monitor.span("singing", COMPOSED, SUNG if score.vocals else COMPOSED)
        clips = sing(score, singing, WORKERS)
        release_freed_memory()
        played_from = SUNG if score.vocals else COMPOSED
        mixed = mix_with_curves(score, clips, monitor.span("rendering", played_from, MIXED), WORKERS)
        samples = mixed.samples
        if not np.isfinite(samples).all():
            raise EngineError("The song was damaged and was discarded. Please try another seed.")
        document = self._document(plan, score, clips)
        document[EXACT] |= kept_plan(plan, score.seed, is_composed=given is None)
        verdicts = judge_wishes(document, plan.wishes)
        take = TakeResult(
            index=index,
            seed=seed,
            samples=samples,
            score=document,
            conformance=tuple(verdict.to_json() for verdict in verdicts),
            curves=dump_curves(mixed.curves),
            made_with=made_with(score),
        )
        # From the score as it is kept, so that lyrics requested later have exactly the same times.
        if request.generate_lrc and (texts := kept_lrc(document)):
            take.lrc, take.enhanced_lrc = texts
        if request.calculate_quality:
            take.quality_score = take_quality(samples, request, score, clips, verdicts)
        return take, hummed(score, clips) | {"voice_fallback": english_fallback(score)}

    def _document(self, plan: Plan, score: Score, clips: list[VocalClip]) -> dict[str, Any]:
        """Return the score document as it is kept, with a header that identifies the song."""
        outline = score_outline(score, clips)
        head = {
            "format": outline.pop("format"),
            "version": outline.pop("version"),
            "engine": self.name,
            "engine_version": self.version,
            "title": plan.title,
            "caption": plan.caption,
            "lyrics": plan.lyrics,
        }
        return head | outline


def _voices(score: dict[str, Any]) -> str:
    """Return the voices of a take: "cleo", or "cleo, arlo"."""
    return ", ".join(singer["voice"] for singer in score.get("singers", ()))


def _result(
    plan: Plan,
    request: SongRequest,
    by_take: dict[str, dict[str, Any]],
    conformance: list[dict[str, Any]],
    notes: dict[str, str],
) -> SongResult:
    """Build the result. `by_take` holds the findings for each take by its number; empty ones are left out."""
    effective: dict[str, Any] = {
        "plan": plan.to_dict(),
        "seeds": list(request.seeds),
        "duration_s": plan.duration_s,
        "conformance": conformance,
        **{name: found for name, found in by_take.items() if found},
        **({"written": request.written, "written_by": request.written["by"]} if request.written else {}),
    }
    return SongResult(
        effective=effective,
        caption=plan.caption,
        lyrics=plan.lyrics,
        bpm=plan.bpm,
        keyscale=plan.key.name,
        timesignature=plan.metre.name,
        vocal_language=plan.language,
        not_applied=_missed_notes(conformance) | plan.not_applied | notes,
        not_understood=plan.not_understood,
        title=plan.title,
    )


def _missed_notes(conformance: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Map each missed wish to what the take has instead. If several takes miss it, the last one counts."""
    return {
        each["wish"]: f"take {each['take']} has: {each['found']}" for each in conformance if not each["ok"]
    }
