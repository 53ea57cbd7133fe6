"""Creating jobs that make a new song from external audio: a cover, a song in its sound, or the audio itself
with something new inserted.

Only the audio's length is known here, and for a URL not even that: the job's worker fetches it, analyzes it,
and works on the result. The file is kept as long as the job; the takes store the analysis, so they can be
made again without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from audiomusic.accounts.credits.pricing import credits_for
from audiomusic.accounts.models import User
from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.registry import ENGINES, EngineEntry, composing_engines, find_engine
from jobs.models import Job, SourceFile
from jobs.services import job_submit
from jobs.specs.build import clean_title, draw_seeds
from jobs.specs.params import ReworkParams
from jobs.specs.refusals import SourceUnfit
from jobs.specs.tags import tags_as_made
from jobs.storage.budgets import bytes_to_reserve, disk_check
from jobs.tools.foreign_operations import CANNOT, foreign_operation_of
from jobs.tools.operations import ToolOrder
from jobs.tools.rework import TITLES, not_applied_to, with_preset
from jobs.tools.sources import ForeignSource
from jobs.uploads.fetching import redacted_url
from jobs.uploads.services import source_use_create

OTHER_ENGINE = "The {asked} engine cannot do this ({task}) to other audio; expected one of: {able}."


def foreign_job_create(
    *, user: User, task: str, source: ForeignSource, wishes: ReworkParams, params: Mapping[str, Any]
) -> Job:
    """Create a waiting job and reserve its credits. `params`: the request as sent. Raises SourceUnfit,
    SourceNotFound for a file that was deleted meanwhile, NotEnoughCredits, or another JobRefused."""
    disk_check()
    entry = foreign_engine_for(task, wishes.get("model_version", ""))
    wishes = with_preset(task, wishes)
    return _create(user, task, source, wishes, params, entry, foreign_operation_of(task, source, wishes))


def foreign_engine_for(task: str, asked: str) -> EngineEntry:
    """Return the engine for the task. Raises SourceUnfit."""
    able = composing_engines(task, "foreign")
    if not able:
        raise SourceUnfit(CANNOT.format(task=task.capitalize()), "engine_cannot")
    if asked in ENGINES and asked not in able:
        sentence = OTHER_ENGINE.format(asked=asked, task=task, able=", ".join(able))
        raise SourceUnfit(sentence, "engine_cannot", {"model_version": [sentence]})
    return find_engine(asked if asked in able else able[0])


@transaction.atomic
def _create(
    user: User,
    task: str,
    source: ForeignSource,
    wishes: ReworkParams,
    params: Mapping[str, Any],
    entry: EngineEntry,
    asked: ToolOrder,
) -> Job:
    operation, longest_s = asked.operation, asked.longest_s
    format = wishes.get("format", "flac")
    seeds = draw_seeds(wishes.get("seed"), wishes.get("batch_size", 1))
    title = clean_title(wishes.get("display_name", "")) or foreign_title(source, TITLES[task])
    lyrics = "\n".join(operation[name] for name in ("left_lyrics", "lyrics") if operation.get(name))
    effective = {
        "kind": "song" if lyrics else "instrumental",
        "caption": operation["caption"],
        "lyrics": lyrics,
        "lyrics_source": "request" if lyrics else "none",
        "engine": entry.name,
        "engine_version": entry.version,
        "format": format,
        "seeds": list(seeds),
        "duration_s": longest_s,
        "max_duration_s": longest_s,
        "generate_lrc": wishes.get("generate_lrc", False),
        "calculate_quality": wishes.get("calculate_quality", True),
        "title": title,
        "not_applied": not_applied_to(task, params, entry),
        "source": foreign_source_facts(source),
        "operation": operation,
        "asked_operation": operation,
        **tags_as_made(operation["caption"], lyrics, operation.get("genre")),
    }
    job = Job(
        user=user,
        task=task,
        song_type="edits",
        display_name=title,
        prompt=operation["caption"],
        lyrics=lyrics,
        thumbnail_url=wishes.get("thumbnail_url", ""),
        format=format,
        batch_size=len(seeds),
        model_version=wishes.get("model_version", "audiomusic-v2"),
        engine=entry.name,
        params=dict(params),
        effective=effective,
        duration_s=longest_s,
        credits_reserved=credits_for(asked.charged_s) * len(seeds),
        bytes_reserved=bytes_to_reserve(duration_s=longest_s, takes=len(seeds), format=format),
    )
    job = job_submit(job=job)
    if source.file:
        source_use_create(job=job, source=source.file)
    return job


def foreign_source_facts(source: ForeignSource) -> dict[str, Any]:
    return source_facts(source.file) if source.file else {"kind": "url", "url": redacted_url(source.url)}


def source_facts(file: SourceFile) -> dict[str, Any]:
    """Return the facts for `effective.source`. `sha256`: of the decoded samples."""
    return {
        "kind": file.origin,
        "source_id": file.id,
        **({"url": file.address} if file.address else {}),
        "sha256": file.samples_sha256,
        "duration": round(file.duration_s, 2),
        "sample_rate": SAMPLE_RATE_HZ,
    }


def foreign_title(source: ForeignSource, what: str) -> str:
    """Return a title such as "Rainy Day – cover"."""
    stem = source.file.file_name.rpartition(".")[0] if source.file else ""
    ending = f" – {what}"
    return clean_title(stem or "Other audio", 200 - len(ending)) + ending
