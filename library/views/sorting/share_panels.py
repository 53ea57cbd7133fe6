"""The panel of share links of a song or playlist: create links, and revoke them after confirmation."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypedDict

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from jobs.models import Job
from jobs.storage.links import site_url
from library.models import PlaylistLink, ShareLink, TokenLink
from library.playlists.models import Playlist

SPANS = ((7, "a week"), (30, "a month"), (365, "a year"), (0, "until I revoke it"))


class ShareForm(forms.Form):
    days = forms.TypedChoiceField(choices=SPANS, coerce=int, initial=30)


class SharedAddress(NamedTuple):
    link: TokenLink
    address: str  # the URL to give to others
    revoke_url: str


class SharePanel(NamedTuple):
    """Contents of the panel."""

    kind: Literal["song", "playlist"]
    name: str
    page_url: str
    make_url: str
    links: tuple[SharedAddress, ...]


class PanelContext(TypedDict):
    panel: SharePanel
    spans: tuple[tuple[int, str], ...]
    first_span: int


def song_panel(request: HttpRequest, job: Job) -> SharePanel:
    links = ShareLink.objects.of_job(job).open()
    return SharePanel(
        kind="song",
        name=job.display_name,
        page_url=reverse("track", args=[job.pk]),
        make_url=reverse("share-make", args=[job.pk]),
        links=tuple(panel_link(request, link, "share-revoke") for link in links),
    )


def playlist_panel(request: HttpRequest, playlist: Playlist) -> SharePanel:
    links = PlaylistLink.objects.filter(playlist=playlist).in_time()
    return SharePanel(
        kind="playlist",
        name=playlist.name,
        page_url=reverse("playlist", args=[playlist.pk]),
        make_url=reverse("playlist-share-make", args=[playlist.pk]),
        links=tuple(panel_link(request, link, "playlist-share-revoke") for link in links),
    )


def panel_link(request: HttpRequest, link: TokenLink, revoke_view: str) -> SharedAddress:
    return SharedAddress(link, f"{site_url(request)}/s/{link.token}", reverse(revoke_view, args=[link.pk]))


def panel_context(panel: SharePanel) -> PanelContext:
    return {"panel": panel, "spans": SPANS, "first_span": ShareForm.base_fields["days"].initial}


def answer_panel(request: HttpRequest, panel: SharePanel, **changes: TokenLink) -> HttpResponse:
    """Render the panel for an htmx request, otherwise redirect to its page. `asked`: the link to confirm;
    `revoked`: the link that was just revoked."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(panel.page_url)
    context: dict[str, Any] = {**panel_context(panel), **changes}
    return render(request, "library/includes/shares.html", context)


def ask_to_revoke(request: HttpRequest, panel: SharePanel, link: TokenLink) -> HttpResponse:
    """Ask for confirmation, naming what the link opens: in the panel, or on a page of its own."""
    if request.htmx:  # type: ignore[attr-defined]
        return answer_panel(request, panel, asked=link)
    return render(request, "library/share_revoke.html", {"panel": panel, "link": link})
