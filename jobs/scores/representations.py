"""The flat job object of the score-first API."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from jobs.models import Job, Status
from jobs.representations import MOMENT, PERCENT, iso_utc, takes_of
from jobs.scores.refusals import ScoreRefused
from jobs.scores.sources import WrittenScore, score_of_job
from jobs.specs.score_tasks import RECORDING_TASKS, SCORE_TASKS, WORKFLOWS, record_credits, score_credits
from jobs.storage.files import StorageRefused
from jobs.storage.links import abc_url, audio_url, midi_url, musicxml_url, score_url

Workflow = Literal["generate", "plan", "edit", "revise"]
BarRanges = dict[str, list[list[int]]]


class ScoreBody(TypedDict):
    """A job's score. Lists of jobs omit `abc`; `GET …/jobs/{id}/score` has it."""

    abc: NotRequired[str]
    abc_url: str
    midi_url: str
    musicxml_url: str
    score_url: str
    editable: bool
    duration_seconds: float


class ScoreSummaryBody(TypedDict):
    key: str
    meter: str
    tempo_bpm: float
    bars: int
    sections: list[str]
    duration_seconds: float


class ScoreAnswerBody(TypedDict):
    """A job's score with its summary. `record_credits`: the price of recording it."""

    abc: str
    abc_url: str
    midi_url: str
    musicxml_url: str
    score_url: str
    editable: bool
    source: Literal["composed", "revised", "submitted"]
    duration_seconds: float
    score_summary: ScoreSummaryBody
    record_credits: int


class ScoreComparisonBody(TypedDict):
    """The changed bars: voice -> ranges of bars, counted from 1, both ends included."""

    changed_bars: BarRanges


class BillingBody(TypedDict):
    score_credits: int
    record_credits: int
    reserved: int
    charged: int
    refunded: int


class ScoreJobBody(TypedDict):
    """A job of the score-first API."""

    job_id: int
    workflow: Workflow
    status: Status
    progress: Annotated[int, PERCENT] | None
    stage: str | None
    style: str
    lyrics: str
    lyrics_source: NotRequired[Literal["audiopod", "user"]]
    target_seconds: int | None
    display_name: str
    seed: int | None
    audio_url: str | None
    score: ScoreBody | None
    score_comparison: ScoreComparisonBody | None
    note: str | None
    source_job_id: int | None
    billing: BillingBody
    diagnostics: dict[str, Any]
    error_code: str | None
    error_message: str | None
    created_at: Annotated[str, MOMENT] | None
    completed_at: Annotated[str, MOMENT] | None


def score_job_body(job: Job, *, base_url: str, has_abc: bool = True) -> ScoreJobBody:
    """Return the job object. `has_abc`: include the score's text, which is read from the storage."""
    effective, is_done = job.effective, job.status == Status.COMPLETED
    changed = effective.get("operation", {}).get("changed_bars") or effective.get("score_comparison")
    audio = next(iter(takes_of(job)), None)
    seeds = effective.get("seeds") or [None]
    body: ScoreJobBody = {
        "job_id": job.id,
        "workflow": WORKFLOWS.get(job.task, "generate"),  # type: ignore[typeddict-item]
        "status": Status(job.status),
        "progress": job.progress,
        "stage": job.stage or None,
        "style": job.prompt,
        "lyrics": job.lyrics,
        "target_seconds": effective.get("target_seconds"),
        "display_name": job.display_name,
        "seed": seeds[0],
        "audio_url": audio_url(job, audio.index, job.format, base_url=base_url) if audio else None,
        "score": _score(job, base_url, has_abc) if is_done else None,
        "score_comparison": {"changed_bars": changed} if changed is not None else None,
        "note": effective.get("note") or effective.get("operation", {}).get("note"),
        "source_job_id": job.source_job_id,
        "billing": _billing(job),
        "diagnostics": {},
        "error_code": job.error_code or None,
        "error_message": job.error_message or None,
        "created_at": iso_utc(job.created_at),
        "completed_at": iso_utc(job.completed_at),
    }
    if source := effective.get("lyrics_source"):
        body["lyrics_source"] = source
    return body


def _score(job: Job, base_url: str, has_abc: bool) -> ScoreBody | None:
    if job.task not in SCORE_TASKS and not job.takes.filter(index=1, has_score=True).exists():
        return None
    links: ScoreBody = {
        "abc_url": abc_url(job, 1, base_url=base_url),
        "midi_url": midi_url(job, 1, base_url=base_url),
        "musicxml_url": musicxml_url(job, 1, base_url=base_url),
        "score_url": score_url(job, 1, base_url=base_url),
        "editable": True,
        "duration_seconds": job.duration_s or 0.0,
    }
    if not has_abc:
        return links
    try:
        return {"abc": score_of_job(job).abc, **links}
    except (ScoreRefused, StorageRefused):
        return None


def _billing(job: Job) -> BillingBody:
    is_recording = job.task in RECORDING_TASKS
    return {
        "score_credits": 0 if job.task == "record" else score_credits(),
        "record_credits": record_credits(job.duration_s) if is_recording and job.duration_s else 0,
        "reserved": job.credits_reserved,
        "charged": job.credits_charged,
        "refunded": job.credits_refunded,
    }


def score_answer_body(score: WrittenScore, *, base_url: str) -> ScoreAnswerBody:
    job, tune, index = score.job, score.tune, score.take.index
    duration_s = score.take.duration_s
    return {
        "abc": score.abc,
        "abc_url": abc_url(job, index, base_url=base_url),
        "midi_url": midi_url(job, index, base_url=base_url),
        "musicxml_url": musicxml_url(job, index, base_url=base_url),
        "score_url": score_url(job, index, base_url=base_url),
        "editable": True,
        "source": _source_of(job),
        "duration_seconds": duration_s,
        "score_summary": {
            "key": tune.key.name,
            "meter": tune.metre,
            "tempo_bpm": float(score.document["bpm"]),
            "bars": tune.bars,
            "sections": [section.label for section in tune.sections],
            "duration_seconds": duration_s,
        },
        "record_credits": record_credits(duration_s),
    }


def _source_of(job: Job) -> Literal["composed", "revised", "submitted"]:
    if job.task == "revise":
        return "revised"
    is_sent = job.params if job.task == "score_song" else job.effective.get("operation", {})
    return "submitted" if is_sent.get("abc") else "composed"
