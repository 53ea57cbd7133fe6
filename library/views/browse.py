"""The library page, and its single rows."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from audiomusic.accounts.models import User
from audiomusic.accounts.requests.signed_in import SignedInRequest
from jobs.models import Job
from jobs.representations import job_representation, queue_positions, takes_of
from library.models import Reaction
from library.query.browse import VIEWS, Browse, view_of
from library.query.job_row import JobRow, rows_of

#: The part of the page that an htmx request replaces -> the template of only that part.
PARTS = {
    "browse": "library/includes/browse.html",
    "more": "library/includes/rows.html",
    "filters": "library/includes/filters.html",
}
VIEW_COOKIE = "library_view"
YEAR_S = 365 * 86400


@login_required
@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@gzip_page
def library(request: SignedInRequest) -> HttpResponse:
    """All songs of the user, filtered and sorted by the address, in the view they chose last. A cookie stores
    the view, so that the first page already uses it."""
    asked, kept = request.GET.get("view"), request.COOKIES.get(VIEW_COOKIE)
    view = view_of(asked if asked in VIEWS else kept)
    browse = Browse.read(request.user, request.GET, view)
    part = PARTS.get(request.htmx.target or "") if request.htmx else None
    response = render(request, part or "library/library.html", {"browse": browse})
    if part == PARTS["browse"]:
        home = reverse("home")
        response["HX-Push-Url"] = f"{home}{browse.query}" if browse.query_params else home
    if asked in VIEWS and asked != kept:
        response.set_cookie(
            VIEW_COOKIE,
            view,
            max_age=YEAR_S,
            path=settings.SESSION_COOKIE_PATH,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


@login_required
@require_safe
def row(request: SignedInRequest, job_id: int) -> HttpResponse:
    """One row in its current state."""
    return render(request, "library/includes/row.html", {"row": own_row(request.user, job_id)})


@login_required
@require_safe
def downloads(request: SignedInRequest, job_id: int) -> HttpResponse:
    """The downloads of a song, loaded when its menu opens."""
    job = own_job(request.user, job_id)
    places = queue_positions([job])
    body = job_representation(job, base_url="", takes=takes_of(job), queue_position=places.get(job.id))
    return render(request, "library/includes/downloads.html", {"takes": body["takes"]})


def own_job(user: User, job_id: int) -> Job:
    """The user's own job. Raises Http404, also for jobs of other users."""
    job = Job.objects.of_user(user).filter(id=job_id).first()
    if job is None:
        raise Http404("There is no such song.")
    return job


def own_row(user: User, job_id: int) -> JobRow:
    job = own_job(user, job_id)
    job.interaction = Reaction.objects.filter(job=job, user=user).values_list("value", flat=True).first()
    return rows_of([job], with_bars=True)[0]
