"""Requested values beside the values used, for a track's page and the staff's page of a job."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import Truncator

from audiomusic.engines.units import clock
from audiomusic.http.pages.language_names import language_name
from jobs.models import Job
from jobs.specs.parameters import TASKS, Parameter
from jobs.specs.tool_parameters import TOOLS

#: Keys of `effective` shown elsewhere in the same table, or by `jobs.specs.conformance`.
NO_ROWS = (
    "asked", "not_applied", "options", "engine", "engine_version", "written", "title",
    "conformance", "not_understood",
)  # fmt: skip
#: Stored in columns of the job, not in `effective`.
KEPT_COLUMNS = ("batch_size", "display_name", "thumbnail_url")
MAX_VALUE_CHARS = 600
LABELS = {
    "caption": "Style",
    "query": "Description",
    "bpm": "Tempo (bpm)",
    "keyscale": "Key",
    "timesignature": "Metre",
    "vocal_language": "Language",
    "not_understood": "Not understood",
    "model_version": "Engine",
    "batch_size": "Takes",
    "genre_preset": "Genre",
}


@dataclass(frozen=True)
class AskedAndUsed:
    """One row of the table. `parameter` is None if the task has no parameter of that name."""

    name: str  # the name that the client used
    label: str
    asked: str  # empty: left to the server
    used: str
    note: str = ""  # why it was not applied
    is_changed: bool = False  # whether the used value differs from the requested one
    parameter: Parameter | None = None


def asked_and_used(job: Job) -> list[AskedAndUsed]:
    """Return the task's parameters in table order, then other sent values, then values decided without a
    request. Values may be of any JSON type: a job stores what it was sent."""
    return [row for row in _rows(job) if row.asked or row.used or row.name in job.params]


def _rows(job: Job) -> Iterator[AskedAndUsed]:
    effective = {**(job.effective.get("options") or {}), **job.effective}
    not_applied: Mapping[str, str] = effective.get("not_applied") or {}
    table = TASKS.get(job.task) or TOOLS.get(job.task)
    shown = set(NO_ROWS)
    for parameter in table.parameters if table else ():
        name = next((each for each in parameter.all_names if each in job.params), parameter.name)
        shown |= {*parameter.all_names, used_key(parameter)}
        yield _row(job, name, parameter, effective, not_applied)
    for name in job.params:
        if name not in shown:
            shown.add(name)
            yield _row(job, name, None, effective, not_applied)
    for name, used in effective.items():
        if name not in shown and used not in (None, "", [], {}):
            yield AskedAndUsed(name, _label(name), "", words(used), not_applied.get(name, ""))


def _row(
    job: Job,
    name: str,
    parameter: Parameter | None,
    effective: Mapping[str, Any],
    not_applied: Mapping[str, str],
) -> AskedAndUsed:
    own_name = parameter.name if parameter else name
    asked, used = job.params.get(name), effective.get(used_key(parameter) if parameter else name)
    if used is None and own_name in KEPT_COLUMNS:
        used = getattr(job, own_name)
    note = not_applied.get(own_name, not_applied.get(name, ""))
    is_asked = asked is not None and not (
        parameter and parameter.auto is not None and asked == parameter.auto
    )
    is_changed = bool(note) or (is_asked and used is not None and not _same(asked, used))
    if own_name == "vocal_language":
        asked, used = (language_name(each) if isinstance(each, str) else each for each in (asked, used))
    asked_words, used_words = words(asked) if is_asked else "", _used_words(job, own_name) or words(used)
    return AskedAndUsed(name, _label(own_name), asked_words, used_words, note, is_changed, parameter)


def used_key(parameter: Parameter) -> str:
    """Return the key of the used value in `effective`. A requested seed becomes the first of several."""
    return "seeds" if parameter.name == "seed" else parameter.key


def _used_words(job: Job, name: str) -> str:
    """Return the used value if `effective` alone does not contain it."""
    if name == "duration" and job.duration_s:
        return clock(job.duration_s)
    if name == "model_version":
        return f"{job.engine} {job.effective.get('engine_version', '')}".strip()
    return ""


def _label(name: str) -> str:
    return LABELS.get(name, name.replace("_", " ").capitalize())


def _same(asked: Any, used: Any) -> bool:
    """Whether the values are the same. A requested seed equals the first of the list used."""
    return bool(asked == used or (isinstance(used, list) and used[:1] == [asked]))


def words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        text = ", ".join(map(words, value))
    elif isinstance(value, dict):
        text = json.dumps(value, ensure_ascii=False)
    else:
        text = "" if value is None else str(value)
    return Truncator(text).chars(MAX_VALUE_CHARS)
