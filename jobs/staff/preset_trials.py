"""Trying a preset: ten seconds of music, as a real job of the staff member who requests it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from audiomusic.accounts.credits.ledger import NotEnoughCredits
from audiomusic.accounts.models import User
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.adminkit.pages import render_admin_page
from jobs.models import Job, Status, Task
from jobs.services import job_create
from jobs.specs.parameters import FIELD_NAMES
from jobs.specs.refusals import JobRefused
from jobs.storage.links import audio_url
from presets.models import Preset

TRIAL_S = 10.0
MAY_TRY = "presets.change_preset"


def trial_create(*, user: User, preset: Preset) -> Job:
    """Create a waiting job that requests only the preset. Raises NotEnoughCredits or JobRefused."""
    caption = preset.parameters.get("caption") or preset.description or preset.label
    params: dict[str, Any] = {
        "genre_preset": preset.name,
        "format": "mp3",
        "display_name": f"Trial of {preset.label}",
        "caption": caption,
        "duration": TRIAL_S,
    }
    values: Any = {FIELD_NAMES[name]: value for name, value in params.items()}
    if isinstance(preset.parameters.get("instrumental"), bool):
        values["instrumental"] = preset.parameters["instrumental"]
    return job_create(user=user, task=Task.TEXT2MUSIC, values=values, params=params)


class TrialPages:
    """Admin pages for trying presets: the trial and its progress."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view  # type: ignore[attr-defined]
        trial = "try/<int:preset_id>/<int:job_id>/"
        own = [
            path("try/<int:preset_id>/", wrap(self.try_view), name="jobs_job_try"),
            path(trial, wrap(self.trial_view), name="jobs_job_trial"),
            path(f"{trial}state/", wrap(self.state_view), name="jobs_job_trial_state"),
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def try_view(self, request: HttpRequest, preset_id: int) -> HttpResponseBase:
        """Show the button; on POST, create the job."""
        preset = self._preset(request, preset_id)
        if request.method != "POST":
            return self._page(request, preset, job=None)
        try:
            job = trial_create(user=user_of(request), preset=preset)
        except (NotEnoughCredits, JobRefused) as refusal:
            messages.error(request, f"The sample could not be requested: {refusal}")
            return redirect("admin:jobs_job_try", preset.pk)
        return redirect("admin:jobs_job_trial", preset.pk, job.pk)

    def trial_view(self, request: HttpRequest, preset_id: int, job_id: int) -> HttpResponseBase:
        preset = self._preset(request, preset_id)
        return self._page(request, preset, job=get_object_or_404(Job, id=job_id, user=request.user))

    def state_view(self, request: HttpRequest, preset_id: int, job_id: int) -> HttpResponse:
        self._preset(request, preset_id)
        return JsonResponse(state_of(get_object_or_404(Job, id=job_id, user=request.user)))

    def _preset(self, request: HttpRequest, preset_id: int) -> Preset:
        if not request.user.has_perm(MAY_TRY):
            raise PermissionDenied
        return get_object_or_404(Preset, id=preset_id)

    def _page(self, request: HttpRequest, preset: Preset, *, job: Job | None) -> TemplateResponse:
        site = self.admin_site  # type: ignore[attr-defined]
        return render_admin_page(
            site, request, "admin/jobs/job/trial.html",
            title=f"Try {preset.label}", opts=Preset._meta, preset=preset, job=job, trial_s=TRIAL_S,
            state=state_of(job) if job else None,
            state_url=reverse("admin:jobs_job_trial_state", args=[preset.pk, job.pk]) if job else "",
        )  # fmt: skip


def state_of(job: Job) -> dict[str, Any]:
    """Return the progress of the trial, and its audio URL once it is made."""
    return {
        "status": job.status,
        "is_finished": job.is_finished,
        "percent": job.progress or 0,
        "status_text": _status_text(job),
        "sound": audio_url(job, 1, job.format, base_url="") if job.status == Status.COMPLETED else "",
    }


def _status_text(job: Job) -> str:
    if job.status == Status.FAILED:
        return f"Failed. {job.error_message}"
    return {
        Status.PENDING: "Waiting for a worker",
        Status.PROCESSING: f"Being made: {job.stage}",
        Status.CANCELLED: "Cancelled",
    }.get(Status(job.status), "Finished")
