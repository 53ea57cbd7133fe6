"""Read-only rows in the admin; long lists show the newest first and are never fully counted."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from audiomusic.adminkit.lists import CountedPart


class ReadOnly(BaseModelAdmin):  # type: ignore[type-arg]
    """Mixin for a ModelAdmin or an inline, to put first: no one can add or change a row."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows to view only; they change through events or through their owner."""

    list_per_page = 50
    list_max_show_all = 0
    paginator = CountedPart
    show_full_result_count = False  # counting all rows is a full scan
    show_facets = admin.ShowFacets.NEVER
    ordering: ClassVar[tuple[str, ...]] = ("-id",)
    actions: Any = None

    def change_view(  # type: ignore[override]
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        context = {"show_delete": False, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def delete_view(  # type: ignore[override]
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponseBase:
        """Refuse to delete a row on its own. Staff have the permission, which deleting its owner needs."""
        raise PermissionDenied
