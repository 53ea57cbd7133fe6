"""A job that is made of a finished song: what it has from that song, whichever tool asks for it."""

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
    """The finished song, which nobody deletes before the transaction ends: after it they see the new job.
    Raises SourceNotFound."""
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
    """Not saved. `title`: where none was asked for; `own`: what the tool says of its job itself."""
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
        # As the owner sorted the song they sort what comes of it, until they say otherwise.
        "own_tags": source.own_tags,
        "removed_tags": source.removed_tags,
        "source_job": source,
    }
    return Job(**values | own)


def wished(task: str, params: Mapping[str, Any]) -> Iterator[tuple[Parameter, Any]]:
    """What a request, as it was sent, asks of a tool's parameters, under whichever of their names: without
    what leaves it to the server, as clients send that fill in every default."""
    for parameter in TOOLS[task].parameters:
        sent = [params[name] for name in parameter.all_names if params.get(name) is not None]
        if sent and sent[0] != parameter.auto:
            yield parameter, sent[0]
