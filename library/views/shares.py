"""Links to one song: made and revoked by its owner, opened by anybody."""

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

STREAM = "stream.webm"  # the end of a light copy's address
PREVIEW_FORMAT = "mp3"  # what every messenger plays
NOT_STORED = "private, no-cache"  # once revoked, no browser shows or plays it from its memory
NOT_TO_BE_KEPT = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def links(request: SignedInRequest, job_id: int) -> HttpResponse:
    """The links to one's own song; POST makes a new one."""
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
    """The question that names the link; POST, and it no longer works."""
    link = get_object_or_404(ShareLink.objects.of_user(request.user).select_related("job"), id=share_id)
    if request.method == "POST":
        share_revoke(link=link)
        return answer_panel(request, song_panel(request, link.job), revoked=link)
    return ask_to_revoke(request, song_panel(request, link.job), link)


def opens_share(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Give `view` the link of its token. Unknown, expired and revoked ones look alike: 404, on a page that
    says what a link can do."""

    @wraps(view)
    @require_safe
    def guarded(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        link = ShareLink.objects.open().select_related("job").filter(token=token).first()
        if link is None:
            return gone(request)
        return view(request, link, *args, **kwargs)

    return guarded


def gone(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The page of a link that opens nothing; also of an address that no link can have."""
    return not_to_be_kept(render(request, "library/shared_gone.html", status=404))


def not_to_be_kept(response: HttpResponse) -> HttpResponse:
    for name, value in NOT_TO_BE_KEPT.items():
        response[name] = value
    return response


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
    """What a messenger shows of a link: what stands on the page, under whole addresses."""

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
    """The cover that the page shows, for messengers, which draw none."""
    try:
        response = answer_cover(request, link.job, CoverSize.LARGE)
    except AudioMissing:
        raise Http404("Its picture is missing.") from None
    response["Cache-Control"] = NOT_STORED
    return response


@opens_share
def sound(request: HttpRequest, link: ShareLink, index: int, format: str) -> HttpResponseBase:
    """The shared song's sound, as long as it is shared."""
    take = TAKES.filter(job=link.job, index=index).first()
    if take is None:
        raise Http404("This song has no such take.")
    return answer_sound(request, take, format)


def answer_sound(request: HttpRequest, take: Take, format: str) -> HttpResponseBase:
    """What is heard behind a link: one of the formats, or "stream.webm", as the address of a page ends."""
    light = STREAMS.get(format.removeprefix("stream")) if format.startswith("stream.") else None
    if light is None and format not in FORMATS:
        raise Http404("This song has no such format.")
    try:
        response = take_stream(request, take, light) if light else take_sound(request, take, format)
    except AudioMissing:
        raise Http404("Its audio is missing.") from None
    response["Cache-Control"] = NOT_STORED
    return response
