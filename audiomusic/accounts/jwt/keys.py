"""Keeps JSON web tokens valid across a secret key rotation: Simple JWT alone knows a single key."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework_simplejwt import state
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken
from rest_framework_simplejwt.settings import api_settings


class RotatingTokenBackend(TokenBackend):
    """Signs with the current secret key and also accepts each of SECRET_KEY_FALLBACKS."""

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        try:
            return super().decode(token, verify)
        except TokenBackendExpiredToken:
            raise
        except TokenBackendError as refusal:
            for key in settings.SECRET_KEY_FALLBACKS:
                try:
                    return token_backend(TokenBackend, key).decode(token, verify)
                except TokenBackendExpiredToken:
                    raise
                except TokenBackendError:
                    continue
            raise refusal


def token_backend(kind: type[TokenBackend], key: str) -> TokenBackend:
    """Build a token backend like Simple JWT's own (`rest_framework_simplejwt.state`), with another key."""
    return kind(
        api_settings.ALGORITHM,
        key,
        api_settings.VERIFYING_KEY,
        api_settings.AUDIENCE,
        api_settings.ISSUER,
        api_settings.JWK_URL,
        api_settings.LEEWAY,
        api_settings.JSON_ENCODER,
    )


def install() -> None:
    """Replace `state.token_backend`, which every kind of token uses and no setting can change."""
    state.token_backend = token_backend(RotatingTokenBackend, api_settings.SIGNING_KEY)
