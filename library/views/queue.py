"""The queue page: songs in progress and waiting songs."""

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
    """Show the user's own jobs in the queue."""
    is_part = request.htmx and request.htmx.target == "line"
    template = "library/includes/line.html" if is_part else "library/queue.html"
    return render(request, template, {"line": UserQueue(request.user)})


@require_safe
def state(request: HttpRequest) -> HttpResponse:
    """Return the user's unfinished jobs as JSON. Pages poll this with the ETag of their last response: one
    short response for all jobs, and 304 while nothing changes. No thread waits."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    return etag_json_response(request, UserQueue(request.user).describe())
