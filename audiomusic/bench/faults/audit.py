"""Checks of the server's rows for `bench faults`, in a process with that server's settings.

    python -m audiomusic.bench.faults.audit prepare USERS URL    users with keys, credits and a webhook
    python -m audiomusic.bench.faults.audit audit                what holds and what does not

Both print one JSON object. `audit` reads one: what the users were promised (`Listener.promises`).
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
    """Create new users, and return their keys and the secrets of their webhooks."""
    from audiomusic.accounts.models import User
    from audiomusic.accounts.services import key_create
    from jobs.webhooks.models import every_event
    from jobs.webhooks.services import endpoint_create
    from jobs.webhooks.signing import secret_of

    keys, secrets, endpoints = [], [], []
    for number in range(users):
        user = User.objects.create_user(f"user-{number}")
        keys.append(key_create(user=user, name="faults")[1])
        endpoint = endpoint_create(user=user, url=f"{url}/{number}", events=every_event())
        secrets.append(secret_of(endpoint))
        endpoints.append(str(endpoint.id))
    return {"keys": keys, "secrets": secrets, "endpoints": endpoints}


def audit(promised: dict[str, Any]) -> dict[str, Any]:
    """Return jobs by status, every recorded event, and a sentence for each problem."""
    retries = {int(job_id): count for job_id, count in promised["retries"].items()}
    from django.db.models import Count

    from audiomusic.management.commands.doctor import PROOFS
    from jobs.models import Job
    from jobs.storage.integrity import file_problems
    from jobs.webhooks.models import WebhookDelivery

    problems = {name.lower(): proof() for name, proof in PROOFS.items()}
    problems["files"] = file_problems(stray_age=timedelta(0))
    problems["settlements"] = list(_settled_otherwise_than_once(retries))
    problems["events"] = list(_not_sent_once(retries))
    problems["promises"] = list(_not_as_promised(promised))
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


def _settled_otherwise_than_once(retries: dict[int, int]) -> Iterator[str]:
    """Check that each job that ended or was deleted has a settlement for each reservation: one, plus one for
    each retry whose credits could be reserved again.
    """
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
        entries = found.pop(f"job:{job.id}", (0, 0))
        reserved, open_count = entries[0], entries[0] - entries[1]
        most, most_open = 1 + retries.get(job.id, 0), 0 if job.status in FINISHED else 1
        least_open = 0 if job.id in retries else most_open
        if not (1 <= reserved <= most and least_open <= open_count <= most_open):
            yield f"Job {job.id} is {job.status}; its (reservations, settlements): {entries}"
    for reference, entries in found.items():
        if entries[0] != entries[1]:
            yield f"{reference} was deleted; its (reservations, settlements): {entries}"


def _not_sent_once(retries: dict[int, int]) -> Iterator[str]:
    """Check that each job has one event for each of its ends: those before a retry, and the last."""
    from jobs.models import FINISHED, Job
    from jobs.webhooks.models import WebhookDelivery

    received: dict[int | None, list[str]] = {}
    for job_id, event_type in WebhookDelivery.objects.order_by("id").values_list("job_id", "event_type"):
        received.setdefault(job_id, []).append(event_type)
    for job in Job.objects.order_by("id").only("id", "status"):
        count = retries.get(job.id, 0)
        wanted = ["job.failed"] * count
        wanted += [f"job.{job.status.lower()}"] if job.status in FINISHED else []
        if (events := received.pop(job.id, [])) != wanted:
            yield f"Job {job.id} is {job.status}, retried {count} times; its events: {events}"
    for deleted_id, events in received.items():
        count = retries.get(deleted_id or 0, 0)
        if len(events) > count + 1 or events[:count] != ["job.failed"] * count:
            yield f"Job {deleted_id} was deleted, retried {count} times; its events: {events}"


def _not_as_promised(promised: dict[str, Any]) -> Iterator[str]:
    """Check that the responses to users are true: deleted jobs are gone, names and likes are the last ones
    set, and no folder is left to delete except those that may be in use.
    """
    from django.utils import timezone

    from jobs.models import Job, OrphanFolder
    from library.models import Reaction

    for job_id in Job.objects.filter(id__in=promised["deleted"]).values_list("id", flat=True):
        yield f"Job {job_id} was deleted, but is there."
    names = dict(Job.objects.values_list("id", "display_name"))
    for job_id, name in promised["names"].items():
        if names.get(int(job_id)) != name:
            yield f"Job {job_id} was named {name!r}, but is {names.get(int(job_id))!r}."
    likes = dict(Reaction.objects.values_list("job", "value"))
    for job_id, value in promised["likes"].items():
        if likes.pop(int(job_id), None) != value:
            yield f"Job {job_id} was given {value}, but that is not kept."
    for job_id, value in likes.items():
        yield f"Job {job_id} has a {value} that nobody gave."
    for folder in OrphanFolder.objects.filter(look_at__lte=timezone.now()).values_list("folder", flat=True):
        yield f"The folder {folder} should have been looked through."


def main(command: str, *arguments: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "audiomusic.bench.faults.fault_injection.settings")
    django.setup()
    if command == "prepare":
        found = prepare(int(arguments[0]), arguments[1])
    else:
        found = audit(json.load(sys.stdin))
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
