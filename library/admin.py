"""What users keep of their songs, for staff: likes, playlists, smart lists, plays and links. Read-only,
because it belongs to the users, except that a link can be revoked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

import library.user_panels  # noqa: F401  (they register themselves)
from audiomusic.accounts.models import User
from audiomusic.accounts.staff.revocation import Revocation
from audiomusic.adminkit.cells import moment_cell, user_cell
from audiomusic.adminkit.read_only import ReadOnlyAdmin
from audiomusic.http.ids import row_id
from jobs.models import Job
from library.listening.models import Listening
from library.models import Reaction, ShareLink
from library.playlists.models import Playlist
from library.services import share_revoke
from library.smart_lists.models import SmartList

BY_SONG_OR_USER = "A job's number, or a user's name"


def job_cell(job: Job) -> SafeString:
    link = reverse("admin:jobs_job_change", args=[job.pk])
    return format_html('<a href="{}">{}</a>', link, job)


def found_by(queryset: QuerySet[Any], search_term: str, *, job: str, user: str) -> QuerySet[Any]:
    """Filter rows by job number, or by a full username. `job`, `user`: the fields that lead to them."""
    words = search_term.strip()
    if not words:
        return queryset
    if (job_id := row_id(words)) is not None:
        return queryset.filter(**{job: job_id})
    return queryset.filter(**{f"{user}__in": User.objects.filter(username=words[:150])})


class SearchedBySong(ReadOnlyAdmin):
    """Base admin searched by job number or username. `job_field`, `user_field`: the row's fields for its
    song's job and user."""

    search_fields = ("=id",)  # makes the search box appear; get_search_results does the search
    search_help_text = BY_SONG_OR_USER
    sortable_by = ()
    job_field, user_field = "job", "user"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return found_by(queryset, search_term, job=self.job_field, user=self.user_field), False


@admin.register(Reaction)
class ReactionAdmin(SearchedBySong):
    list_display = ("song", "owner", "value", "at")
    list_select_related = ("job", "user")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reaction]:
        return super().get_queryset(request).defer("job__lyrics", "job__params", "job__effective")

    @admin.display(description="song")
    def song(self, reaction: Reaction) -> str:
        return str(reaction.job)

    @admin.display(description="user")
    def owner(self, reaction: Reaction) -> SafeString | str:
        return user_cell(reaction.user)

    @admin.display(description="when")
    def at(self, reaction: Reaction) -> SafeString | str:
        return moment_cell(reaction.created_at)


@admin.register(Playlist)
class PlaylistAdmin(ReadOnlyAdmin):
    list_display = ("name", "owner", "songs", "changed")
    list_select_related = ("user",)
    search_fields = ("name", "=user__username")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Playlist]:
        found: QuerySet[Playlist] = super().get_queryset(request)
        return found.annotate(item_count=Count("items"))

    @admin.display(description="user")
    def owner(self, playlist: Playlist) -> SafeString | str:
        return user_cell(playlist.user)

    @admin.display(description="songs")
    def songs(self, playlist: Playlist) -> int:
        return int(vars(playlist)["item_count"])

    @admin.display(description="changed")
    def changed(self, playlist: Playlist) -> SafeString | str:
        return moment_cell(playlist.changed_at)


@admin.register(SmartList)
class SmartListAdmin(ReadOnlyAdmin):
    list_display = ("name", "owner", "conditions", "order", "changed")
    list_select_related = ("user",)
    search_fields = ("name", "=user__username")
    sortable_by = ()

    @admin.display(description="user")
    def owner(self, smart_list: SmartList) -> SafeString | str:
        return user_cell(smart_list.user)

    @admin.display(description="changed")
    def changed(self, smart_list: SmartList) -> SafeString | str:
        return moment_cell(smart_list.changed_at)


@admin.register(Listening)
class ListeningAdmin(SearchedBySong):
    """Play counts and star ratings of songs."""

    list_display = ("song", "owner", "play_count", "stars", "last_played")
    list_select_related = ("take__job", "user")
    job_field = "take__job"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Listening]:
        heavy = ("take__peaks", "take__job__lyrics", "take__job__params", "take__job__effective")
        return super().get_queryset(request).defer(*heavy)

    @admin.display(description="song")
    def song(self, listening: Listening) -> str:
        return str(listening.take.job)

    @admin.display(description="user")
    def owner(self, listening: Listening) -> SafeString | str:
        return user_cell(listening.user)

    @admin.display(description="last played")
    def last_played(self, listening: Listening) -> SafeString | str:
        return moment_cell(listening.last_played_at)


@admin.register(ShareLink)
class ShareLinkAdmin(Revocation, SearchedBySong):  # type: ignore[misc]
    """Share links, which open a song to anyone who has the address. The address belongs to its owner and is
    not shown."""

    list_display = ("link", "song", "owner", "state", "made", "expires")
    list_display_links = ("link",)
    list_select_related = ("job__user",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    fields = readonly_fields = ("song", "owner", "created_at", "expires_at", "revoked_at")
    actions = ("revoke",)
    revoked_noun = "share link"
    warning = "The link stops working for everyone who has it. You cannot undo this."
    permission = "library.change_sharelink"
    user_field = "job__user"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShareLink]:
        return super().get_queryset(request).defer("job__lyrics", "job__params", "job__effective")

    def usable(self, rows: QuerySet[ShareLink]) -> list[ShareLink]:
        return list(rows.select_related("job__user").filter(revoked_at=None))

    def name_of(self, row: ShareLink) -> str:
        return f"link {row.pk} of {row.job.user} to “{row.job.display_name}”"

    def revoke_row(self, request: HttpRequest, row: ShareLink) -> None:
        share_revoke(link=row)

    @admin.display(description="link")
    def link(self, link: ShareLink) -> str:
        return f"Link {link.pk}"

    @admin.display(description="song")
    def song(self, link: ShareLink) -> SafeString:
        return job_cell(link.job)

    @admin.display(description="user")
    def owner(self, link: ShareLink) -> SafeString | str:
        return user_cell(link.job.user)

    @admin.display(description="state")
    def state(self, link: ShareLink) -> str:
        if link.revoked_at is not None:
            return "Revoked"
        return "Expired" if link.expires_at and link.expires_at <= timezone.now() else "Active"

    @admin.display(description="created")
    def made(self, link: ShareLink) -> SafeString | str:
        return moment_cell(link.created_at)

    @admin.display(description="expires")
    def expires(self, link: ShareLink) -> SafeString | str:
        return moment_cell(link.expires_at)
