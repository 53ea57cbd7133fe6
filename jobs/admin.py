"""The job pages of the admin. Every change goes through the services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

import jobs.staff.panels
import jobs.staff.queue_failures
import jobs.webhooks.admin  # noqa: F401  (each registers its own)
from audiomusic.accounts.factors.reauthentication import ask_again
from audiomusic.accounts.factors.staff_reauthentication import AsksAgain
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.adminkit.cells import moment_cell, user_cell
from audiomusic.adminkit.filters import DateRange
from audiomusic.adminkit.pages import render_admin_page
from audiomusic.adminkit.read_only import ReadOnlyAdmin
from jobs.models import FILE_MODELS, AudioFile, Job, ScoreFile, StoredFile
from jobs.staff import cells, filters
from jobs.staff.actions import JOB_ACTIONS
from jobs.staff.changelist import JobChangeList
from jobs.staff.confirmation import ACTIONS, confirm
from jobs.staff.detail import page_of
from jobs.staff.preset_trials import TrialPages
from jobs.staff.search_terms import HELP
from jobs.uploads.models import SourceFile


@admin.register(Job)
class JobAdmin(AsksAgain, TrialPages, admin.ModelAdmin):  # type: ignore[misc, type-arg]  # wider answers
    list_display = ("id", "name", "sound", "owner", "state", "making", "created")
    list_display_links = ("name",)
    sortable_by = ("created",)
    list_filter = (
        filters.ByStatus,
        filters.ByWorker,
        filters.ByFailure,
        filters.ByUser,
        filters.ByTime,
        filters.ByTask,
        filters.ByEngine,
    )
    list_per_page = 30  # rendering a row costs more than finding it
    search_fields = ("id",)  # shows the search box; jobs.staff.search_terms interprets the input
    search_help_text = HELP
    show_full_result_count = False  # counting every job is a scan
    preserve_filters = False  # a job's page does not use them, and resolving each row's link would be slow
    show_facets = ShowFacets.NEVER
    actions = tuple(ACTIONS.values())
    # Actions that give credits or cannot be undone.
    asked_again_actions = {"refund", "remove_cover", "delete_with_files"}

    def changelist_view(  # type: ignore[override]  # here and below: it may ask for reauthentication first
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponseBase:
        return super().changelist_view(request, {"title": "Jobs", **(extra_context or {})})

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return JobChangeList

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the actions this staff member may use. Django's own deletion is omitted: it leaves the files
        behind."""
        actions = super().get_actions(request)
        return {
            name: action
            for name, action in actions.items()
            if name in JOB_ACTIONS and JOB_ACTIONS[name].may(request.user)
        }

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<int:job_id>/do/<slug:name>/",
                self.admin_site.admin_view(self.action_view),
                name="jobs_job_action",
            ),
        ]
        return [*own, *super().get_urls()]

    def change_view(  # type: ignore[override]
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """Show the job read-only: its row is never edited directly."""
        job = self.get_object(request, object_id)
        if not self.has_view_or_change_permission(request, job):
            raise PermissionDenied
        if job is None:
            return self._gone(request, object_id)
        return render_admin_page(
            self.admin_site,
            request,
            "admin/jobs/job/detail.html",
            title=f"Job {job.id}: {job.display_name}",
            opts=self.opts,
            object_id=object_id,
            badge=cells.badge(job),
            **page_of(job, user_of(request)),
        )

    def delete_view(  # type: ignore[override]
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponseBase:
        job = self.get_object(request, object_id)
        if job is None:
            return self._gone(request, object_id)
        return self.action_view(request, job.id, "delete_with_files")

    def _gone(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Return Django's own redirect for a missing object; the stubs omit this method."""
        answer: HttpResponseBase = self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]
            request, self.opts, object_id
        )
        return answer

    def action_view(self, request: HttpRequest, job_id: int, name: str) -> HttpResponseBase:
        """Handle one job's action button: show the confirmation page, then run the action."""
        if name not in JOB_ACTIONS:
            raise Http404(f"There is no action called {name[:40]!r}.")
        action = JOB_ACTIONS[name]
        if request.method == "POST" and name in self.asked_again_actions:
            asked = ask_again(request)
            if asked is not None:
                return asked
        page = reverse("admin:jobs_job_changelist")
        if not action.is_deletion:
            page = reverse("admin:jobs_job_change", args=[job_id])
        return confirm(self, request, action, Job.objects.filter(id=job_id).order_by("-id"), back=page)

    @admin.display(description=SafeString('<input type="checkbox" id="action-toggle">'))
    def action_checkbox(self, obj: Job) -> SafeString:
        """Render Django's checkbox without a template for each row."""
        label = f"Select this object for an action - {obj}"
        tick = '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">'
        return format_html(tick, ACTION_CHECKBOX_NAME, obj.pk, label)

    @admin.display(description="name")
    def name(self, job: Job) -> str:
        return Truncator(job.display_name).chars(60)

    @admin.display(description="sound")
    def sound(self, job: Job) -> SafeString | str:
        return cells.player(job)

    @admin.display(description="user")
    def owner(self, job: Job) -> SafeString:
        return cells.user_link(job)

    @admin.display(description="status")
    def state(self, job: Job) -> SafeString:
        return cells.badge(job)

    @admin.display(description="task, length, made in")
    def making(self, job: Job) -> SafeString:
        return cells.making(job)

    @admin.display(description="created", ordering="created_at")
    def created(self, job: Job) -> SafeString | str:
        return moment_cell(job.created_at)


@admin.register(*FILE_MODELS)
class KeptFileAdmin(ReadOnlyAdmin):
    list_display = ("storage_name", "format", "size", "job", "made")
    list_select_related = ("take__job",)
    search_fields = ("=take__job__id", "=storage_name")
    search_help_text = "A job's number, or a file's whole name in the storage"
    sortable_by = ()

    @admin.display(description="created")
    def made(self, file: StoredFile) -> SafeString | str:
        return moment_cell(file.created_at)

    @admin.display(description="size")
    def size(self, file: StoredFile) -> str:
        return filesizeformat(file.byte_count)

    @admin.display(description="job")
    def job(self, file: AudioFile | ScoreFile) -> SafeString:
        link = reverse("admin:jobs_job_change", args=[file.take.job_id])
        return format_html('<a href="{}">{}</a>', link, file.take.job_id)


class SourceByTime(DateRange):
    title = "day"


@admin.register(SourceFile)
class SourceFileAdmin(ReadOnlyAdmin):
    """Uploaded or fetched audio. Its owner deletes it; expired files are deleted automatically."""

    list_display = ("file_name", "owner", "origin", "sound", "size", "used_by", "sent", "expires")
    list_select_related = ("user",)
    list_filter = ("origin", SourceByTime)
    search_fields = ("=user__username", "=storage_name", "=sha256")
    search_help_text = "A user's whole name, a file's whole name in the storage, or its SHA-256"
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[SourceFile]:
        rows: QuerySet[SourceFile] = super().get_queryset(request)
        return rows.annotate(use_count=Count("uses"))

    @admin.display(description="size")
    def size(self, source: SourceFile) -> str:
        return filesizeformat(source.byte_count)

    @admin.display(description="user")
    def owner(self, source: SourceFile) -> SafeString | str:
        return user_cell(source.user)

    @admin.display(description="sound")
    def sound(self, source: SourceFile) -> str:
        return f"{source.format}, {source.duration_s:.0f} s"

    @admin.display(description="uploaded")
    def sent(self, source: SourceFile) -> SafeString | str:
        return moment_cell(source.created_at)

    @admin.display(description="kept until")
    def expires(self, source: SourceFile) -> SafeString | str:
        return moment_cell(source.expires_at)

    @admin.display(description="jobs made from it")
    def used_by(self, source: SourceFile) -> int:
        return int(getattr(source, "use_count", 0))
