"""One song: how it sounds, what was asked, what was really used, and how it is written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from jobs.models import Job
from jobs.representations import job_representation, queue_positions, takes_of
from jobs.specs.parameters import TASKS, Parameter
from library.query.job_row import clock
from library.views.browse import own_job, own_row
from library.views.shares import shares_context

NOT_SHOWN = ("lyrics", "thumbnail_url", "display_name", "quality", "generate_lrc", "calculate_quality")
LABELS = {
    "caption": "Style",
    "query": "Wish",
    "bpm": "Tempo (bpm)",
    "keyscale": "Key",
    "timesignature": "Metre",
    "vocal_language": "Language",
    "model_version": "Engine",
    "batch_size": "Takes",
    "genre_preset": "Genre",
}


@dataclass(frozen=True)
class Setting:
    """One parameter: what was asked for, and what came of it."""

    label: str
    asked: str
    used: str
    note: str = ""


@login_required
@require_safe
@gzip_page
def track(request: HttpRequest, job_id: int) -> HttpResponse:
    job = own_job(request.user, job_id)
    body = job_representation(
        job,
        base_url="",
        takes=takes_of(job),
        queue_position=queue_positions([job]).get(job.id),
    )
    context = {
        "row": own_row(request.user, job_id),
        "song": body,
        "settings": settings_of(job),
        "effective": json.dumps(job.effective, indent=2, ensure_ascii=False),
        "source": Job.objects.of_user(request.user).filter(id=job.source_job_id).first(),
        "derived": Job.objects.of_user(request.user).filter(source_job=job).order_by("-id")[:20],
        "scores": score_urls(body),
        **shares_context(request, job),
    }
    return render(request, "library/track.html", context)


def score_urls(body: Any) -> dict[int, str]:
    """Take -> where its score is read, for takes whose engine wrote one."""
    return {take["index"]: take["score_url"] for take in body["takes"] if take["score_url"]}


def settings_of(job: Job) -> list[Setting]:
    """What was asked beside what was used; the engine's own options only where somebody asked for them."""
    table = TASKS.get(job.task)
    if table is None:
        return []
    rows = [_setting(job, each) for each in table.parameters if each.name not in NOT_SHOWN]
    return [row for row in rows if row.asked or row.used]


def _setting(job: Job, parameter: Parameter) -> Setting:
    asked = next((job.params[name] for name in parameter.all_names if name in job.params), None)
    label = LABELS.get(parameter.name, parameter.name.replace("_", " ").capitalize())
    note = job.effective.get("not_applied", {}).get(parameter.name, "")
    used = "" if parameter.is_option and asked is None else _words(_used(job, parameter))
    is_auto = asked is None or (parameter.auto is not None and asked == parameter.auto)
    return Setting(label, "" if is_auto else _words(asked), "" if note else used, note)


def _used(job: Job, parameter: Parameter) -> Any:
    if parameter.name == "duration":
        return clock(job.duration_s) if job.duration_s else ""
    if parameter.name == "model_version":
        return f"{job.engine} {job.effective.get('engine_version', '')}".strip()
    if parameter.name == "batch_size":
        return job.batch_size
    if parameter.is_option:
        return job.effective.get("options", {}).get(parameter.name)
    return job.effective.get("seeds" if parameter.name == "seed" else parameter.key)


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_words, value))
    return str(value)
