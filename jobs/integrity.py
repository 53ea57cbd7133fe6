"""Invariants that must hold for every job."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from audiomusic.http.safe_http import masked_url
from jobs.models import FINISHED, Job, JobTag, Status, TagKind, Take
from jobs.webhooks.models import WebhookDelivery, WebhookEndpoint
from jobs.webhooks.signing import has_lost_its_secret

OVERDUE = timedelta(minutes=10)


def job_problems() -> list[str]:
    """Return a sentence for each job that violates an invariant; empty if there is none."""
    return [*_without_takes(), *_holding_credits(), *_with_foreign_tags(), *_with_other_own_tags()]


def _without_takes() -> Iterator[str]:
    silent = Job.objects.filter(~Exists(Take.objects.filter(job=OuterRef("id"))), status=Status.COMPLETED)
    for job_id in silent.order_by("id").values_list("id", flat=True):
        yield f"Job {job_id} is COMPLETED but has no take."


def _holding_credits() -> Iterator[str]:
    settled = F("credits_charged") + F("credits_refunded")
    holding = Job.objects.filter(~Q(credits_reserved=settled), status__in=FINISHED)
    for job in holding.order_by("id").only(
        "status", "credits_reserved", "credits_charged", "credits_refunded"
    ):
        yield f"Job {job.id} is {job.status}, but holds {job.credits_held} credits."


def _with_foreign_tags() -> Iterator[str]:
    """Check that a tag's user and time, which are copies, equal those of its job."""
    wrong = JobTag.objects.filter(~Q(user=F("job__user")) | ~Q(created_at=F("job__created_at")))
    for job_id, kind, value in wrong.order_by("job", "kind", "value").values_list("job", "kind", "value"):
        yield f"Job {job_id} is tagged with {kind} {value!r} for another user or time than its own."


def _with_other_own_tags() -> Iterator[str]:
    """Check that a job's column and its search rows hold the same tags of its owner."""
    rows = JobTag.objects.filter(kind=TagKind.TAG).values_list("job", "value")
    found: dict[int, set[str]] = {}
    for job_id, value in rows.iterator():
        found.setdefault(job_id, set()).add(value)
    tagged = Job.objects.filter(own_tags__isnull=False).values_list("id", "own_tags")
    said = {job_id: set(words or ()) for job_id, words in tagged.iterator()}
    for job_id in sorted(found.keys() | said.keys()):
        if found.get(job_id, set()) != said.get(job_id, set()):
            yield f"Job {job_id} has other tags of its own than its search rows."


def webhook_problems() -> list[str]:
    """Return a sentence for each endpoint whose events are overdue or cannot be signed. A user who was served
    since then waits only for their own receivers, so they are not reported."""
    since = timezone.now() - OVERDUE
    overdue = WebhookDelivery.objects.filter(
        status=WebhookDelivery.Status.PENDING,
        next_try_at__lt=since,
        endpoint__is_active=True,
        endpoint__user__is_active=True,
    ).exclude(endpoint__user__webhook_turn__served_at__gte=since)
    urls = overdue.order_by("endpoint__url").values_list("endpoint__url", flat=True).distinct()
    return [
        *(f"Events for {masked_url(url)} wait to be sent, but no worker sends them." for url in urls),
        *_without_secret(),
    ]


def _without_secret() -> Iterator[str]:
    for endpoint in WebhookEndpoint.objects.filter(is_active=True).order_by("url"):
        if has_lost_its_secret(endpoint):
            url = masked_url(endpoint.url)
            yield (
                f"The secret of the webhook {url} was lost with an old secret key; create the webhook again."
            )
