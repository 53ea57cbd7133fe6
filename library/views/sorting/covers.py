"""The page for a song's own cover: upload and removal."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.engines.covers.bounds import MAX_BYTES, READABLE, PictureUnusable
from jobs.covers.services import cover_clear, cover_set
from jobs.models import Job
from jobs.storage.budgets import DiskAlmostFull, StorageBudgetReached
from jobs.storage.copies import EncodersBusy, encoder_turn
from jobs.storage.files import StorageRefused
from library.covers import receive_picture
from library.views.browse import own_job

BUSY = "The picture cannot be processed right now. Please try again in a few seconds."


class PictureForm(forms.Form):
    file = forms.FileField(label="Picture")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cover(request: HttpRequest, job_id: int) -> HttpResponse:
    """Show the form. A file becomes the cover; `action=remove` restores the generated one."""
    job = own_job(user_of(request), job_id)
    form = PictureForm(request.POST, request.FILES) if request.method == "POST" else PictureForm()
    if request.method == "POST":
        try:
            if request.POST.get("action") == "remove":
                cover_clear(job=job)
                messages.success(request, "The song has its generated cover again.")
                return redirect("track", job_id=job_id)
            if form.is_valid():
                _take_in(job, form)
                messages.success(request, "The song has its new cover.")
                return redirect("track", job_id=job_id)
        except Job.DoesNotExist:
            raise Http404("There is no such song.") from None
        except (PictureUnusable, StorageBudgetReached, DiskAlmostFull) as error:
            form.add_error("file", forms.ValidationError(str(error)))
        except (EncodersBusy, StorageRefused):
            form.add_error("file", forms.ValidationError(BUSY))
    context = {
        "job": job,
        "form": form,
        "readable": READABLE,
        "most_mb": MAX_BYTES // 1_000_000,
    }
    return render(request, "library/track_cover.html", context, status=400 if form.errors else 200)


def _take_in(job: Job, form: PictureForm) -> None:
    with TemporaryDirectory(prefix="audiomusic-") as folder:
        path = receive_picture(form.cleaned_data["file"], Path(folder))
        with encoder_turn():
            cover_set(job=job, path=path)
