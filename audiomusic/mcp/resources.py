"""Resources that programs can read without calling a tool: jobs, their scores and lyrics, and the presets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from audiomusic.http.renderers import json_bytes
from audiomusic.mcp.caller import READ_SCOPE, McpCaller, Refused
from jobs.models import Job, Take
from jobs.storage.files import StorageRefused
from jobs.storage.links import ABC_KIND
from jobs.storage.scores import kept_score, notation_text

API = "/api/v1/music"
SHOWN = 20  # of the newest jobs
JSON, ABC, LRC = "application/json", "text/vnd.abc", "text/plain"
NOT_FOUND = ("There is no such resource.", "not_found", 404)
_JOB = re.compile(r"audiomusic://jobs/([0-9]{1,18})")
_TAKE = re.compile(r"audiomusic://jobs/([0-9]{1,18})/takes/([0-9]{1,4})/(score|score\.abc|lyrics\.lrc)")

PRESETS = {
    "uri": "audiomusic://presets", "name": "presets", "title": "Genre presets", "mimeType": JSON,
    "description": "The genres that generate_music accepts, and what each sets.",
}  # fmt: skip
TEMPLATES: list[dict[str, Any]] = [
    {"uriTemplate": f"audiomusic://jobs/{path}", "name": name, "title": title, "mimeType": kind}
    for path, name, title, kind in (
        ("{id}", "job", "A job with all its data", JSON),
        ("{id}/takes/{n}/score", "score", "The score of a take", JSON),
        ("{id}/takes/{n}/score.abc", "score_abc", "The score in ABC notation", ABC),
        ("{id}/takes/{n}/lyrics.lrc", "lyrics_lrc", "The timed lyrics", LRC),
    )
]


def resources_of(caller: McpCaller) -> list[dict[str, Any]]:
    """Return the presets and the newest jobs."""
    if not caller.allows(READ_SCOPE):
        return []
    jobs = Job.objects.of_user(caller.user).order_by("-created_at", "-id").only("id", "display_name")[:SHOWN]
    return [PRESETS] + [
        {
            "uri": f"audiomusic://jobs/{job.id}",
            "name": f"job-{job.id}",
            "title": job.display_name,
            "mimeType": JSON,
        }
        for job in jobs
    ]


def resource_read(caller: McpCaller, uri: str) -> dict[str, Any]:
    """Return the resource as text. Raises Refused."""
    caller.check_scope(READ_SCOPE)
    if uri == PRESETS["uri"]:
        return _text(uri, JSON, caller.get(f"{API}/presets").body)
    if match := _JOB.fullmatch(uri):
        return _text(uri, JSON, caller.get(f"{API}/jobs/{match[1]}").body)
    if match := _TAKE.fullmatch(uri):
        kind, read = READERS[match[3]]
        return _text(uri, kind, _read(_take(caller, int(match[1]), int(match[2])), read))
    raise Refused(*NOT_FOUND)


def _take(caller: McpCaller, job_id: int, index: int) -> Take:
    caller.count_read()
    job = Job.objects.of_user(caller.user).filter(id=job_id).first()
    take = job.takes.filter(index=index).defer("peaks").first() if job else None
    if job is None or take is None:
        raise Refused(*NOT_FOUND)
    take.job = job
    return take


def _read(take: Take, read: Callable[[Take], Any]) -> Any:
    try:
        found = read(take)
    except FileNotFoundError:
        found = None
    except StorageRefused:
        raise Refused(
            "The storage is not available right now. Please try again.", "storage_failed", 503
        ) from None
    if not found:
        raise Refused(*NOT_FOUND)
    return found


READERS: dict[str, tuple[str, Callable[[Take], Any]]] = {
    "score": (JSON, kept_score),
    "score.abc": (ABC, lambda take: notation_text(take, ABC_KIND)),
    "lyrics.lrc": (LRC, lambda take: take.lrc_content),
}


def _text(uri: str, kind: str, content: Any) -> dict[str, Any]:
    text = content if isinstance(content, str) else json_bytes(content).decode()
    return {"uri": uri, "mimeType": kind, "text": text}
