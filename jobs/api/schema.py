"""What the job endpoints answer, as JSON Schema read off the TypedDicts."""

from __future__ import annotations

from typing import Any

from drf_spectacular.plumbing import resolve_type_hint

from jobs.api.representations import JobBody


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


TEXT = {"type": "string"}
JOB: dict[str, Any] = resolve_type_hint(JobBody)
JOB_ANSWER = {200: _object(job=JOB, message=TEXT)}
JOB_ALONE = {200: JOB}
JOB_LIST = {200: {"type": "array", "items": JOB}}
MESSAGE = {200: _object(message=TEXT)}
