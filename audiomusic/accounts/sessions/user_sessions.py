"""Where a user is signed in, and signing out of those sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from audiomusic.accounts.models import User, UserSession
from audiomusic.accounts.security_log.events import Kind
from audiomusic.accounts.security_log.recording import security_event_record

#: User agent marks. The first match counts, so browsers that imitate others come first.
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
class SignedInBrowser:
    """A browser in which the user is signed in."""

    key: str
    browser: str
    since: datetime
    expires_at: datetime
    is_this: bool
    last_address: str | None
    last_seen_at: datetime


def sessions_of(user: User, *, this_key: str | None) -> list[SignedInBrowser]:
    """Return the user's sessions: the current one first, then the newest."""
    rows = UserSession.objects.filter(user=user, expire_date__gt=timezone.now())
    found = [_signed_in(row, this_key) for row in rows.defer("session_data")]
    found.sort(key=lambda each: (each.is_this, each.expires_at), reverse=True)
    return found


@transaction.atomic
def sessions_end(*, user: User, except_key: str | None) -> int:
    """Sign the user out of all sessions but one, and revoke all their JSON web tokens. Returns how many
    sessions ended."""
    User.objects.filter(pk=user.pk).update(token_epoch=F("token_epoch") + 1)
    others = UserSession.objects.filter(user=user).exclude(pk=except_key or "")
    count = others.filter(expire_date__gt=timezone.now()).count()
    others.delete()
    security_event_record(kind=Kind.SIGNED_OUT_EVERYWHERE, user=user, detail=f"sessions: {count}")
    return count


def sessions_purge() -> int:
    """Delete expired sessions, and return how many."""
    expired = UserSession.objects.filter(expire_date__lt=timezone.now())
    return expired.delete()[0] if expired.exists() else 0  # on SQLite, even an empty delete waits for writers


def _signed_in(row: UserSession, this_key: str | None) -> SignedInBrowser:
    return SignedInBrowser(
        key=row.session_key,
        browser=browser_words(row.user_agent),
        since=row.created_at,
        expires_at=row.expire_date,
        is_this=row.session_key == this_key,
        last_address=row.last_address,
        last_seen_at=row.last_seen_at,
    )


def browser_words(agent: str) -> str:
    """Return a label such as "Firefox on Linux" for a user agent."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "A browser")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser
