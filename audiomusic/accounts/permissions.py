"""Scope permissions of API keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from audiomusic.accounts.models import ApiKey

if TYPE_CHECKING:  # views import the default permission, which is this one
    from rest_framework.views import APIView


def scope_needed(method: str, required_scopes: Mapping[str, str]) -> str:
    return required_scopes.get(method, "music:read" if method in SAFE_METHODS else "music:generate")


class HasScope(BasePermission):
    """Permits signed-in users; with an API key, only what the key's scopes cover.

    By default, reads need music:read and the rest music:generate. A view overrides this with `required_scopes
    = {"POST": "music:read"}`. A session or a JSON web token has every scope.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        if isinstance(request.auth, ApiKey):
            scope = scope_needed(request.method or "", getattr(view, "required_scopes", {}))
            if not request.auth.allows(scope):
                raise PermissionDenied(f'This API key lacks the scope "{scope}".', code="scope_missing")
        return True
