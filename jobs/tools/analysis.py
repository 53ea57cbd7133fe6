"""The exact analysis of a song, read immediately from its stored data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from jobs.models import Job, Take
from jobs.specs.refusals import SourceUnfit
from jobs.storage.scores import kept_score
from jobs.tools.operations import bar_length_s, lead_in_s

NOT_APPLIED = {
    "temperature": "Nothing is random: the result comes from the song's own score.",
    "audio_codes": "There is no language model for codes.",
}
MEASURED = ("bpm", "keyscale", "timesignature", "duration", "lyrics", "language", "sections", "chords")
UNKNOWN_LANGUAGE = "unknown"


class SectionBody(TypedDict):
    kind: str
    label: str
    start_s: float
    end_s: float


class AnalysisBody(TypedDict):
    """The analysis of a song. `source`: read from its score, or estimated from its sound. An estimate adds
    `pulse_bpm`, another tempo at which it may be counted, and `melody`: [start, length, MIDI pitch]. If a
    language model is set up, it provides `caption`, `lyrics`, `language` and `audio_codes`, and `lrc_content`
    has the times."""

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
    chords: list[list[Any]]
    beats: list[float]
    downbeats: list[float]
    pulse_bpm: NotRequired[list[float]]
    melody: NotRequired[list[list[float]]]
    lrc_content: NotRequired[str | None]
    loudness_lufs: float | None
    source: Literal["score", "estimate"]
    not_applied: dict[str, str]


def take_analysis(*, take: Take, sent: Mapping[str, Any]) -> AnalysisBody:
    """Return the analysis of the take from its score. `sent`: the request, some parameters of which have no
    effect. Raises SourceUnfit if there is no score, StorageRefused."""
    score, job = _score(take), take.job
    start_s = lead_in_s(score)
    return {
        "success": True,
        "caption": str(job.effective.get("caption") or job.prompt) or None,
        "lyrics": job.lyrics or None,
        "bpm": float(score["bpm"]),
        "keyscale": score["key"],
        "timesignature": score["timesignature"],
        "duration": round(take.duration_s, 2),
        "language": job.vocal_language or UNKNOWN_LANGUAGE,
        "audio_codes": None,
        "confidence": dict.fromkeys(MEASURED, 1.0),
        "sections": [
            SectionBody(
                kind=section["kind"],
                label=section["label"],
                start_s=section["start_s"],
                end_s=section["end_s"],
            )
            for section in score["sections"]
        ],
        "chords": [list(chord[:3]) for chord in score["chords"]],
        "beats": _ticks(start_s, 60 / float(score["bpm"]), take.duration_s),
        "downbeats": _ticks(start_s, bar_length_s(score), take.duration_s),
        "loudness_lufs": None,
        "source": "score",
        "not_applied": {name: NOT_APPLIED[name] for name in sorted(sent.keys() & NOT_APPLIED)},
    }


def _ticks(start_s: float, step_s: float, end_s: float) -> list[float]:
    count = int((end_s - start_s) / step_s + 1e-6) + 1
    ticks = (round(start_s + number * step_s, 4) for number in range(count))
    return [tick for tick in ticks if tick < end_s]


def _score(take: Take) -> dict[str, Any]:
    try:
        score = kept_score(take)
    except FileNotFoundError:
        score = None
    if score is None:
        raise SourceUnfit(_no_score(take.job), "engine_cannot")
    return score


def _no_score(job: Job) -> str:
    return f"The {job.engine or 'unknown'} engine stored no score of this song, so there is no exact result."
