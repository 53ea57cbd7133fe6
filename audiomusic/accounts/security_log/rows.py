"""The security log as its owner reads it: what happened, when, from where and with what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audiomusic.accounts.models import User
from audiomusic.accounts.security_log.events import SecurityEvent
from audiomusic.accounts.sessions.user_sessions import browser_words

SHOWN = 50
SHOWN_FAILURES = 20  # of the rows shown
PROGRAM_CHARS = 40


@dataclass(frozen=True)
class EventRow:
    """A readable event. `source`: the address; `means`: the key, browser or program."""

    what: str
    is_failure: bool
    count: int
    at: datetime
    source: str
    means: str
    detail: str
    actor: str


def event_rows(user: User) -> list[EventRow]:
    """Return the user's newest events."""
    events = SecurityEvent.objects.shown_to(user, most=SHOWN, most_failures=SHOWN_FAILURES)
    return [event_row(event) for event in events]


def event_row(event: SecurityEvent) -> EventRow:
    return EventRow(
        what=what_words(event),
        is_failure=event.is_failure,
        count=event.count,
        at=event.at,
        source=event.address or "",
        means=means_words(event),
        detail=event.detail,
        actor=event.actor_name,
    )


def is_about_key(event: SecurityEvent) -> bool:
    """Return whether the event is about its key. Otherwise the key is the one that was used."""
    return bool(event.key_name) and event.kind.startswith("key_")


def what_words(event: SecurityEvent) -> str:
    """Return a label such as "API key made: “laptop”"."""
    what = str(event.get_kind_display())
    return f"{what}: “{event.key_name}”" if is_about_key(event) else what


def means_words(event: SecurityEvent) -> str:
    """Return the means, such as "the key “laptop”, curl/8.5" or "Firefox on Linux"."""
    key = "" if is_about_key(event) or not event.key_name else f"the key “{event.key_name}”"
    return ", ".join(filter(None, (key, agent_words(event.user_agent))))


def agent_words(agent: str) -> str:
    """Return a browser's label as in the session list, or the first word of a program's user agent."""
    if agent.startswith("Mozilla/"):
        return browser_words(agent)
    return agent.split(" ", 1)[0][:PROGRAM_CHARS]
