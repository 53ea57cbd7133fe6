"""The three authentication methods in the OpenAPI schema."""

from __future__ import annotations

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "audiomusic.accounts.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "X-API-Key",
            "description": "A key starts with ap_. You can also send it as `Authorization: Bearer ap_…`.",
        }


class JwtScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call]
    target_class = "audiomusic.accounts.authentication.JwtAuthentication"


class BrowserScheme(SessionScheme):  # type: ignore[no-untyped-call]
    target_class = "audiomusic.accounts.authentication.BrowserAuthentication"
