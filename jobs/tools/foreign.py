"""Asking for a new song out of audio that this server did not make: a cover, or one in its sound.

Nothing of the audio is known here but its length, and of an address not even that: the job's worker
fetches it, listens to it, and works on what it heard. The file stays as long as there is the job; the
takes keep what was heard, so they are made again without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction

from audiomusic.accounts.credits.pricing import credits_for
from audiomusic.accounts.models import User
from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.estimate import reserved_duration_s
from audiomusic.engines.registry import ENGINES, EngineEntry, composing_engines, find_engine
from jobs.models import Job, SourceFile
from jobs.services import job_submit
from jobs.specs.build import clean_title, draw_seeds
from jobs.specs.params import ReworkParams
from jobs.specs.refusals import SourceUnfit
from jobs.specs.tags import tags_as_made
from jobs.storage.budgets import bytes_to_reserve, disk_check
from jobs.tools.operations import DEFAULT_STRENGTH, FASTEST, KEEPS_TUNE, OWN_NAMES
from jobs.tools.rework import TITLES, not_applied_to
from jobs.tools.sources import ForeignSource
from jobs.uploads.fetching import redacted_url
from jobs.uploads.services import source_use_create

CANNOT = (
    "{task} works only on songs that this server made; of other audio a cover, a song in its sound"
    " (reference) and an analysis can be made."
)
NO_WORDS = (
    "The words of other audio are not known, so new ones cannot be laid on its tune while that is kept;"
    " expected audio_cover_strength below {least}, or no lyrics."
)


def foreign_job_create(
    *, user: User, task: str, source: ForeignSource, wishes: ReworkParams, params: Mapping[str, Any]
) -> Job:
    """A waiting job, with its credits reserved. `params`: the request as it was sent. Raises SourceUnfit,
    SourceNotFound for a file that was deleted meanwhile, NotEnoughCredits, or another JobRefused."""
    disk_check()
    entry = _engine_for(task, wishes.get("model_version", ""))
    length_s = source.file.duration_s if source.file else float(settings.SOURCE_MAX_S)
    operation, longest_s = _operation(task, length_s, wishes)
    return _create(user, task, source, wishes, params, entry, operation, longest_s)


def _engine_for(task: str, asked: str) -> EngineEntry:
    able = composing_engines(task, "foreign")
    if not able or (asked in ENGINES and asked not in able):
        raise SourceUnfit(CANNOT.format(task=task.capitalize()), "engine_cannot")
    return find_engine(asked if asked in able else able[0])


def _operation(task: str, length_s: float, wishes: ReworkParams) -> tuple[dict[str, Any], float]:
    """(What is done, the longest that may come of it)."""
    own: dict[str, Any] = {name: wishes.get(name) for name in OWN_NAMES}
    lyrics, caption = wishes.get("lyrics") or None, wishes["caption"]
    if task == "reference":
        is_instrumental = bool(wishes.get("instrumental"))
        longest_s = wishes.get("duration_s") or reserved_duration_s(
            "instrumental" if is_instrumental else "song",
            lyrics or "",
            not lyrics and not is_instrumental,
            "loop",
        )
        return {
            "name": task, "caption": caption, "lyrics": lyrics, "instrumental": is_instrumental,
            "duration_s": wishes.get("duration_s"), "max_duration_s": longest_s, **own,
        }, longest_s  # fmt: skip
    strength = wishes.get("strength", DEFAULT_STRENGTH)
    if lyrics and strength >= KEEPS_TUNE:
        sentence = NO_WORDS.format(least=KEEPS_TUNE)
        raise SourceUnfit(f"lyrics: {sentence}", "engine_cannot", {"lyrics": [sentence]})
    operation = {"name": task, "caption": caption, "lyrics": lyrics, "strength": strength, **own}
    return operation, length_s * FASTEST


@transaction.atomic
def _create(
    user: User,
    task: str,
    source: ForeignSource,
    wishes: ReworkParams,
    params: Mapping[str, Any],
    entry: EngineEntry,
    operation: dict[str, Any],
    longest_s: float,
) -> Job:
    format = wishes.get("format", "flac")
    seeds = draw_seeds(wishes.get("seed"), wishes.get("batch_size", 1))
    title = clean_title(wishes.get("display_name", "")) or _title(source, task)
    lyrics = operation["lyrics"] or ""
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
        **tags_as_made(operation["caption"], lyrics, operation["genre"]),
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
        credits_reserved=credits_for(longest_s) * len(seeds),
        bytes_reserved=bytes_to_reserve(duration_s=longest_s, takes=len(seeds), format=format),
    )
    job = job_submit(job=job)
    if source.file:
        source_use_create(job=job, source=source.file)
    return job


def foreign_source_facts(source: ForeignSource) -> dict[str, Any]:
    return source_facts(source.file) if source.file else {"kind": "url", "url": redacted_url(source.url)}


def source_facts(file: SourceFile) -> dict[str, Any]:
    """As `effective.source` tells it. `sha256`: of the samples as they are heard."""
    return {
        "kind": file.origin,
        "source_id": file.id,
        **({"url": file.address} if file.address else {}),
        "sha256": file.samples_sha256,
        "duration": round(file.duration_s, 2),
        "sample_rate": SAMPLE_RATE_HZ,
    }


def _title(source: ForeignSource, task: str) -> str:
    """ "Rainy Day – cover"."""
    stem = source.file.file_name.rpartition(".")[0] if source.file else ""
    ending = f" – {TITLES[task]}"
    return clean_title(stem or "Other audio", 200 - len(ending)) + ending
