"""The embedded engine: wishes -> plan -> score -> voice and instruments -> master."""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from audiomusic.engines.analysis.quality import score_quality
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
from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.lyric_timing import lyric_rows
from audiomusic.engines.studio.mixdown import mixdown
from audiomusic.engines.studio.plan import Plan, make_plan
from audiomusic.engines.studio.score import Score
from audiomusic.engines.studio.score_json import score_keys, score_outline
from audiomusic.engines.studio.voice import hummed_words, sing, syllabify

WORKERS = max(1, min(4, os.cpu_count() or 1))

#: Share of a take's time at which each stage ends; measured on two cores.
PLANNED, COMPOSED, SUNG = 0.01, 0.05, 0.25


class StudioEngine:
    """Needs no weights. Same request and seed, same samples, for any number of workers."""

    name = "studio"
    version = "1.2"

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
        by_take: dict[str, dict[str, Any]] = {"hummed_lines": {}, "hummed_words": {}, "singers": {}}
        count = len(request.seeds)
        for index, seed in enumerate(request.seeds, start=1):
            monitor = whole.span("composing", (index - 1) / count, index / count)
            take, found = self._make_take(request, plan, index, seed, monitor)
            found["singers"] = (take.score or {}).get("singer")
            for kind, told in found.items():
                by_take[kind] |= {str(index): told} if told else {}
            on_take(take)
        return _result(plan, request, by_take)

    def _make_take(
        self, request: SongRequest, plan: Plan, index: int, seed: int, monitor: Monitor
    ) -> tuple[TakeResult, dict[str, Any]]:
        monitor.span("composing", PLANNED, COMPOSED).tick(0.0)
        score = compose(plan, seed, syllabify)
        clips = sing(score, monitor.span("singing", COMPOSED, SUNG), WORKERS)
        samples = mixdown(score, clips, monitor.span("rendering", SUNG, 1.0), WORKERS)
        if not np.isfinite(samples).all():
            raise EngineError("The song came out broken and was thrown away. Please try another seed.")
        take = TakeResult(
            index=index,
            seed=seed,
            samples=samples,
            score=self._document(plan, score, clips),
            made_with=_made_with(),
        )
        rows = lyric_rows(score, clips) if request.generate_lrc else []
        if rows:
            take.lrc = format_lrc(rows, title=plan.title, word_times=False)
            take.enhanced_lrc = format_lrc(rows, title=plan.title)
        if request.calculate_quality:
            take.quality_score = _quality(samples, request, score, clips)
        return take, _hummed(score, clips)

    def _document(self, plan: Plan, score: Score, clips: list[VocalClip]) -> dict[str, Any]:
        """The score as it is kept, headed by what it is of."""
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


def _lead_clips(clips: list[VocalClip]) -> list[VocalClip]:
    return [clip for clip in clips if clip.role == "lead"]


def _hummed(score: Score, clips: list[VocalClip]) -> dict[str, Any]:
    """Lines that could not be pronounced and were hummed instead, and such words in other lines."""
    lines = [(score.vocals[clip.line], bool(clip.words)) for clip in _lead_clips(clips)]
    words = [
        word for line, is_worded in lines if is_worded for word in hummed_words(line.text, line.language)
    ]
    return {
        "hummed_lines": list(dict.fromkeys(line.text for line, is_worded in lines if not is_worded)),
        "hummed_words": list(dict.fromkeys(words)),
    }


def _made_with() -> dict[str, str]:
    """What the samples may depend on, beside the engine's version and the processor."""
    return {
        "torch": torch.__version__,
        "numpy": np.__version__,
        "espeakng-loader": version("espeakng-loader"),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "device": "cpu",
    }


def _quality(
    samples: npt.NDArray[np.float32], request: SongRequest, score: Score, clips: list[VocalClip]
) -> float:
    lead = _lead_clips(clips)
    lines = len(lead) + len(score.notes.get("unsung", ()))
    is_played = any(track.notes for track in score.tracks)
    is_sung = any(line.style == "sing" for line in score.vocals)
    is_sample = request.kind == "samples"  # a lone hit has no pulse, a lone bass line no key
    keeps_time = (is_played or score.drums) and (score.seamless_loop or not is_sample)
    keeps_key = (is_played or is_sung) and not is_sample
    report = score_quality(
        samples,
        asked_duration_s=request.duration_s or score.duration_s,
        lufs=integrated_loudness(torch.from_numpy(samples)),
        sung_share=sum(bool(clip.words) for clip in lead) / lines if lines else None,
        bpm=score.metre.bpm if keeps_time else None,
        keys=[(key["start_s"], key["name"]) for key in score_keys(score)] if keeps_key else (),
        whole_mix=request.kind not in ("samples", "vocals"),
    )
    return report.score


def _result(plan: Plan, request: SongRequest, by_take: dict[str, dict[str, Any]]) -> SongResult:
    """`by_take`: what was found in each take, by its number; empty ones are not told."""
    effective: dict[str, Any] = {
        "plan": plan.to_dict(),
        "seeds": list(request.seeds),
        "duration_s": plan.duration_s,
        **{name: told for name, told in by_take.items() if told},
    }
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
