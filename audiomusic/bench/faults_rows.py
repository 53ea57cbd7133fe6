"""What `bench faults` asks of the server's rows, in a process with that server's settings.

    python -m audiomusic.bench.faults_rows prepare USERS URL    users with keys, credits and a webhook
    python -m audiomusic.bench.faults_rows audit                what holds and what does not

Both print one JSON object.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import django


def prepare(users: int, url: str) -> dict[str, Any]:
    """Keys of so many new users, and the secrets of their webhooks."""
    from audiomusic.accounts.models import User
    from audiomusic.accounts.services import key_create
    from jobs.webhooks.models import every_event
    from jobs.webhooks.services import endpoint_create
    from jobs.webhooks.signing import secret_of

    keys, secrets = [], []
    for number in range(users):
        user = User.objects.create_user(f"user-{number}")
        keys.append(key_create(user=user, name="faults")[1])
        endpoint = endpoint_create(user=user, url=f"{url}/{number}", events=every_event())
        secrets.append(secret_of(endpoint))
    return {"keys": keys, "secrets": secrets}


def audit() -> dict[str, Any]:
    """Jobs by status, every event that was recorded, and a list of sentences for each thing that is wrong."""
    from django.db.models import Count

    from audiomusic.management.commands.doctor import PROOFS
    from jobs.file_proof import file_problems
    from jobs.models import Job, WebhookDelivery

    problems = {name.lower(): proof() for name, proof in PROOFS.items()}
    problems["files"] = file_problems(stray_age=timedelta(0))
    problems["settlements"] = list(_settled_otherwise_than_once())
    problems["events"] = list(_told_otherwise_than_once())
    events = WebhookDelivery.objects.order_by("id").values_list("event_id", "job_id", "status", "body")
    return {
        "jobs": dict(Job.objects.order_by().values_list("status").annotate(count=Count("id"))),
        "codes": dict(
            Job.objects.exclude(error_code="").order_by().values_list("error_code").annotate(n=Count("id"))
        ),
        "repeated": Job.objects.filter(attempts__gt=1).count(),
        "events": [[str(event_id), *rest] for event_id, *rest in events],
        "problems": problems,
    }


def _settled_otherwise_than_once() -> Iterator[str]:
    """A finished job has one reservation and one settlement of it."""
    from django.db.models import Count, Q

    from audiomusic.accounts.models import CreditEntry
    from jobs.models import FINISHED, Job

    lines = CreditEntry.objects.filter(reference__startswith="job:").order_by().values("reference")
    counted = lines.annotate(
        reserved=Count("id", filter=Q(kind="reserve")),
        settled=Count("id", filter=Q(kind__in=["charge", "refund"])),
    )
    found = {line["reference"]: (line["reserved"], line["settled"]) for line in counted}
    for job in Job.objects.order_by("id").only("id", "status"):
        wanted = (1, 1 if job.status in FINISHED else 0)
        entries = found.get(f"job:{job.id}")
        if entries != wanted:
            yield f"Job {job.id} is {job.status}; its (reservations, settlements): {entries}"


def _told_otherwise_than_once() -> Iterator[str]:
    """A finished job has one event, of its own end."""
    from jobs.models import FINISHED, Job, WebhookDelivery

    told: dict[int | None, list[str]] = {}
    for job_id, event_type in WebhookDelivery.objects.values_list("job_id", "event_type"):
        told.setdefault(job_id, []).append(event_type)
    for job in Job.objects.order_by("id").only("id", "status"):
        wanted = [f"job.{job.status.lower()}"] if job.status in FINISHED else []
        if told.get(job.id, []) != wanted:
            yield f"Job {job.id} is {job.status}; its events: {told.get(job.id, [])}"


def main(command: str, *arguments: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "audiomusic.bench.faulty.settings")
    django.setup()
    found = prepare(int(arguments[0]), arguments[1]) if command == "prepare" else audit()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
