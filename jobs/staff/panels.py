"""Panels of a user's admin page: songs, files and webhooks."""

from __future__ import annotations

from collections import Counter

from django.db.models import Count, Sum
from django.http import HttpRequest
from django.urls import reverse

from audiomusic.accounts.models import User
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.adminkit.cells import moment_cell
from audiomusic.adminkit.panels import PanelLink, PanelRow, UserPanel, user_panel
from jobs.counts import JobCounts
from jobs.models import Job, Status
from jobs.representations import STATUS_LABELS
from jobs.storage.byte_sizes import size_words
from jobs.storage.usage import storage_use
from jobs.uploads.models import SourceFile
from jobs.webhooks.masking import staff_sees_addresses, url_of
from jobs.webhooks.models import WebhookEndpoint

SHOWN = 5


@user_panel(order=30)
def songs_panel(user: User, request: HttpRequest) -> UserPanel | None:
    if not request.user.has_perm("jobs.view_job"):
        return None
    totals: Counter[str] = Counter()
    for cell in JobCounts.of_user(user):
        totals[cell.status] += cell.count
    newest = (
        Job.objects.of_user(user).order_by("-created_at", "-id").only("display_name", "status", "created_at")
    )
    page = reverse("admin:jobs_job_changelist")
    return UserPanel(
        "Songs",
        facts=[(STATUS_LABELS[status], f"{totals[status]:,}") for status in STATUS_LABELS if totals[status]],
        rows=[
            PanelRow(job.display_name, [STATUS_LABELS[Status(job.status)], moment_cell(job.created_at)])
            for job in newest[:SHOWN]
        ],
        empty="No requests yet.",
        links=[PanelLink("All songs", f"{page}?user__id__exact={user.pk}")],
    )


@user_panel(order=40)
def storage_panel(user: User, request: HttpRequest) -> UserPanel | None:
    if not request.user.has_perm("jobs.view_sourcefile"):
        return None
    use = storage_use(user)
    sent = SourceFile.objects.of_user(user).aggregate(count=Count("id"), bytes=Sum("byte_count"))
    newest = SourceFile.objects.of_user(user).order_by("-id")[:SHOWN]
    link = f"{reverse('admin:jobs_sourcefile_changelist')}?q={user.get_username()}"
    return UserPanel(
        "Storage and uploads",
        facts=[
            ("Used", size_words(use.used)),
            ("Limit", size_words(use.allowed) if use.allowed is not None else "unlimited"),
            ("Uploads", f"{sent['count']:,}, {size_words(sent['bytes'] or 0)}"),
        ],
        rows=[
            PanelRow(
                each.file_name,
                [f"{each.format}, {size_words(each.byte_count)}", moment_cell(each.created_at)],
            )
            for each in newest
        ],
        links=[PanelLink("All uploads", link)] if sent["count"] else [],
    )


@user_panel(order=65)
def webhooks_panel(user: User, request: HttpRequest) -> UserPanel | None:
    if not request.user.has_perm("jobs.view_webhookendpoint"):
        return None
    sees_all = staff_sees_addresses(user_of(request))
    endpoints = WebhookEndpoint.objects.filter(user=user).order_by("-created_at")[:SHOWN]
    if not endpoints:
        return None
    link = f"{reverse('admin:jobs_webhookendpoint_changelist')}?q={user.get_username()}"
    return UserPanel(
        "Webhooks",
        rows=[
            PanelRow(
                url_of(each, sees_all=sees_all), ["on" if each.is_active else "off", ", ".join(each.events)]
            )
            for each in endpoints
        ],
        links=[PanelLink("All webhooks", link)],
    )
