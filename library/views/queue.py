"""The queue: what is being made and what waits."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from audiomusic.accounts.requests.signed_in import SignedInRequest
from audiomusic.http.renderers import etag_json_response
from library.query.user_queue import UserQueue


@login_required
@require_safe
@vary_on_headers("HX-Request", "HX-Target")
def queue(request: SignedInRequest) -> HttpResponse:
    """The line in front of the studio, as far as it is the viewer's own."""
    is_part = request.htmx and request.htmx.target == "line"
    template = "library/includes/line.html" if is_part else "library/queue.html"
    return render(request, template, {"line": UserQueue(request.user)})


@require_safe
def state(request: HttpRequest) -> HttpResponse:
    """The viewer's unfinished jobs as JSON. Pages ask for this again and again, with the ETag of what they
    hold: one short answer for all jobs, and 304 while nothing moves. No thread waits for anything."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    return etag_json_response(request, UserQueue(request.user).describe())
