"""Tools on a song's page: a panel for each, its price, and the job it creates."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from audiomusic.accounts.credits.ledger import NotEnoughCredits, credits_are_unlimited
from audiomusic.accounts.models import User
from audiomusic.accounts.requests.signed_in import user_of
from jobs.models import Take
from jobs.specs.refusals import JobRefused, SourceNotFound, SourceUnfit
from jobs.storage.files import StorageRefused
from jobs.storage.links import peaks_url
from jobs.storage.scores import kept_score
from jobs.tools.operations import bar_length_s, lead_in_s
from jobs.tools.rework import rework_job_create, rework_offer
from jobs.tools.sources import SourceRef, source_take
from library.views.browse import own_job
from library.views.rework_forms import REWORK_FORMS, ReworkForm
from library.views.stems import STORAGE_SILENT, HtmxRequest

FIRST = next(iter(REWORK_FORMS))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rework(request: HtmxRequest, job_id: int, tool: str = FIRST) -> HttpResponse:
    """Show the panel. A POST with `price` returns the price; any other creates the job."""
    user = user_of(request)
    own_job(user, job_id)
    if tool not in REWORK_FORMS:
        raise Http404("There is no such tool.")
    take = _take(user, job_id, request.POST.get("take") or request.GET.get("take"))
    form = REWORK_FORMS[tool](take, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _panel(request, tool, form)
    if "price" in request.POST:
        return _price(request, form)
    if form.is_valid() and (address := _start(user, form)):
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    return _panel(request, tool, form)


def _take(user: User, job_id: int, index: str | None) -> Take:
    """Return a take with a score. Raises Http404."""
    try:
        take = source_take(user=user, ref=SourceRef(job_id, int(index) if index else None))
    except (SourceNotFound, SourceUnfit, ValueError) as error:
        raise Http404(str(error)) from None
    if not take.has_score:
        raise Http404("This song has no score to work on.")
    return take


def _start(user: User, form: ReworkForm) -> str:
    """Create the job and return its page's URL; empty if the form has errors."""
    wishes = form.wishes()
    sent = {"source_job_id": form.take.job_id, "source_take": form.take.index, **_as_sent(form)}
    try:
        job = rework_job_create(user=user, task=form.task.value, take=form.take, wishes=wishes, params=sent)
    except SourceUnfit as error:
        form.blame(error.errors or {}, str(error))
    except (NotEnoughCredits, JobRefused) as error:
        form.add_error(None, str(error))
    except StorageRefused:
        form.add_error(None, STORAGE_SILENT)
    else:
        return reverse("track", args=[job.id])
    return ""


def _as_sent(form: ReworkForm) -> dict[str, Any]:
    """Return the parameters as in an API request."""
    said = {name: value for name, value in form.cleaned_data.items() if value not in (None, "", False)}
    return {**said, **form.fixed}


def _price(request: HtmxRequest, form: ReworkForm) -> HttpResponse:
    """Render the price and the words that need other notes, or why the request is refused."""
    context: dict[str, Any] = {}
    if form.is_valid():
        try:
            offer = rework_offer(task=form.task.value, take=form.take, wishes=form.wishes())
            found = {"fit": offer.fit, "moved": offer.moved}
            context = {"price": offer.credits, "is_free": credits_are_unlimited(), **found}
        except SourceUnfit as error:
            context = {"problem": next(iter((error.errors or {}).values()), [str(error)])[0]}
        except (JobRefused, StorageRefused):
            context = {}
    return render(request, "library/includes/rework_price.html", context)


def _panel(request: HtmxRequest, tool: str, form: ReworkForm) -> HttpResponse:
    take = form.take
    context = {
        "job": take.job,
        "take": take,
        "takes": range(1, take.job.batch_size + 1),
        "tool": tool,
        "tools": {name: each.heading for name, each in REWORK_FORMS.items()},
        "form": form,
        "peaks_url": peaks_url(take.job, take.index, base_url=""),
        "window": window_of(take) if "repainting_start" in form.fields else None,
    }
    template = "library/includes/rework.html" if request.htmx else "library/rework.html"
    return render(request, template, context)


def window_of(take: Take) -> dict[str, Any] | None:
    """Return the data for the script that selects a range: the song's length, bars and sections. None if the
    score cannot be read, or has no bars."""
    try:
        score = kept_score(take)
    except (FileNotFoundError, StorageRefused):
        return None
    if score is None or "quarter_s" not in score:
        return None
    return {
        "duration_s": take.duration_s,
        "bar_s": bar_length_s(score),
        "lead_in_s": lead_in_s(score),
        "sections": [
            {name: section[name] for name in ("label", "start_s", "end_s")} for section in score["sections"]
        ],
    }
