"""Reauthentication before sensitive staff actions.

Someone who finds a staff member's session open must not be able to make themselves staff.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from audiomusic.accounts.factors.reauthentication import ask_again


class AsksAgain:
    """Mixin to place before ModelAdmin: form submissions, deletions and the listed actions need a recent
    proof. Viewing a page does not."""

    asked_again_actions: Set[str] = frozenset({"delete_selected"})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponseBase:
        asked = ask_again(request) if request.method == "POST" else None
        return asked or super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[misc]

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponseBase:
        asked = ask_again(request) if request.method == "POST" else None
        return asked or super().delete_view(request, object_id, extra_context)  # type: ignore[misc]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        is_asked = request.method == "POST" and request.POST.get("action") in self.asked_again_actions
        asked = ask_again(request) if is_asked else None
        return asked or super().changelist_view(request, extra_context)  # type: ignore[misc]
