"""Records refusals of the sign-in page and of API tokens in the security log."""

from __future__ import annotations

from typing import Any

import jwt
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework_simplejwt.settings import api_settings as jwt_settings
from rest_framework_simplejwt.state import token_backend

from audiomusic.accounts.models import User
from audiomusic.accounts.security_log.events import Kind
from audiomusic.accounts.security_log.recording import security_event_record, sign_in_refusal_record
from audiomusic.accounts.selectors import username_of
from audiomusic.accounts.throttles import name_key
from audiomusic.http.ids import row_id


def sign_in_refused(request: HttpRequest | Request, *, name: Any) -> None:
    """Record too many attempts for a name or from an address."""

    def find_user() -> User | None:
        if not isinstance(name, str) or not name.isprintable():  # no database can be queried for NUL
            return None
        return User.objects.filter(username=username_of(name)).first()

    sign_in_refusal_record(request=request, name_key=name_key(name), find_user=find_user)


def refresh_failed(request: Request, *, token: Any) -> None:
    """Record a refresh token that is no longer valid, or never was."""
    security_event_record(kind=Kind.TOKEN_REFRESH_FAILED, user=_once_given_to(token), request=request)


def _once_given_to(token: Any) -> User | None:
    """Return the token's user if this server signed it: claims forged by a stranger do not count."""
    try:
        claims = jwt.decode(
            token,
            token_backend.get_verifying_key(token),
            algorithms=[token_backend.algorithm],
            options={"verify_exp": False},
        )
    except (jwt.PyJWTError, TypeError, ValueError):
        return None
    number = row_id(str(claims.get(jwt_settings.USER_ID_CLAIM, "")))
    return User.objects.filter(pk=number).first() if number is not None else None
