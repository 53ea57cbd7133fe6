"""Authentication by API key, JSON web token or browser session."""

from __future__ import annotations

from typing import TypeGuard, cast

from knox.auth import TokenAuthentication
from knox.settings import knox_settings
from rest_framework.authentication import SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import Token

from audiomusic.accounts.jwt.tokens import check_epoch
from audiomusic.accounts.models import ApiKey, User
from audiomusic.accounts.security_log.events import Kind
from audiomusic.accounts.security_log.key_use import key_use_note
from audiomusic.accounts.security_log.recording import security_event_record


def bearer_of(request: Request) -> str | None:
    """Return the single word after `Authorization: Bearer`, or None."""
    words = get_authorization_header(request).decode("latin-1").split()
    return words[1] if len(words) == 2 and words[0].lower() == "bearer" else None


def is_key(credential: str | None) -> TypeGuard[str]:
    return credential is not None and credential.startswith(knox_settings.TOKEN_PREFIX)


class ApiKeyAuthentication(TokenAuthentication):  # type: ignore[misc]  # knox has no types
    """Authenticates `X-API-Key: ap_…`, `Authorization: Bearer ap_…`, or both with the same key.

    knox's own lookup reads all tokens of the user and deletes the expired ones on every request. This one
    takes a single query and keeps expired keys visible in the list.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        header, bearer = request.headers.get("X-API-Key"), bearer_of(request)
        if header is not None and bearer is not None and header != bearer:
            raise AuthenticationFailed("X-API-Key and Authorization carry different credentials.")
        token = bearer if header is None else header
        if header is None and not is_key(token):
            return None
        key = ApiKey.objects.get_by_token(token) if is_key(token) else None
        if reason := refusal_of(key):
            owner = key.user if key else None
            security_event_record(kind=Kind.KEY_FAILED, user=owner, key=key, request=request, detail=reason)
        if key is None or not key.is_usable:
            raise AuthenticationFailed("The API key is unknown, expired or revoked.")
        user, key = self.validate_user(key)
        key_use_note(key=key, request=request)
        return user, key


def refusal_of(key: ApiKey | None) -> str:
    """Return why the key does not work, or an empty string if it does. For the key's owner only: the response
    to the caller says less."""
    if key is None:
        return "no such key"
    if key.revoked_at is not None:
        return "it was revoked"
    if not key.is_usable:
        return "it has expired"
    return "" if key.user.is_active else "the account is closed"


class JwtAuthentication(JWTAuthentication):
    """Authenticates `Authorization: Bearer <JSON web token>` from /api/v1/auth/token. Ignores API keys."""

    def authenticate(  # type: ignore[override]  # this server has one kind of user
        self, request: Request
    ) -> tuple[User, Token] | None:
        if is_key(bearer_of(request)):
            return None
        return cast(tuple[User, Token] | None, super().authenticate(request))

    def get_user(self, validated_token: Token) -> User:  # type: ignore[override]  # as above
        """Return the token's user. Raises AuthenticationFailed if the user was deleted or deactivated, has
        changed the password, or has signed out everywhere."""
        user = cast(User, super().get_user(validated_token))
        check_epoch(validated_token, user)
        return user


class BrowserAuthentication(SessionAuthentication):
    """Authenticates a signed-in browser session. Unsafe methods need the CSRF token."""

    def authenticate_header(self, request: Request) -> str:
        """Return a challenge, so that a refusal is a 401 even if this is the only authentication class."""
        return "Session"
