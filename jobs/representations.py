"""The job object of the API, built by hand because every client polls for it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal, NotRequired, TypedDict, cast

from django.db import connection

from audiomusic.db.compiled import CompiledQuery
from audiomusic.engines.lrc import retitled
from audiomusic.http.openapi import Facts
from jobs.models import AudioFormat, Job, SongType, Status, Take, Task
from jobs.specs.score_tasks import is_silent
from jobs.specs.tags import words_left
from jobs.storage.links import (
    audio_urls,
    cover_url,
    enhanced_lrc_url,
    lrc_url,
    midi_url,
    peaks_url,
    recipe_url,
    score_url,
    stream_url,
)

PERCENT = Facts(minimum=0, maximum=100)
SHARE = Facts(minimum=0, maximum=1)
MOMENT = Facts(format="date-time")
EFFECTIVE = Facts(
    description="Every value that was used, and what happened to the wishes in the caption.",
    properties={
        "conformance": {
            "type": "array",
            "description": "Each wish of the caption that a score can prove, checked for each take.",
            "items": {
                "type": "object",
                "properties": {
                    "take": {"type": "integer", "minimum": 1},
                    "wish": {"type": "string", "description": "In the caption's words."},
                    "asked": {"type": "string"},
                    "found": {"type": "string"},
                    "ok": {"type": "boolean"},
                },
            },
        },
        "not_understood": {
            "type": "array",
            "description": "Words of the caption that were not understood.",
            "items": {"type": "string"},
        },
        "not_applied": {
            "type": ["object", "null"],
            "description": "Parameters and wishes that had no effect, each with the reason.",
            "additionalProperties": {"type": "string"},
        },
    },
)
#: A job's status as shown on the library's and the staff's pages.
STATUS_LABELS: dict[str, str] = {
    Status.COMPLETED: "Ready",
    Status.PROCESSING: "In progress",
    Status.PENDING: "Waiting",
    Status.FAILED: "Failed",
    Status.CANCELLED: "Cancelled",
}
HEAVY_FIELDS = ("peaks", "made_with")  # of a take: not in the job object

read_takes = CompiledQuery(lambda job_id: Take.objects.filter(job=job_id).defer(*HEAVY_FIELDS), 1)


class CreditsBody(TypedDict):
    reserved: int
    charged: int
    refunded: int


class TakeBody(TypedDict):
    index: int
    seed: int
    track_name: str | None
    duration: float
    quality_score: Annotated[float, SHARE] | None
    urls: dict[str, str]
    stream_url: str
    peaks_url: str
    lrc: str | None
    lrc_url: str | None
    enhanced_lrc: str | None
    enhanced_lrc_url: str | None
    score_url: str | None
    midi_url: str | None
    recipe_url: str | None


class JobBody(TypedDict):
    """A job as the API returns it. `interaction` is present only if the caller asked for it."""

    id: int
    task: Task
    status: Status
    progress: Annotated[int, PERCENT] | None
    stage: str | None
    output_url: str | None
    output_urls: dict[str, str] | None
    audio_duration: float | None
    actual_seeds: list[int]
    lrc_content: str | None
    quality_score: Annotated[float, SHARE] | None
    display_name: str
    thumbnail_url: str | None
    cover_url: str
    has_own_cover: bool
    user_id: int
    created_at: Annotated[str, MOMENT] | None
    started_at: Annotated[str, MOMENT] | None
    completed_at: Annotated[str, MOMENT] | None
    error_code: str | None
    error_message: str | None
    prompt: str
    lyrics: str
    song_type: SongType
    vocal_language: str | None
    bpm: float | None
    keyscale: str | None
    timesignature: str | None
    genres: list[str]
    emotions: list[str]
    occasions: list[str]
    tags: list[str]
    format: AudioFormat
    batch_size: int
    model_version: str
    engine: str | None
    source_job_id: int | None
    attempts: int
    queue_position: int | None
    params: dict[str, Any]
    effective: Annotated[dict[str, Any], EFFECTIVE]
    takes: list[TakeBody]
    credits: CreditsBody
    interaction: NotRequired[Literal["like", "dislike"] | None]


def iso_utc(moment: datetime | None) -> str | None:
    """Return the time in UTC, such as '2031-05-01T12:00:00.250000Z'."""
    return None if moment is None else moment.isoformat().removesuffix("+00:00") + "Z"


def plain(number: float | None) -> float | None:
    """Return 96 for 96.0, as the client would have written it."""
    return int(number) if number is not None and number == int(number) else number


def take_representation(job: Job, take: Take, *, base_url: str) -> TakeBody:
    def link(make: Callable[..., str], is_there: object) -> str | None:
        return make(job, take.index, base_url=base_url) if is_there else None

    return {
        "index": take.index,
        "seed": take.seed,
        "track_name": _track_name(job, take),
        "duration": take.duration_s,
        "quality_score": take.quality_score,
        "urls": audio_urls(job, take.index, base_url=base_url),
        "stream_url": stream_url(job, take.index, base_url=base_url),
        "peaks_url": peaks_url(job, take.index, base_url=base_url),
        "lrc": _titled(take.lrc_content, job),
        "lrc_url": link(lrc_url, take.lrc_content),
        "enhanced_lrc": _titled(take.enhanced_lrc, job),
        "enhanced_lrc_url": link(enhanced_lrc_url, take.enhanced_lrc),
        "score_url": link(score_url, take.has_score),
        "midi_url": link(midi_url, take.has_score),
        "recipe_url": link(recipe_url, take.samples_sha256),
    }


def _titled(lrc: str, job: Job) -> str | None:
    """Return the lyrics with the song's current title."""
    return retitled(lrc, job.display_name) if lrc else None


