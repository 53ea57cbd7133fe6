"""An analysis as the API answers it: read from a score, or estimated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from jobs.models import Take

NOT_USED = "No language model listens on this server."


class SectionBody(TypedDict):
    label: str
    start_s: float
    end_s: float


class AnalysisBody(TypedDict):
    """`source`: `score` is exact, `estimate` was heard. `chords`: [start, end, name]. Unknown is null."""

    success: bool
    error: NotRequired[str]
    caption: str | None
    lyrics: str | None
    bpm: float | None
    keyscale: str | None
    timesignature: str | None
    duration: float | None
    language: str
    audio_codes: str | None
    confidence: dict[str, float]
    sections: list[SectionBody]
    chords: list[list[float | str]]
    beats: list[float]
    downbeats: list[float]
    pulse_bpm: NotRequired[list[float]]
    melody: NotRequired[list[list[float]]]
    loudness_lufs: float | None
    source: str
    not_applied: dict[str, str]


def score_body(take: Take, score: Mapping[str, Any], unused: Sequence[str]) -> AnalysisBody:
    """What the song was written as, as its own job says it."""
    job = take.job
    beats, downbeats = _grid(score)
    return {
        **_empty(unused),
        "success": True,
        "caption": job.prompt or None,
        "lyrics": job.lyrics or None,
        "bpm": job.bpm or score.get("bpm"),
        "keyscale": job.keyscale or score.get("key"),
        "timesignature": job.timesignature or score.get("timesignature"),
        "duration": round(take.duration_s, 2),
        "language": job.vocal_language or "unknown",
        "confidence": dict.fromkeys(("bpm", "keyscale", "timesignature"), 1.0),
        "sections": [
            {"label": part["label"] or part["kind"], "start_s": part["start_s"], "end_s": part["end_s"]}
            for part in score.get("sections", [])
        ],
        "chords": [[chord[0], chord[1], chord[2]] for chord in score.get("chords", [])],
        "beats": beats,
        "downbeats": downbeats,
        "source": "score",
    }


def _grid(score: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    """Every pulse, and every bar's first: their times as they are written."""
    beats_a_bar, unit = (int(figure) for figure in score.get("timesignature", "4/4").split("/"))
    is_compound = unit == 8 and beats_a_bar % 3 == 0
    beat_s = score["quarter_s"] * (1.5 if is_compound else 4 / unit)
    begin_s = float(score.get("exact", {}).get("score", {}).get("lead_in_s", 0.0))
    count = int((score["duration_s"] - begin_s) / beat_s)
    ticks = [begin_s + number * beat_s for number in range(count + 1)]
    times = [round(tick, 3) for tick in ticks if tick < score["duration_s"]]
    return times, times[:: beats_a_bar // 3 if is_compound else beats_a_bar]


def estimate_body(found: Mapping[str, Any], unused: Sequence[str]) -> AnalysisBody:
    names = (
        "bpm", "keyscale", "timesignature", "duration", "confidence", "sections", "chords", "beats",
        "downbeats", "pulse_bpm", "melody", "loudness_lufs",
    )  # fmt: skip
    heard: Any = {name: found[name] for name in names}
    return {**_empty(unused), "success": True, **heard, "caption": _caption(found)}


def unheard_body(sentence: str, unused: Sequence[str]) -> AnalysisBody:
    return {**_empty(unused), "success": False, "error": sentence}


def pending_body() -> dict[str, Any]:
    return {"success": False, "error": "Still analysing; ask again.", "code": "analysis_pending"}


def _caption(found: Mapping[str, Any]) -> str:
    """What can be said in words, so that a song like it can be asked for."""
    bpm = found["bpm"]
    pace = "slow" if bpm < 80 else "fast" if bpm > 140 else "mid-tempo"
    return f"{pace}, {bpm:.0f} bpm, {found['keyscale']}, {found['timesignature']}"


def _empty(unused: Sequence[str]) -> AnalysisBody:
    return {
        "success": False,
        "caption": None,
        "lyrics": None,
        "bpm": None,
        "keyscale": None,
        "timesignature": None,
        "duration": None,
        "language": "unknown",
        "audio_codes": None,
        "confidence": {},
        "sections": [],
        "chords": [],
        "beats": [],
        "downbeats": [],
        "loudness_lufs": None,
        "source": "estimate",
        "not_applied": dict.fromkeys(unused, NOT_USED),
    }
