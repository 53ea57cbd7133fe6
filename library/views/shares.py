"""Share links to one song: the owner creates and revokes them, anyone can open them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from audiomusic.accounts.requests.signed_in import SignedInRequest
from audiomusic.engines.encoding import FORMATS
from jobs.covers.models import CoverSize
from jobs.covers.views import answer_cover
from jobs.models import Take
from jobs.storage.links import site_url
from jobs.storage.media.views import STREAMS, TAKES, take_sound, take_stream
from jobs.storage.takes import AudioMissing
from library.models import ShareLink
from library.query.job_row import JobRow
from library.services import NotShareable, share_create, share_revoke
from library.views.browse import own_job
from library.views.sorting.share_panels import ShareForm, answer_panel, ask_to_revoke, song_panel

STREAM = "stream.webm"  # last part of a compressed copy's URL
PREVIEW_FORMAT = "mp3"  # every messenger can play it
NOT_STORED = "private, no-cache"  # browsers must not show or play it from their cache after it is revoked
NOT_TO_BE_KEPT = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def links(request: SignedInRequest, job_id: int) -> HttpResponse:
    """Show the links to the user's own song; a POST creates one."""
    job = own_job(request.user, job_id)
    form = ShareForm(request.POST)
    if request.method == "POST" and form.is_valid():
        try:
            share_create(job=job, days=form.cleaned_data["days"] or None)
        except NotShareable as error:
            raise Http404(str(error)) from None
    return answer_panel(request, song_panel(request, job))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: SignedInRequest, share_id: int) -> HttpResponse:
    """Ask for confirmation, naming the link; a POST revokes it."""
    link = get_object_or_404(ShareLink.objects.of_user(request.user).select_related("job"), id=share_id)
    if request.method == "POST":
        share_revoke(link=link)
        return answer_panel(request, song_panel(request, link.job), revoked=link)
    return ask_to_revoke(request, song_panel(request, link.job), link)


def opens_share(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Pass the token's link to `view`. Unknown, expired and revoked links look alike: 404, with a page that
    explains what a link can do."""

    @wraps(view)
    @require_safe
    def guarded(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        link = ShareLink.objects.open().select_related("job").filter(token=token).first()
        if link is None:
            return gone(request)
        return view(request, link, *args, **kwargs)

    return guarded


def gone(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Show the page for an invalid link, or for a URL that no link can have."""
    return not_to_be_kept(render(request, "library/shared_gone.html", status=404))


def not_to_be_kept(response: HttpResponse) -> HttpResponse:
    for name, value in NOT_TO_BE_KEPT.items():
        response[name] = value
    return response


@opens_share
def shared(request: HttpRequest, link: ShareLink) -> HttpResponse:
    """Show only this song, and nothing else of its owner's library."""
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
                "stream_url": reverse("shared-sound", args=(link.token, take.index, STREAM)),
            }
            for take in takes
        ],
    }
    row = JobRow(link.job, takes)
    context = {
        "row": row,
        "song": song,
        "peaks": dict(link.job.takes.values_list("index", "peaks")),
        "preview": preview_of(request, link, row),
        "shared_cover": reverse("shared-cover", args=(link.token,)),
    }
    return not_to_be_kept(render(request, "library/shared.html", context))


class Preview(NamedTuple):
    """A messenger's preview of a link: the page's content with absolute URLs."""

    title: str
    words: str
    url: str
    image: str
    audio: str


def preview_of(request: HttpRequest, link: ShareLink, row: JobRow) -> Preview:
    url = f"{site_url(request)}/s/{link.token}"
    return Preview(
        title=link.job.display_name,
        words=f"{row.kind}, {row.clock}",
        url=url,
        image=f"{url}/cover" if link.job.cover_version else link.job.thumbnail_url or f"{url}/cover",
        audio=f"{url}/{row.takes[0].index}.{PREVIEW_FORMAT}" if row.takes else "",
    )


@opens_share
def cover(request: HttpRequest, link: ShareLink) -> HttpResponseBase:
    """Return the page's cover as an image file, for messengers."""
    try:
        response = answer_cover(request, link.job, CoverSize.LARGE)
    except AudioMissing:
        raise Http404("Its picture is missing.") from None
    response["Cache-Control"] = NOT_STORED
    return response


@opens_share
def sound(request: HttpRequest, link: ShareLink, index: int, format: str) -> HttpResponseBase:
    """Return the shared song's audio while it is shared."""
    take = TAKES.filter(job=link.job, index=index).first()
    if take is None:
        raise Http404("This song has no such take.")
    return answer_sound(request, take, format)


def answer_sound(request: HttpRequest, take: Take, format: str) -> HttpResponseBase:
    """Return the audio of a link: one of the formats, or "stream.webm", as the URL ends."""
    light = STREAMS.get(format.removeprefix("stream")) if format.startswith("stream.") else None
    if light is None and format not in FORMATS:
        raise Http404("This song has no such format.")
    try:
        response = take_stream(request, take, light) if light else take_sound(request, take, format)
    except AudioMissing:
        raise Http404("Its audio is missing.") from None
    response["Cache-Control"] = NOT_STORED
    return response