def _track_name(job: Job, take: Take) -> str | None:
    """Return the name of the part if the take holds only one part of a song."""
    stems = job.stems_of_take(take.index)
    return stems[0] if len(stems) == 1 else None


#: Counts the jobs waiting before the first, and lists the ids from the first up to the last. Raw SQL, because
#: every page runs it.
_PLACES = """
    SELECT 0 AS id, count(*) FROM jobs_job WHERE status = 'PENDING' AND id < %(first)s
    UNION ALL SELECT id, 0 FROM jobs_job WHERE status = 'PENDING' AND id >= %(first)s AND id < %(last)s
"""


def queue_positions(jobs: Sequence[Job]) -> dict[int, int]:
    """Map each waiting job to the number of jobs before it in the queue. At most one query."""
    waiting = [job.id for job in jobs if job.status == Status.PENDING]
    if not waiting:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, {"first": min(waiting), "last": max(waiting)})
        rows = cursor.fetchall()
    before = sum(count for _, count in rows)
    ids = sorted(id for id, count in rows if id)
    return {job_id: before + bisect_left(ids, job_id) for job_id in waiting}


def takes_of(job: Job) -> Iterable[Take]:
    """Return the audible takes of a finished job. Other jobs have none, so they cost no query."""
    return read_takes(job.id) if _is_heard(job) else ()


def _is_heard(job: Job) -> bool:
    return job.status == Status.COMPLETED and not is_silent(job)


def takes_of_jobs(jobs: Sequence[Job]) -> dict[int, list[Take]]:
    """Map each job to its takes, for jobs that have any. At most one query."""
    ids = [job.id for job in jobs if _is_heard(job)]
    takes: dict[int, list[Take]] = {}
    for take in _read_takes_of(len(ids))(*ids) if ids else ():
        takes.setdefault(take.job_id, []).append(take)
    return takes


@cache
def _read_takes_of(count: int) -> CompiledQuery[Take]:
    """Return the query for pages of `count` jobs, at most 100."""
    return CompiledQuery(
        lambda *ids: Take.objects.filter(job__in=ids).defer(*HEAVY_FIELDS), *range(1, count + 1)
    )


def job_representation(
    job: Job, *, base_url: str, takes: Iterable[Take], queue_position: int | None
) -> JobBody:
    """Build the whole job object from data already read."""
    bodies = [take_representation(job, take, base_url=base_url) for take in takes]
    output_urls = bodies[0]["urls"] if bodies else None
    return {
        "id": job.id,
        "task": cast(Task, job.task),  # rows only hold members of these enums
        "status": cast(Status, job.status),
        "progress": job.progress,
        "stage": job.stage or None,
        "output_url": output_urls[job.format] if output_urls else None,
        "output_urls": output_urls,
        "audio_duration": plain(job.duration_s),
        "actual_seeds": [take["seed"] for take in bodies],
        "lrc_content": _titled(job.lrc_content, job),
        "quality_score": job.quality_score,
        "display_name": job.display_name,
        "thumbnail_url": job.thumbnail_url or None,
        "cover_url": cover_url(job, base_url=base_url),
        "has_own_cover": job.cover_version is not None,
        "user_id": job.user_id,
        "created_at": iso_utc(job.created_at),
        "started_at": iso_utc(job.started_at),
        "completed_at": iso_utc(job.completed_at),
        "error_code": job.error_code or None,
        "error_message": job.error_message or None,
        "prompt": job.prompt,
        "lyrics": job.lyrics,
        "song_type": cast(SongType, job.song_type),
        "vocal_language": job.vocal_language or None,
        "bpm": plain(job.bpm),
        "keyscale": job.keyscale or None,
        "timesignature": job.timesignature or None,
        "genres": words_left(job, "genre"),
        "emotions": words_left(job, "emotion"),
        "occasions": words_left(job, "occasion"),
        "tags": job.own_tags or [],
        "format": cast(AudioFormat, job.format),
        "batch_size": job.batch_size,
        "model_version": job.model_version,
        "engine": job.engine or None,
        "source_job_id": job.source_job_id,
        "attempts": job.attempts,
        "queue_position": queue_position,
        "params": job.params,
        "effective": job.effective,
        "takes": bodies,
        "credits": {
            "reserved": job.credits_reserved,
            "charged": job.credits_charged,
            "refunded": job.credits_refunded,
        },
    }


def job_body(job: Job, *, base_url: str) -> JobBody:
    """Build the job object, reading what it needs."""
    return job_representation(
        job, base_url=base_url, takes=takes_of(job), queue_position=queue_positions([job]).get(job.id)
    )
