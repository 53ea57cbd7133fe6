"""The panel of a playlist's links, on its page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from jobs.storage.links import site_url
from library.models import PlaylistLink
from library.playlists.models import Playlist
from library.views.shares import SPANS, ShareForm


def playlist_shares_context(request: HttpRequest, playlist: Playlist) -> dict[str, Any]:
    """What the panel of a playlist's links shows."""
    links = PlaylistLink.objects.filter(playlist=playlist).in_time()
    return {
        "playlist": playlist,
        "addresses": [(link, f"{site_url(request)}/s/{link.token}") for link in links],
        "spans": SPANS,
        "first_span": ShareForm.base_fields["days"].initial,
    }
