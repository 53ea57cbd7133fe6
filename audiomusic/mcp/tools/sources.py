"""The song that a tool works on: `job:12`, `job:12/take/2`, `job:generate_music:12`, or a link."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from audiomusic.mcp.tools.tool import Arguments, invalid, value_of
from jobs.specs.parameters import MAX_LINK_CHARS, MAX_ROW_ID, Parameter

_JOB = re.compile(r"(?:job:)?(?:[a-z_]+:)?([0-9]{1,19})(?:/take/([1-9][0-9]{0,3}))?")
FORMS = "job:ID or job:ID/take/N"

SOURCE = Parameter(
    "source", "text", None,
    f"The song: {FORMS}; also upload:ID, or a link to audio.", 1, MAX_LINK_CHARS, is_required=True,
)  # fmt: skip
OWN_SOURCE = Parameter(
    "source", "text", None, f"A song of this server: {FORMS}.", 1, MAX_LINK_CHARS, is_required=True
)


@dataclass(frozen=True)
class JobRef:
    job_id: int
    take: int | None = None


def source_body(arguments: Arguments, *, id_name: str, url_name: str | None) -> dict[str, Any]:
    """Return the source argument as fields of the API request. Raises Refused."""
    text = value_of(arguments, SOURCE)
    if match := _JOB.fullmatch(text):
        take = {"source_take": int(match[2])} if match[2] else {}
        return {id_name: _row_id(match[1]), **take}
    if url_name is None:
        raise invalid({"source": f"Expected {FORMS}."})
    return {url_name: text}


def job_ref(arguments: Arguments) -> JobRef:
    """Return the job of this server that the argument names. Raises Refused."""
    match = _JOB.fullmatch(value_of(arguments, OWN_SOURCE))
    if match is None:
        raise invalid({"source": f"Expected {FORMS}."})
    return JobRef(_row_id(match[1]), int(match[2]) if match[2] else None)


def _row_id(digits: str) -> int:
    if not 1 <= int(digits) <= MAX_ROW_ID:
        raise invalid({"source": f"Expected {FORMS}, got a number that no job has."})
    return int(digits)
