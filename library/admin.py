"""Likes as staff see them: read only, for they are their users' own."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from library.models import Reaction


@admin.register(Reaction)
class ReactionAdmin(admin.ModelAdmin):
    list_display = ("job", "user", "value", "created_at")
    list_filter = ("value",)
    list_select_related = ("job", "user")
    list_per_page = 50
    search_fields = ("=job__id", "user__username")
    search_help_text = "A job's number, or a user's name"
    show_full_result_count = False  # counting them all is a scan
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Reaction | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Reaction | None = None) -> bool:
        return False
