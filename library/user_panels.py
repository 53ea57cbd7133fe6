"""Library panels of the admin's user page: playlists, plays and share links."""

from __future__ import annotations

from django.db.models import Count, Sum
from django.http import HttpRequest
from django.urls import reverse

from audiomusic.accounts.models import User
from audiomusic.adminkit.cells import moment_cell
from audiomusic.adminkit.panels import PanelButton, PanelLink, PanelRow, UserPanel, user_panel
from library.listening.models import Listening
from library.models import ShareLink
from library.playlists.models import Playlist

SHOWN = 5


@user_panel(order=45)
def listening_panel(user: User, request: HttpRequest) -> UserPanel | None:
    if not request.user.has_perm("library.view_listening"):
        return None
    plays = Listening.objects.filter(user=user).aggregate(count=Sum("play_count"), takes=Count("id"))
    lists = Playlist.objects.filter(user=user)
    return UserPanel(
        "Library",
        facts=[
            ("Plays", f"{plays['count'] or 0:,} of {plays['takes']:,} takes"),
            ("Playlists", f"{lists.count():,}"),
        ],
        rows=[
            PanelRow(each.name, ["playlist, changed", moment_cell(each.changed_at)])
            for each in lists.order_by("-changed_at")[:SHOWN]
        ],
    )


@user_panel(order=67)
def shares_panel(user: User, request: HttpRequest) -> UserPanel | None:
    if not request.user.has_perm("library.view_sharelink"):
        return None
    may = request.user.has_perm("library.change_sharelink")
    links = ShareLink.objects.of_user(user).open().select_related("job").order_by("-id")
    page, address = reverse("admin:library_sharelink_changelist"), reverse("admin:library_sharelink_revoke")
    return UserPanel(
        "Share links",
        rows=[
            PanelRow(
                link.job.display_name,
                ["created", moment_cell(link.created_at), "expires", moment_cell(link.expires_at)],
                PanelButton(
                    "Revoke…",
                    f"Revoke the link to {link.job.display_name}",
                    address,
                    [("key", str(link.pk))],
                )
                if may
                else None,
            )
            for link in links.defer("job__lyrics", "job__params", "job__effective")[:SHOWN]
        ],
        empty="No songs are shared by link.",
        links=[PanelLink("All links", f"{page}?q={user.get_username()}")],
    )
