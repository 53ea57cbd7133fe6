"""The embedded engine: wishes -> plan -> score -> voice and instruments -> master."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from audiomusic.engines.base import (
    CancelCheck,
    EngineError,
    Monitor,
    ProgressReport,
    SongRequest,
    SongResult,
    TakeResult,
    TakeSink,
)
from audiomusic.engines.loudness import integrated_loudness
from audiomusic.engines.lrc import format_lrc
from audiomusic.engines.quality import score_quality
from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.outline import score_outline
from audiomusic.engines.studio.plan import Plan, make_plan
from audiomusic.engines.studio.produce import produce
from audiomusic.engines.studio.score import Score
from audiomusic.engines.studio.voice import hummed_words, sing, syllabify

WORKERS = max(1, min(4, os.cpu_count() or 1))

#: Share of a take's time at which each stage ends; measured on two cores.
PLANNED, COMPOSED, SUNG = 0.01, 0.05, 0.25


class StudioEngine:
    """Needs no weights. Same request and seed, same samples, for any number of workers."""

    name = "studio"
    version = "1.0"

    def __init__(self) -> None:
        # One thread an operation, and a pool over tracks and lines: faster than the
        # library's own threads on few cores, and the sums do not depend on their number.
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
        plan = make_plan(request, request.seeds[0])
        hummed: dict[str, dict[str, list[str]]] = {"hummed_lines": {}, "hummed_words": {}}
        count = len(request.seeds)
        for index, seed in enumerate(request.seeds, start=1):
            monitor = whole.span("composing", (index - 1) / count, index / count)
            take, found = self._make_take(request, plan, index, seed, monitor)
            for kind, texts in found.items():
                hummed[kind] |= {str(index): texts} if texts else {}
            on_take(take)
        return _result(plan, request, hummed)

    def _make_take(
        self, request: SongRequest, plan: Plan, index: int, seed: int, monitor: Monitor
    ) -> tuple[TakeResult, dict[str, list[str]]]:
        monitor.span("composing", PLANNED, COMPOSED).tick(0.0)
        score = compose(plan, seed, syllabify)
        clips = sing(score, monitor.span("singing", COMPOSED, SUNG), WORKERS)
        samples = produce(score, clips, monitor.span("rendering", SUNG, 1.0), WORKERS)
        if not np.isfinite(samples).all():
            raise EngineError("The song came out broken and was thrown away. Please try another seed.")
        take = TakeResult(
            index=index, seed=seed, samples=samples, score=score_outline(score) | {"lyrics": plan.lyrics}
        )
        if request.generate_lrc:
            take.lrc = _lrc(clips, plan)
        if request.calculate_quality:
            is_whole_mix = request.kind not in ("samples", "vocals")
            take.quality_score = _quality(samples, score, clips, is_whole_mix=is_whole_mix)
        return take, _hummed(score, clips)


def _lead_clips(clips: list[VocalClip]) -> list[VocalClip]:
    return [clip for clip in clips if clip.role == "lead"]


def _lrc(clips: list[VocalClip], plan: Plan) -> str | None:
    """LRC of what was really sung, or None for a piece without words."""
    lines = [clip.words for clip in _lead_clips(clips) if clip.words]
    return format_lrc(lines, title=plan.title) if lines else None


def _hummed(score: Score, clips: list[VocalClip]) -> dict[str, list[str]]:
    """Lines that could not be pronounced and were hummed instead, and such words in other lines."""
    lines = [(score.vocals[clip.line], bool(clip.words)) for clip in _lead_clips(clips)]
    words = [
        word for line, is_worded in lines if is_worded for word in hummed_words(line.text, line.language)
    ]
    return {
        "hummed_lines": list(dict.fromkeys(line.text for line, is_worded in lines if not is_worded)),
        "hummed_words": list(dict.fromkeys(words)),
    }


def _quality(
    samples: npt.NDArray[np.float32], score: Score, clips: list[VocalClip], *, is_whole_mix: bool
) -> float:
    lead = _lead_clips(clips)
    sung_share = sum(bool(clip.words) for clip in lead) / len(lead) if lead else 1.0
    lufs = integrated_loudness(torch.from_numpy(samples))
    report = score_quality(
        samples,
        asked_duration_s=score.duration_s,
        lufs=lufs,
        sung_share=sung_share,
        whole_mix=is_whole_mix,
    )
    return report.score


def _result(plan: Plan, request: SongRequest, hummed: dict[str, dict[str, list[str]]]) -> SongResult:
    effective: dict[str, Any] = {"plan": plan.to_dict(), "seeds": list(request.seeds)}
    effective |= {kind: takes for kind, takes in hummed.items() if takes}
    return SongResult(
        effective=effective,
        caption=plan.caption,
        lyrics=plan.lyrics,
        bpm=plan.bpm,
        keyscale=plan.key.name,
        timesignature=plan.metre.name,
        vocal_language=plan.language,
        not_applied=dict(plan.not_applied),
        title=plan.title,
    )
