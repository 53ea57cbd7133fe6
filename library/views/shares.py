"""Links to one song: made and revoked by its owner, opened by anybody."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from audiomusic.engines.encoding import FORMATS
from jobs.models import Job, Take
from jobs.storage.links import site_url
from jobs.storage.media import STREAMS, TAKES, take_sound, take_stream
from jobs.storage.takes import AudioMissing
from library.models import ShareLink
from library.query.job_row import JobRow
from library.services import NotShareable, share_create, share_revoke
from library.views.browse import own_job

SPANS = ((7, "a week"), (30, "a month"), (365, "a year"), (0, "until I revoke it"))
NOT_TO_BE_KEPT = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


class ShareForm(forms.Form):
    days = forms.TypedChoiceField(choices=SPANS, coerce=int, initial=30)


def shares_context(request: HttpRequest, job: Job) -> dict[str, Any]:
    """What the panel of a song's links shows."""
    links = ShareLink.objects.of_job(job).open()
    addresses = [(link, f"{site_url(request)}/s/{link.token}") for link in links]
    return {
        "job": job,
        "addresses": addresses,
        "spans": SPANS,
        "first_span": ShareForm.base_fields["days"].initial,
    }


@login_required
@require_POST
def make(request: HttpRequest, job_id: int) -> HttpResponse:
    """A new link to one's own song."""
    job = own_job(request.user, job_id)
    form = ShareForm(request.POST)
    if form.is_valid():
        try:
            share_create(job=job, days=form.cleaned_data["days"] or None)
        except NotShareable as error:
            raise Http404(str(error)) from None
    return _answer(request, job)


@login_required
@require_POST
def revoke(request: HttpRequest, share_id: int) -> HttpResponse:
    """A link opens nothing any more."""
    link = get_object_or_404(ShareLink.objects.of_user(request.user).select_related("job"), id=share_id)
    share_revoke(link=link)
    return _answer(request, link.job)


def _answer(request: HttpRequest, job: Job) -> HttpResponse:
    if request.htmx:
        return render(request, "library/includes/shares.html", shares_context(request, job))
    return redirect("track", job_id=job.id)


def opens_share(view: Any) -> Any:
    """Give `view` the link of its token. Unknown, expired and revoked ones look alike: 404."""

    @wraps(view)
    @require_safe
    def guarded(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        link = ShareLink.objects.open().select_related("job").filter(token=token).first()
        if link is None:
            raise Http404("This link opens nothing, or nothing any more.")
        return view(request, link, *args, **kwargs)

    return guarded


@opens_share
def shared(request: HttpRequest, link: ShareLink) -> HttpResponse:
    """The song alone, for anyone who was given the address: nothing of its owner's library."""
    takes = list(TAKES.filter(job=link.job))
    song = {
        "id": link.job_id,
        "display_name": link.job.display_name,
        "task": link.job.task,
        "format": link.job.format,
        "batch_size": link.job.batch_size,
        "lyrics": link.job.lyrics,
        "is_shared": True,
        "takes": [
            {
                "index": take.index,
                "duration": take.duration_s,
                "lrc": take.lrc_content or None,
                "enhanced_lrc": take.enhanced_lrc or None,
                "urls": {
                    format: reverse("shared-sound", args=(link.token, take.index, format))
                    for format in FORMATS
                },
                "stream_url": reverse("shared-sound", args=(link.token, take.index, "stream.webm")),
            }
            for take in takes
        ],
    }
    peaks = list(link.job.takes.values_list("peaks", flat=True)[:1])
    context = {"row": JobRow(link.job, takes), "song": song, "peaks": peaks[0] if peaks else [], "link": link}
    response = render(request, "library/shared.html", context)
    for name, value in NOT_TO_BE_KEPT.items():
        response[name] = value
    return response


def _sound_url(link: ShareLink, take: Take, format: str) -> str:
    return reverse("shared-sound", args=(link.token, take.index, format))


@opens_share
def sound(request: HttpRequest, link: ShareLink, index: int, format: str) -> HttpResponseBase:
    """The shared song's sound, as long as it is shared."""
    take = TAKES.filter(job=link.job, index=index).first()
    light = STREAMS.get(format.removeprefix("stream")) if format.startswith("stream.") else None
    if take is None or (light is None and format not in FORMATS):
        raise Http404("This song has no such take.")
    try:
        response = take_stream(request, take, light) if light else take_sound(request, take, format)
    except AudioMissing:
        raise Http404("Its audio is missing.") from None
    response["Cache-Control"] = "private, no-cache"  # once revoked, no browser plays it from its memory
    return response
