"""One job's page: requested and used values, its takes, and its whole history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Sum

from audiomusic.accounts.models import CreditEntry, User
from audiomusic.accounts.staff.ledger import KIND_LABELS
from jobs.models import CoverFile, CoverSize, Job, Take
from jobs.specs.comparison import AskedAndUsed, asked_and_used
from jobs.specs.conformance import wish_report
from jobs.staff.actions import JOB_ACTIONS, JobAction
from jobs.staff.cells import take_files
from jobs.staff.life import (
    attempts_of,
    deliveries_of,
    events_of,
    ledger_lines,
    life_of,
    waited_words,
)
from jobs.storage.links import audio_url, cover_url
from jobs.webhooks.masking import staff_sees_addresses, url_of
from presets.models import Preset

MAX_DERIVED = 20
LONG_CHARS = 160  # of a value: longer ones are collapsed


@dataclass(frozen=True)
class OwnCover:
    """The song's uploaded cover, as staff see it."""

    thumbnail_url: str
    url: str
    byte_count: int  # of both sizes
    made_at: datetime


def own_cover_of(job: Job) -> OwnCover | None:
    if not job.cover_version:
        return None
    files = CoverFile.objects.filter(job=job).aggregate(
        byte_count=Sum("byte_count"), made_at=Max("created_at")
    )
    if files["made_at"] is None:  # its rows are lost: `manage.py doctor` reports it
        return None
    return OwnCover(cover_url(job, base_url="", kind=CoverSize.SMALL), cover_url(job, base_url=""), **files)


@dataclass(frozen=True)
class JobSettings:
    """The parameters of a job in the order that staff need them."""

    asked: Sequence[AskedAndUsed]  # sent by the caller, or changed from the request
    chosen: Sequence[AskedAndUsed]  # chosen by the server, short
    long: Sequence[AskedAndUsed]  # chosen by the server, long: plans and the like


def settings_of(rows: Sequence[AskedAndUsed]) -> JobSettings:
    asked = [row for row in rows if row.asked or row.note or row.is_changed]
    rest = [row for row in rows if row not in asked]
    long = [row for row in rest if len(row.used) > LONG_CHARS or row.used.startswith("{")]
    return JobSettings(asked, [row for row in rest if row not in long], long)


def actions_for(job: Job, user: Any) -> list[JobAction]:
    """Return the actions that this staff member may apply to this job in its current state."""
    this = Job.objects.filter(id=job.id)
    return [
        action for action in JOB_ACTIONS.values() if action.may(user) and this.filter(action.fits).exists()
    ]


def _take_body(job: Job, take: Take) -> dict[str, Any]:
    sound = audio_url(job, take.index, job.format, base_url="")
    return {"take": take, "sound": sound, "files": take_files(job, take)}


def _ledger(job: Job) -> list[tuple[CreditEntry, str]]:
    """Return the job's ledger entries, each with its label."""
    return [(line, KIND_LABELS[CreditEntry.Kind(line.kind)]) for line in ledger_lines(job)]


def page_of(job: Job, user: User) -> dict[str, Any]:
    """Return the context of the page's template."""
    takes = job.takes.defer("peaks").prefetch_related("files", "score_files")
    bodies = [_take_body(job, take) for take in takes]
    files = [row["file"] for body in bodies for row in body["files"]]
    preset = job.params.get("genre_preset")
    parameters, events, report = asked_and_used(job), events_of(job), wish_report(job)
    attempts, sees_all = attempts_of(job, events), staff_sees_addresses(user)
    return {
        "job": job,
        "actions": actions_for(job, user),
        "parameters": parameters,
        "settings": settings_of(parameters),
        "wishes": report,
        "missed": [row for row in report.rows if not row.is_kept] if report else [],
        "takes": bodies,
        "cover": own_cover_of(job),
        "file_count": len(files),
        "byte_count": sum(file.byte_count for file in files),
        "attempts": attempts,
        "waited": waited_words(job, attempts),
        "life": life_of(job, sees_all=sees_all, events=events),
        "ledger": _ledger(job) if user.has_perm("accounts.view_creditentry") else [],
        "deliveries": [(each, url_of(each.endpoint, sees_all=sees_all)) for each in deliveries_of(job)],
        "preset": Preset.objects.filter(name__iexact=preset).first() if isinstance(preset, str) else None,
        "source": job.source_job,
        "derived": job.derived_jobs.order_by("-id").only("display_name")[:MAX_DERIVED],
        "raw": [
            (title, json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))
            for title, value in (("params", job.params), ("effective", job.effective))
        ],
    }
