"""Jobs as staff see them. Every change goes through the services."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.models import FILE_MODELS, Job, Take, WebhookDelivery, WebhookEndpoint
from jobs.services import JobNotCancellable, JobNotRetryable, job_cancel, job_delete, job_retry


def pretty(value: Any) -> SafeString:
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
    return format_html('<pre style="white-space: pre-wrap">{}</pre>', text)


class TakeInline(admin.TabularInline):
    model = Take
    fields = readonly_fields = ("index", "seed", "duration_s", "quality_score", "file_names")
    extra = 0
    can_delete = False
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Take]:
        return super().get_queryset(request).defer("peaks").prefetch_related("files", "score_files")

    def has_add_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False

    @admin.display(description="files")
    def file_names(self, take: Take) -> str:
        return ", ".join(file.storage_name for file in [*take.files.all(), *take.score_files.all()])


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
    list_display = ("id", "display_name", "user", "task", "status", "progress", "duration_s", "created_at")
    list_display_links = ("id", "display_name")
    list_filter = ("status", "task", "song_type", "engine", "error_code")
    list_select_related = ("user",)
    list_per_page = 50
    search_fields = ("=id", "display_name", "prompt", "user__username")
    search_help_text = "A job's number, words of its name or prompt, or a user's name"
    show_full_result_count = False  # counting every job is a scan
    ordering = ("-id",)
    actions = ("retry", "cancel", "delete_with_files")
    inlines = (TakeInline,)
    exclude = ("params", "effective")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).defer("lyrics", "lrc_content")

    def get_readonly_fields(self, request: HttpRequest, obj: Job | None = None) -> tuple[str, ...]:
        """All of it: a job changes only by what happens to it."""
        names = (field.name for field in Job._meta.fields if field.name not in self.exclude)
        return (*names, "pretty_params", "pretty_effective")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without Django's own deletion, which leaves the files behind."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def delete_model(self, request: HttpRequest, obj: Job) -> None:
        job_delete(job=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        for job in queryset:
            job_delete(job=job)

    @admin.display(description="params")
    def pretty_params(self, job: Job) -> SafeString:
        return pretty(job.params)

    @admin.display(description="effective")
    def pretty_effective(self, job: Job) -> SafeString:
        return pretty(job.effective)

    @admin.action(description="Retry failed jobs", permissions=["change"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._each(request, queryset, job_retry, "put back into the queue")

    @admin.action(description="Cancel waiting and running jobs", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._each(request, queryset, job_cancel, "cancelled")

    @admin.action(description="Delete jobs with their files", permissions=["delete"])
    def delete_with_files(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._each(request, queryset, job_delete, "deleted")

    def _each(self, request: HttpRequest, jobs: Iterable[Job], act: Callable[..., Any], deed: str) -> None:
        """Do it to each, and say what was done and what could not be."""
        done = 0
        for job in jobs:
            try:
                act(job=job)
            except (JobNotCancellable, JobNotRetryable) as refusal:
                self.message_user(request, str(refusal), messages.WARNING)
            else:
                done += 1
        self.message_user(request, f"{done} jobs were {deed}.")


admin.site.register(FILE_MODELS, list_display=("storage_name", "format", "byte_count", "created_at"))


class ReadOnlyAdmin(admin.ModelAdmin):
    """To be looked at; it changes by what happens, or through its owner."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    list_display = ("url", "user", "events", "is_active", "created_at")
    list_filter = ("is_active",)
    list_select_related = ("user",)
    search_fields = ("url", "user__username")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ("id", "event_type", "job_id", "status", "tries", "next_try_at", "created_at")
    list_filter = ("status", "event_type")
    search_fields = ("=job_id", "=event_id")
    show_full_result_count = False  # counting every delivery is a scan
