"""Likes and playlists as staff see them: read only, for they are their users' own."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from audiomusic.accounts.models import User
from audiomusic.adminkit.read_only import ReadOnlyAdmin
from audiomusic.http.ids import row_id
from library.models import Reaction
from library.playlists.models import Playlist


@admin.register(Reaction)
class ReactionAdmin(ReadOnlyAdmin):
    list_display = ("job", "user", "value", "created_at")
    list_select_related = ("job", "user")
    search_fields = ("=job__id",)  # shows the box; get_search_results says what it means
    search_help_text = "A job's number, or a user's name"
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reaction]:
        return super().get_queryset(request).defer("job__lyrics", "job__params", "job__effective")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Reaction], search_term: str
    ) -> tuple[QuerySet[Reaction], bool]:
        words = search_term.strip()
        if not words:
            return queryset, False
        if (job_id := row_id(words)) is not None:
            return queryset.filter(job=job_id), False
        return queryset.filter(user__in=User.objects.filter(username=words[:150])), False


@admin.register(Playlist)
class PlaylistAdmin(ReadOnlyAdmin):
    """Read only: they are their users' own."""

    list_display = ("name", "user", "songs", "changed_at")
    list_select_related = ("user",)
    search_fields = ("name", "=user__username")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Playlist]:
        found: QuerySet[Playlist] = super().get_queryset(request)
        return found.annotate(item_count=Count("items"))

    @admin.display(description="songs")
    def songs(self, playlist: Playlist) -> int:
        return int(vars(playlist)["item_count"])
