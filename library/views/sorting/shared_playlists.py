"""Share links to a playlist: the owner creates and revokes them, anyone can open them. They use the same URLs
and expiry as links to one song (library.views.shares)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.engines.units import clock
from audiomusic.http.ids import MAX_ID
from jobs.covers.views import answer_cover
from jobs.models import CoverSize, Status
from jobs.storage.takes import AudioMissing
from library.models import PlaylistLink
from library.playlists.files import take_title
from library.playlists.models import PlaylistItem
from library.services import playlist_share_create, share_revoke
from library.views.playlists import own_playlist
from library.views.shares import (
    NOT_STORED,
    PREVIEW_FORMAT,
    STREAM,
    answer_sound,
    gone,
    not_to_be_kept,
)
from library.views.sorting.share_panels import ShareForm, answer_panel, ask_to_revoke, playlist_panel

View = Callable[..., HttpResponseBase]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: HttpRequest, playlist_id: int) -> HttpResponse:
    """Show the links to the user's own playlist; a POST creates one."""
    playlist = own_playlist(request, playlist_id)
    form = ShareForm(request.POST)
    if request.method == "POST" and form.is_valid():
        playlist_share_create(playlist=playlist, days=form.cleaned_data["days"] or None)
    return answer_panel(request, playlist_panel(request, playlist))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, playlist_link_id: int) -> HttpResponse:
    """Ask for confirmation, naming the link; a POST revokes it."""
    own = PlaylistLink.objects.of_user(user_of(request)).select_related("playlist")
    link = get_object_or_404(own, id=playlist_link_id)
    if request.method == "POST":
        share_revoke(link=link)
        return answer_panel(request, playlist_panel(request, link.playlist), revoked=link)
    return ask_to_revoke(request, playlist_panel(request, link.playlist), link)


def by_token(song_view: View, playlist_view: View) -> View:
    """Serve both kinds of link at one URL. The song view handles every token that opens no playlist,
    including invalid links of both kinds."""

    @require_safe
    def opened(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        link = PlaylistLink.objects.open().select_related("playlist").filter(token=token).first()
        if link is None:
            return song_view(request, token, *args, **kwargs)
        return playlist_view(request, link, *args, **kwargs)

    return opened


def page(request: HttpRequest, link: PlaylistLink) -> HttpResponse:
    """Show the playlist's name and songs in order, and nothing else of its owner's library."""
    songs = [_song(link, item) for item in _items(link)]
    context = {"playlist": link.playlist, "songs": songs}
    return not_to_be_kept(render(request, "library/shared_playlist.html", context))


def _items(link: PlaylistLink) -> QuerySet[PlaylistItem]:
    """Return the items in order, only those with audio."""
    items = PlaylistItem.objects.filter(playlist=link.playlist, take__job__status=Status.COMPLETED)
    heavy = ("take__peaks", "take__made_with", "take__enhanced_lrc", "take__lrc_content", "take__job__lyrics")
    return items.select_related("take__job").defer(*heavy).order_by("position")


def _song(link: PlaylistLink, item: PlaylistItem) -> dict[str, Any]:
    """Return a song's data for the page. URLs contain the item's id, which does not reveal the owner."""
    return {
        "title": take_title(item.take),
        "clock": clock(item.take.duration_s),
        "place": item.pk,
        "cover": reverse("shared-place-cover", args=(link.token, item.pk)),
        "sound": reverse("shared-sound", args=(link.token, item.pk, PREVIEW_FORMAT)),
        "stream_url": reverse("shared-sound", args=(link.token, item.pk, STREAM)),
    }


def _item_or_404(link: PlaylistLink, item_id: int) -> PlaylistItem:
    found = _items(link).filter(pk=item_id).first() if item_id <= MAX_ID else None
    if found is None:
        raise Http404("This playlist has no such song.")
    return found


def sound(request: HttpRequest, link: PlaylistLink, index: int, format: str) -> HttpResponseBase:
    """Return the audio of an item, while the playlist is shared and contains it."""
    return answer_sound(request, _item_or_404(link, index).take, format)


@require_safe
def cover(request: HttpRequest, token: str, index: int) -> HttpResponseBase:
    """Return the cover of an item of a shared playlist."""
    link = PlaylistLink.objects.open().select_related("playlist").filter(token=token).first()
    if link is None:
        return gone(request)
    try:
        response = answer_cover(request, _item_or_404(link, index).take.job, CoverSize.SMALL)
    except AudioMissing:
        raise Http404("Its picture is missing.") from None
    response["Cache-Control"] = NOT_STORED
    return response
