"""The uploads page: list, analyze and delete. A script uploads files to the API; this page accepts none."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from audiomusic.accounts.models import User
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.engines.foreign.bounds import MIN_S, READABLE
from audiomusic.engines.units import clock
from jobs.analysis.orders import TooManyQuestions, analysis_order
from jobs.heartbeat import live_workers
from jobs.storage.byte_sizes import size_words
from jobs.uploads.limits import max_source_bytes
from jobs.uploads.links import source_url
from jobs.uploads.models import SourceFile, SourceFileQuerySet
from jobs.uploads.services import SourceInUse, source_delete
from library.hearing import hearing_of
from library.views.stems import HtmxRequest

NO_WORKER = (
    "No worker is running right now, so the analysis has to wait. Your request is saved: try again later."
)


@login_required
@require_safe
@never_cache
def uploads(request: HttpRequest) -> HttpResponse:
    """Show the page: a drop area for files, and the list."""
    return _page(request, _list_context(user_of(request)))


@login_required
@require_safe
@never_cache
def rows(request: HttpRequest) -> HttpResponse:
    """Return only the list, for the script after an upload."""
    return _rows(request, _list_context(user_of(request)))


@login_required
@require_POST
def delete(request: HtmxRequest, upload_id: int) -> HttpResponse:
    """Delete the file, or show an error beside it."""
    user = user_of(request)
    upload = _own_upload(user, upload_id)
    try:
        source_delete(source=upload)
    except SourceInUse as error:
        context = _list_context(user) | {"refused_id": upload.id, "refusal": str(error)}
        return _rows(request, context) if request.htmx else _page(request, context, status=409)
    if not request.htmx:
        return redirect("uploads")
    return _rows(request, _list_context(user) | {"deleted": upload.file_name})


@login_required
@require_POST
def analyse(request: HtmxRequest, upload_id: int) -> HttpResponse:
    """Show the analysis. No thread waits for it: the page polls until it is ready."""
    user = user_of(request)
    upload = _own_upload(user, upload_id)
    template = "library/includes/hearing.html" if request.htmx else "library/upload.html"
    return render(request, template, {"upload": upload} | _heard(user, upload))


def _heard(user: User, upload: SourceFile) -> dict[str, Any]:
    """Return one of `hearing`, `notice` and `is_pending`."""
    try:
        answer = analysis_order(user=user, upload=upload).answer
    except TooManyQuestions as error:
        return {"notice": str(error)}
    if answer is None:
        return {"is_pending": True} if live_workers().exists() else {"notice": NO_WORKER}
    if "found" in answer:
        return {"hearing": hearing_of(answer["found"])}
    return {"notice": answer["nothing"] if "nothing" in answer else answer["refused"]["sentence"]}


def _own_uploads(user: User) -> SourceFileQuerySet:
    return SourceFile.objects.of_user(user).uploaded().usable()


def _own_upload(user: User, upload_id: int) -> SourceFile:
    """Return the user's own upload. Raises Http404, also for uploads of other users."""
    upload = _own_uploads(user).filter(id=upload_id).first()
    if upload is None:
        raise Http404("There is no such file.")
    return upload


def _list_context(user: User) -> dict[str, Any]:
    return {
        "uploads": [(upload, source_url(upload, base_url="")) for upload in _own_uploads(user).with_uses()]
    }


def _rows(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return render(request, "library/includes/uploads.html", context)


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    bounds = {
        "readable": READABLE,
        "min_s": MIN_S,
        "longest": clock(settings.SOURCE_MAX_S),
        "max_bytes": max_source_bytes(),
        "max_size": size_words(max_source_bytes()),
        "hours": settings.UPLOAD_HOURS,
    }
    return render(request, "library/uploads.html", context | bounds, status=status)
