"""The page of a song: its audio, the request, the values used, and the score."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from audiomusic.accounts.requests.signed_in import SignedInRequest
from audiomusic.engines.registry import composing_engines
from jobs.models import Job, Task
from jobs.representations import job_representation, queue_positions, takes_of
from jobs.specs.comparison import AskedAndUsed, asked_and_used
from jobs.specs.conformance import wish_report
from library.family import family_of
from library.kept import kept_ranges
from library.views.browse import own_job, own_row
from library.views.notation import has_notation
from library.views.sorting.share_panels import panel_context, song_panel
from library.views.sorting.tags import tags_context

NOT_SHOWN = (
    "lyrics", "thumbnail_url", "display_name", "quality", "generate_lrc", "calculate_quality",
    "source_job_id", "source_take",
)  # fmt: skip


@login_required
@require_safe
@gzip_page
def track(request: SignedInRequest, job_id: int) -> HttpResponse:
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
        "wishes": wish_report(job),
        "effective": json.dumps(job.effective, indent=2, ensure_ascii=False),
        "source": _source_of(job),
        "family": family_of(job),
        "kept": kept_ranges(job),
        "scores": score_urls(body),
        "has_notation": has_notation(job, score_urls(body)),
        "has_stems": has_stems(job, body),
        "can_be_worked_on": can_be_worked_on(job, body),
        **panel_context(song_panel(request, job)),
        **tags_context(request.user, job),
    }
    return render(request, "library/track.html", context)


def score_urls(body: Any) -> dict[int, str]:
    """Map each take that has a score to the score's URL."""
    return {take["index"]: take["score_url"] for take in body["takes"] if take["score_url"]}


def has_stems(job: Job, body: Any) -> bool:
    """Return whether stems can be made. The list is loaded when the user opens it."""
    return can_be_worked_on(job, body, tool="extract")


def can_be_worked_on(job: Job, body: Any, tool: str = "repaint") -> bool:
    """Return whether the engine supports this tool and the song has a score. Includes songs made this way."""
    is_able = job.engine in composing_engines(tool, "own") and job.task != Task.EXTRACT
    return is_able and bool(score_urls(body))


def settings_of(job: Job) -> list[AskedAndUsed]:
    """Return the values shown to the owner, with the engine's own options only if they were requested."""
    rows = [row for row in asked_and_used(job) if _is_shown(row)]
    return [replace(row, used="") if row.note else row for row in rows]


def _is_shown(row: AskedAndUsed) -> bool:
    if row.parameter is None or row.parameter.name in NOT_SHOWN:
        return False
    return bool(row.asked or (row.used and not row.parameter.is_option))


def _source_of(job: Job) -> Job | None:
    """Return the song it was made from, if the owner still has it."""
    if job.source_job_id is None:
        return None
    return Job.objects.filter(user=job.user_id, id=job.source_job_id).first()
