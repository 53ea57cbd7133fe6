"""Django's sessions in the database, in a table that knows whose each of them is (SESSION_ENGINE).

The extension point is Django's own ("Extending database-backed session engines"). The class is called as
Django's is, for what is kept is signed with that name: sessions from before are still read.

Tried instead: django-qsessions 2.1, which keeps user, address and browser of a session as well. Each of its
saves reads the row once more (4 queries where this takes 3, 5 where this takes 4 for a new session). An
address that changes costs a save of the whole session (5 queries, and the session's data written again from
what this request read) where here one column is updated. When a session was last seen it does not tell; its
`updated_at` is when the session was last saved, which a browser that only reads never does. Its table is its
own, so every session would have to be carried over, and it brings a parser of browser names. What it would
take away here are the forty lines of this module.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from audiomusic.accounts.models import UserSession
from audiomusic.http.client_address import client_address

#: `last_seen_at` is a hint for people, as a key's last use is; a write for each request would cost more.
SEEN_EVERY = timedelta(minutes=1)
MAX_AGENT_CHARS = 300


class SessionStore(DatabaseStore):
    """`row`: what was read; None before, and where there is no such session."""

    row: UserSession | None = None

    @classmethod
    def get_model_class(cls) -> type[UserSession]:
        return UserSession

    def load(self) -> dict[str, Any]:
        self.row = self._get_session_from_db()  # type: ignore[attr-defined]  # for subclasses, as Django documents
        return self.decode(self.row.session_data) if self.row else {}

    def create_model_instance(self, data: dict[str, Any]) -> UserSession:
        row = cast(UserSession, super().create_model_instance(data))
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        return row


class TrackingSessionMiddleware(SessionMiddleware):
    """Django's own, which also notes where a signed-in session was last seen."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        session = getattr(request, "session", None)
        if session is not None and session.accessed and SESSION_KEY in session:
            _note_seen(request, session)
        return response


def _note_seen(request: HttpRequest, session: SessionStore) -> None:
    row, now, ip = session.row, timezone.now(), client_address(request)
    address = str(ip) if ip else None
    if row is not None and row.session_key == session.session_key:  # else it was made by this request
        has_moved = row.last_address not in (None, address)
        if not has_moved and row.last_seen_at > now - SEEN_EVERY:
            return
    agent = request.headers.get("User-Agent", "").replace("\0", "")[:MAX_AGENT_CHARS]
    UserSession.objects.filter(pk=session.session_key).update(
        last_address=address, user_agent=agent, last_seen_at=now
    )
