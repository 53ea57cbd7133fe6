"""Jobs derived from a finished song: what they inherit from it, whichever tool creates them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from audiomusic.accounts.models import User
from jobs.models import Job, Status
from jobs.specs.build import clean_title
from jobs.specs.parameters import Parameter
from jobs.specs.params import ReworkParams, StemParams
from jobs.specs.refusals import SourceNotFound
from jobs.specs.tool_parameters import TOOLS


def source_locked(*, user: User, job_id: int) -> Job:
    """Return the finished song, locked against deletion until the transaction ends; later deletions see the
    new job. Raises SourceNotFound."""
    source = Job.objects.of_user(user).select_for_update(no_key=True).filter(id=job_id).first()
    if source is None or source.status != Status.COMPLETED:
        raise SourceNotFound
    return source


def derived_job(
    *,
    user: User,
    source: Job,
    title: str,
    wishes: ReworkParams | StemParams,
    params: Mapping[str, Any],
    effective: dict[str, Any],
    **own: Any,
) -> Job:
    """Build the job without saving it. `title`: the default title; `own`: the tool's own field values."""
    values: dict[str, Any] = {
        "user": user,
        "song_type": "edits",
        "display_name": clean_title(wishes.get("display_name", "")) or title,
        "prompt": source.prompt,
        "lyrics": effective["lyrics"],
        "thumbnail_url": wishes.get("thumbnail_url", "") or source.thumbnail_url,
        "vocal_language": source.vocal_language,
        "bpm": source.bpm,
        "keyscale": source.keyscale,
        "timesignature": source.timesignature,
        "format": effective["format"],
        "model_version": wishes.get("model_version", source.model_version),
        "params": dict(params),
        "effective": effective,
        # The owner's tag changes are inherited until they change them.
        "own_tags": source.own_tags,
        "removed_tags": source.removed_tags,
        "source_job": source,
    }
    return Job(**values | own)


def wished(task: str, params: Mapping[str, Any]) -> Iterator[tuple[Parameter, Any]]:
    """Yield each tool parameter that a request sets, under whichever of its names, with its value. Skips
    values that leave it to the server, because some clients send every default."""
    for parameter in TOOLS[task].parameters:
        sent = [params[name] for name in parameter.all_names if params.get(name) is not None]
        if sent and sent[0] != parameter.auto:
            yield parameter, sent[0]
