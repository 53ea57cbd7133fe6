"""Sign-in of a music player by API key, by its own password, or by a token derived from that password.

Account passwords are not accepted: they would appear in every URL and in every log on the way. So nothing
here uses a slow hash, which would hold up a player that calls ten times a second.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from hmac import compare_digest
from typing import Literal

from django.db.models import Q
from django.http import HttpRequest
from knox.settings import knox_settings

from audiomusic.accounts.models import ApiKey, User
from audiomusic.accounts.players.models import PlayerPassword
from audiomusic.accounts.players.sealing import SealBroken, unseal
from audiomusic.accounts.players.services import digest_of, player_password_note_use
from audiomusic.accounts.security_log.events import Kind
from audiomusic.accounts.security_log.key_use import key_use_note
from audiomusic.accounts.security_log.recording import security_event_record
from audiomusic.accounts.throttles import name_key
from audiomusic.http.client_address import client_address
from audiomusic.http.throttling import RateLimitState, WindowThrottle, client_key

MAX_CHARS = 200  # of what is sent; no valid credential is longer
ENCODED = "enc:"

Reason = Literal["missing", "conflict", "bad_key", "bad_password"]


class PlayerRefused(Exception):
    """The player's sign-in is refused. `reason`: the kind of refusal, described by the message; `wait_s`: how
    long to wait after too many failures."""

    def __init__(self, reason: Reason, sentence: str, wait_s: int | None = None) -> None:
        super().__init__(sentence)
        self.reason, self.wait_s = reason, wait_s


@dataclass(frozen=True)
class Credentials:
    """The credentials as a player sends them, unchecked; empty: not sent."""

    username: str = ""
    password: str = ""
    token: str = ""
    salt: str = ""
    api_key: str = ""


@dataclass(frozen=True)
class PlayerIdentity:
    """The user of the call, and its API key if it came with one."""

    user: User
    key: ApiKey | None = None


class PlayerNameThrottle(WindowThrottle):
    """Counts failures by attempted name and address, so that nobody can lock out another user's player."""

    scope = "player-name"
    rate = "10/min"


class PlayerAddressThrottle(WindowThrottle):
    scope = "player-address"
    rate = "60/min"


def player_sign_in(credentials: Credentials, *, request: HttpRequest) -> PlayerIdentity:
    """Return the identity of the player's user. Raises PlayerRefused; each failure is counted and
    recorded. Earlier failures never block a valid credential: it is too long to guess, and players may share
    an address."""
    _check(credentials)
    found = _by_key(credentials, request) if credentials.api_key else _by_name(credentials, request)
    if isinstance(found, PlayerIdentity):
        return found
    return _refuse(credentials, request, found)


def _check(sent: Credentials) -> None:
    if sent.api_key and (sent.username or sent.password or sent.token or sent.salt):
        raise PlayerRefused("conflict", "Expected only an API key, got a name, password or token with it.")
    if sent.password and sent.token:
        raise PlayerRefused("conflict", "Expected a password or a token, got both.")
    if not sent.api_key and not (sent.username and (sent.password or (sent.token and sent.salt))):
        raise PlayerRefused(
            "missing", "Expected apiKey, or u with p, or u with t and s, got only some of them."
        )


def _by_key(sent: Credentials, request: HttpRequest) -> PlayerIdentity | User | None:
    if sent.api_key.startswith(knox_settings.TOKEN_PREFIX):
        return _by_api_key(sent.api_key, request)
    return _by_password(sent.api_key, request)


def _by_name(sent: Credentials, request: HttpRequest) -> PlayerIdentity | User | None:
    """Return the identity, otherwise the user who was meant, if any."""
    if len(sent.username) > MAX_CHARS or "\0" in sent.username:
        return None
    if sent.token:
        return _by_token(sent, request)
    password = _decoded(sent.password)
    if password.startswith(knox_settings.TOKEN_PREFIX):
        found = _by_api_key(password, request)
    else:
        found = _by_password(password, request)
    is_theirs = isinstance(found, PlayerIdentity) and _is_called(found.user, sent.username)
    return found if is_theirs else _user_called(sent.username)


def _by_password(password: str, request: HttpRequest) -> PlayerIdentity | None:
    row = PlayerPassword.objects.with_digest(digest_of(password)) if len(password) <= MAX_CHARS else None
    return _opened(row, request) if row is not None else None


def _by_api_key(token: str, request: HttpRequest) -> PlayerIdentity | User | None:
    key = ApiKey.objects.get_by_token(token) if len(token) <= MAX_CHARS and token.isascii() else None
    if key is None:
        return None
    user: User = key.user
    if not (key.is_usable and user.is_active and key.allows("music:read")):
        return user
    key_use_note(key=key, request=request)
    return PlayerIdentity(user, key)


def _by_token(sent: Credentials, request: HttpRequest) -> PlayerIdentity | User | None:
    rows = PlayerPassword.objects.of_username(sent.username)
    user = rows[0].user if rows else _user_called(sent.username)
    if not rows and user is not None and user.get_username() != sent.username:
        rows = PlayerPassword.objects.of_username(user.get_username())
    salt = sent.salt[:MAX_CHARS].encode(errors="surrogatepass")
    sent_token = sent.token.lower()[:MAX_CHARS].encode(errors="surrogatepass")
    for row in rows:
        try:
            made = hashlib.md5(unseal(row.sealed).encode() + salt, usedforsecurity=False).hexdigest()
        except SealBroken:
            continue
        if compare_digest(made.encode(), sent_token):
            return _opened(row, request) or user
    return user


def _opened(row: PlayerPassword, request: HttpRequest) -> PlayerIdentity | None:
    if not row.user.is_active:
        return None
    player_password_note_use(password=row, address=client_address(request))
    return PlayerIdentity(row.user)


def _decoded(password: str) -> str:
    """Decode the password. Old players send `enc:` and hexadecimal digits to hide it from a glance."""
    if not password.startswith(ENCODED):
        return password
    try:
        return bytes.fromhex(password.removeprefix(ENCODED)).decode()
    except ValueError:
        return password


def _is_called(user: User, name: str) -> bool:
    return name.casefold() in {user.get_username().casefold(), user.email.casefold() or None}


def _user_called(name: str) -> User | None:
    """Find a user by username, otherwise by an e-mail address or spelling that only one user has."""
    if "\0" in name or not name.isprintable():
        return None
    if user := User.objects.filter(username=name).first():
        return user
    found = User.objects.filter(Q(username__iexact=name) | (Q(email__iexact=name) & ~Q(email="")))[:2]
    return found[0] if len(found) == 1 else None


def _refuse(sent: Credentials, request: HttpRequest, user: User | None) -> PlayerIdentity:
    is_key = bool(sent.api_key)
    security_event_record(
        kind=Kind.KEY_FAILED if is_key else Kind.SIGN_IN_FAILED,
        user=user,
        request=request,
        detail="by a music player",
    )
    name = "key" if is_key else name_key(sent.username[:MAX_CHARS])
    caller = client_key(request)
    counted: list[RateLimitState | None] = [
        PlayerNameThrottle().count(f"{name}-{caller}"),
        PlayerAddressThrottle().count(caller),
    ]
    shut = [state.reset_s for state in counted if state is not None and state.is_exceeded]
    if is_key:
        raise PlayerRefused("bad_key", "The API key is unknown, expired or revoked.", max(shut, default=None))
    raise PlayerRefused(
        "bad_password",
        "Wrong user name or password. Players need their own password: make one on the account page.",
        max(shut, default=None),
    )
