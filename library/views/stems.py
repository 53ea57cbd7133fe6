"""The stems of a song: list them and make them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from audiomusic.accounts.credits.ledger import NotEnoughCredits, credits_are_unlimited
from audiomusic.accounts.credits.pricing import credits_for
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.engines.studio.rework.stem_names import STEM_NAMES
from jobs.models import Take
from jobs.specs.params import StemParams
from jobs.specs.refusals import JobRefused, SourceNotFound, SourceUnfit
from jobs.specs.tool_parameters import MODES
from jobs.storage.files import StorageRefused
from jobs.storage.links import PROJECT_KIND, STEMS_KIND, archive_url, audio_url
from jobs.tools.extraction import stem_job_create
from jobs.tools.sources import SourceRef, source_take
from library.stems import StemList, mixer_parts, stem_list
from library.views.browse import own_job

MAX_TAKE = 1000
STORAGE_SILENT = "The storage is not available right now. Please try again."


class HtmxRequest(HttpRequest):
    """A request with the attribute of django_htmx's middleware."""

    htmx: HtmxDetails


class StemForm(forms.Form):
    """Selects all stems, or one of them."""

    take = forms.IntegerField(min_value=1, max_value=MAX_TAKE, required=False)
    track_name = forms.ChoiceField(choices=[(name, name) for name in STEM_NAMES], required=False)
    mode = forms.ChoiceField(choices=[(mode, mode) for mode in MODES], required=False)

    def wishes(self) -> StemParams:
        name = self.cleaned_data["track_name"]
        if not name:
            return {"all_stems": True}
        return {"track_name": name, "mode": self.cleaned_data["mode"] or "stem"}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def stems(request: HtmxRequest, job_id: int) -> HttpResponse:
    """Show a song's stems. A POST creates a job that makes stems, and redirects to it."""
    user = user_of(request)
    own_job(user, job_id)
    form = StemForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        raise Http404("There is no such part.")
    try:
        take = source_take(user=user, ref=SourceRef(job_id, form.cleaned_data["take"]))
    except (SourceNotFound, SourceUnfit) as error:
        raise Http404(str(error)) from None
    if request.method != "POST":
        return _panel(request, take)
    try:
        wishes = form.wishes()
        job = stem_job_create(user=user, take=take, wishes=wishes, params=_params(take, wishes))
    except (NotEnoughCredits, JobRefused) as error:
        return _panel(request, take, notice=str(error))
    except StorageRefused:
        return _panel(request, take, notice=STORAGE_SILENT)
    address = reverse("track", args=[job.id])
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _params(take: Take, wishes: StemParams) -> dict[str, Any]:
    """Return the parameters as in an API request."""
    return {"source_job_id": take.job_id, "source_take": take.index, **wishes}


def _panel(request: HtmxRequest, take: Take, notice: str = "") -> HttpResponse:
    found: StemList | None = None
    try:
        found = stem_list(take)
    except StorageRefused:
        notice = notice or STORAGE_SILENT
    context = {
        "job": take.job,
        "take": take,
        "takes": range(1, take.job.batch_size + 1),
        "stems": found,
        "links": _links(found) if found else {},
        "mixer": mixer_parts(found.whole) if found and found.whole else [],
        "cost": None if credits_are_unlimited() else credits_for(take.duration_s),
        "notice": notice,
    }
    template = "library/includes/stems.html" if request.htmx else "library/stems.html"
    return render(request, template, context)


def _links(found: StemList) -> dict[str, Any]:
    """Return the download links of existing stems."""
    whole = found.whole
    return {
        "rows": [
            (
                row,
                audio_url(row.job, row.take_index, "wav", base_url="") if row.job and row.take_index else "",
            )
            for row in found.rows
        ],
        "stems_zip": archive_url(whole, STEMS_KIND, base_url="") if whole else "",
        "project_zip": archive_url(whole, PROJECT_KIND, base_url="") if whole else "",
    }
