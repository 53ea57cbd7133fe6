"""Sign-in by OpenID Connect: the code flow with PKCE, state and nonce, through authlib.

The settings name the only provider, so the operator chooses its addresses. Unlike webhooks, they may be in
the server's own network.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from audiomusic.accounts.external.services import SignInRefused
from audiomusic.http.origins.public import public_origin

log = logging.getLogger(__name__)
TIMEOUT_S = 10
METADATA_AGE_S = 3600
FRESH_S = 120  # maximum age of the authentication when the provider was asked to repeat it
FAILED = "Sign-in failed. Please try again."


@dataclass(frozen=True)
class Provider:
    issuer: str
    client_id: str
    client_secret: str


def is_configured() -> bool:
    return bool(settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID and settings.OIDC_CLIENT_SECRET)


def oidc_name() -> str:
    """Return the provider's display name, or an empty string if none is configured."""
    return settings.OIDC_NAME if is_configured() else ""


def authorization_redirect(request: HttpRequest, *, asks_again: bool) -> HttpResponse:
    """Redirect to the provider. Raises SignInRefused if it cannot be reached."""
    parameters = {"prompt": "login", "max_age": 0} if asks_again else {}
    try:
        answer: HttpResponse = _client().authorize_redirect(request, _callback_url(request), **parameters)
    except Exception as error:  # from requests, authlib, or a malformed response
        raise _refused(error) from error
    return answer


def claims_of_callback(request: HttpRequest) -> Mapping[str, Any]:
    """Return the provider's verified claims about the returning user. Verified are state, code and PKCE, and
    the token's signature, issuer, audience, times and nonce. Raises SignInRefused."""
    expected = {
        "iss": {"essential": True, "value": settings.OIDC_ISSUER},
        "aud": {"essential": True, "value": settings.OIDC_CLIENT_ID},
        "sub": {"essential": True},
    }
    try:
        token = _client().authorize_access_token(request, claims_options=expected)
        claims: Mapping[str, Any] = token["userinfo"]
    except Exception as error:  # as above
        raise _refused(error) from error
    return claims


def was_asked_just_now(claims: Mapping[str, Any]) -> bool:
    """Return whether the provider has just authenticated the user, instead of relying on its own session."""
    asked_at = claims.get("auth_time")
    return isinstance(asked_at, int | float) and abs(time.time() - asked_at) < FRESH_S


def _refused(error: Exception) -> SignInRefused:
    _client_of.cache_clear()  # its keys or addresses may have changed
    log.warning("OpenID Connect: %s: %s", type(error).__name__, error)
    return SignInRefused(FAILED)


def _callback_url(request: HttpRequest) -> str:
    path = reverse("sign-in-oidc-callback")
    origin = public_origin()
    return f"{origin}{path}" if origin else request.build_absolute_uri(path)


def _client() -> Any:
    provider = Provider(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)
    return _client_of(provider, int(time.time()) // METADATA_AGE_S)


@lru_cache(maxsize=2)
def _client_of(provider: Provider, hour: int) -> Any:
    """Return the OAuth client, which caches the provider's metadata and keys for an hour."""
    return OAuth().register(
        "oidc",
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "default_timeout": TIMEOUT_S,
        },
    )
