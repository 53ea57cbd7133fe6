"""Where a user is signed in. Django's sessions do not say whose they are, so finding one user's reads
every session that has not expired: dozens on a server of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from audiomusic.accounts.models import User
from audiomusic.accounts.security_events import Kind
from audiomusic.accounts.security_log import security_event_record

BROWSER, SINCE = "browser", "since"  # what a session remembers of its beginning
MAX_BROWSER_CHARS = 300
#: As browsers name themselves; the first that is found counts, so those that imitate others come first.
BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"),
    ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True)
class SignedIn:
    """One browser in which somebody is signed in."""

    key: str
    browser: str
    since: datetime | None
    expires_at: datetime
    is_this: bool


@receiver(user_logged_in)
def remember_browser(request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Keep with a new session what its owner will know it by."""
    if request is not None and hasattr(request, "session"):
        request.session[BROWSER] = request.headers.get("User-Agent", "")[:MAX_BROWSER_CHARS]
        request.session[SINCE] = timezone.now().isoformat()


def sessions_of(user: User, *, this_key: str | None) -> list[SignedIn]:
    """The user's sessions, this one first, then the newest."""
    found = [_read(session, data, this_key) for session, data in _sessions(user)]
    found.sort(key=lambda each: (each.is_this, each.expires_at), reverse=True)
    return found


def sessions_end(*, user: User, except_key: str | None) -> int:
    """Sign the user out everywhere but in one session. Returns how many were ended."""
    keys = [session.session_key for session, _ in _sessions(user) if session.session_key != except_key]
    Session.objects.filter(session_key__in=keys).delete()
    security_event_record(kind=Kind.SIGNED_OUT_EVERYWHERE, user=user, detail=f"sessions: {len(keys)}")
    return len(keys)


def _sessions(user: User) -> Iterator[tuple[Session, dict[str, Any]]]:
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        data = session.get_decoded()
        if data.get(SESSION_KEY) == str(user.pk):
            yield session, data


def _read(session: Session, data: dict[str, Any], this_key: str | None) -> SignedIn:
    since = data.get(SINCE)
    return SignedIn(
        session.session_key,
        browser_words(data.get(BROWSER, "")),
        datetime.fromisoformat(since) if since else None,
        session.expire_date,
        session.session_key == this_key,
    )


def browser_words(agent: str) -> str:
    """ "Firefox on Linux", from what a browser says of itself."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "A browser")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser
