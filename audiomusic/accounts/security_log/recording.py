"""Writes the security log: rows for people, and a log line per failure for programs such as fail2ban.

Strangers can cause failures, so their rows are limited: one a minute per kind, account and network, and a
number an hour per network and in total. Beyond that, failures appear only in the log. An entered name is
recorded only if it is an account's: people type passwords into the wrong field.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.request import Request

from audiomusic.accounts.models import ApiKey, User
from audiomusic.accounts.security_log.current_request import current_request
from audiomusic.accounts.security_log.events import AGENT_CHARS, DETAIL_CHARS, FAILURES, Kind, SecurityEvent
from audiomusic.http.client_address import SITE_BITS, client_address, network_of
from audiomusic.http.redaction import redact
from audiomusic.http.throttling import Rate, count_call

log = logging.getLogger("audiomusic.security")

WINDOW_S = 60  # failures of one kind, account and network share a row for this long
ROWS_OF_A_NETWORK = Rate(120, 3600)
ROWS_OF_FAILURES = Rate(3000, 3600)
PURGED_AT_ONCE = 1000  # a longer delete would block SQLite's other writers
UNKNOWN = "-"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.@+-]+")

AnyRequest = HttpRequest | Request


def security_event_record(
    *,
    kind: Kind,
    user: User | None = None,
    actor: User | None = None,
    key: ApiKey | None = None,
    request: AnyRequest | None = None,
    address: str | None = None,
    detail: str = "",
) -> SecurityEvent | None:
    """Record an event about `user`. Omitted values come from the current request: the actor, key and address.
    Returns None for a failure that already has a row or exceeds the limit. Recording a failure never raises:
    the caller's refusal must stand."""
    request = _http(request or current_request())
    event = _draft(kind, user, key, request, address, detail)
    if kind in FAILURES:
        _tell(event)
        network = network_of(event.address, bits=SITE_BITS)
        return _count_failure(f"{kind}-{event.user_id or UNKNOWN}-{network or UNKNOWN}", lambda: event)
    _name_actor(event, actor or _signed_in(request))
    event.save()
    return event


def sign_in_refusal_record(
    *, request: AnyRequest, name_key: str | None, find_user: Callable[[], User | None]
) -> SecurityEvent | None:
    """Record a sign-in that a throttle refused. These arrive as fast as the network allows, so the database
    is queried only for the first one a minute per network and per name, which is counted under `name_key`."""
    plain = _http(request)

    def draft() -> SecurityEvent | None:
        if name_key and count_call(f"security-refused-{name_key}", Rate(1, WINDOW_S)).count > 1:
            return None
        event = _draft(Kind.SIGN_IN_REFUSED, find_user(), None, plain, None, "")
        _tell(event)
        return event

    network = network_of(client_address(request), bits=SITE_BITS)
    return _count_failure(f"{Kind.SIGN_IN_REFUSED}-{network or UNKNOWN}", draft)


def security_events_purge(*, age_days: int | None = None) -> int:
    """Delete events older than this many days (AUDIOMUSIC_SECURITY_LOG_DAYS), in batches. Returns how many
    were deleted."""
    old = security_events_older_than(age_days or int(settings.SECURITY_LOG_DAYS))
    ids = list(old.values_list("id", flat=True)[:PURGED_AT_ONCE])
    return SecurityEvent.objects.filter(id__in=ids).delete()[0] if ids else 0


def security_events_older_than(age_days: int) -> QuerySet[SecurityEvent]:
    return SecurityEvent.objects.filter(at__lt=timezone.now() - timedelta(days=age_days)).order_by("at")


def _http(request: AnyRequest | None) -> HttpRequest | None:
    """Return Django's request without REST framework's wrapper, whose `user` would authenticate again."""
    return getattr(request, "_request", request)


def _signed_in(request: HttpRequest | None) -> User | None:
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None


def _draft(
    kind: Kind,
    user: User | None,
    key: ApiKey | None,
    request: HttpRequest | None,
    address: str | None,
    detail: str,
) -> SecurityEvent:
    credential = getattr(request, "auth", None)
    if isinstance(credential, ApiKey):
        if key is not None and key.pk != credential.pk:
            detail = f"{detail}, with the key “{credential.name}”".removeprefix(", ")
        key = key or credential
    agent = request.META.get("HTTP_USER_AGENT", "") if request is not None else ""
    return SecurityEvent(
        kind=kind,
        is_failure=kind in FAILURES,
        user_id=user.pk if user and kind != Kind.ACCOUNT_DELETED else None,
        username=user.get_username() if user else "",
        key=key,
        key_name=key.name if key else "",
        address=address or (client_address(request) if request is not None else None),
        user_agent=_clean(agent, AGENT_CHARS),
        detail=_clean(detail, DETAIL_CHARS),
    )


def _clean(text: str, most_chars: int) -> str:
    """Remove secrets and unprintable characters (PostgreSQL stores no NUL), and shorten the text."""
    return redact("".join(filter(str.isprintable, text[: 2 * most_chars])))[:most_chars]


def _name_actor(event: SecurityEvent, actor: User | None) -> None:
    if actor is not None and actor.pk != event.user_id:
        event.actor_id, event.actor_name = actor.pk, actor.get_username()


def _tell(event: SecurityEvent) -> None:
    name, address = quoted(event.username), event.address or UNKNOWN
    log.warning("%s user=%s address=%s", FAILURES[Kind(event.kind)], name, address)


def quoted(name: str) -> str:
    """Return the name as the log shows it, quoted so that it can end neither its line nor its field."""
    if not name:
        return UNKNOWN
    return name if _PLAIN_NAME.fullmatch(name) else json.dumps(name)


def _count_failure(mark: str, draft: Callable[[], SecurityEvent | None]) -> SecurityEvent | None:
    """Write a row for the first failure of a minute. Its 2nd, 4th, 8th … repeat updates the count."""
    try:
        count = count_call(f"security-{mark}", Rate(1, WINDOW_S)).count
        if count & (count - 1):
            return None
        with transaction.atomic():
            if count > 1:
                _update_count(mark, count)
                return None
            return _write_failure(mark, draft())
    except Exception:  # from any database or cache: a refusal must not become a server error
        log.exception("A failure could not be recorded in the database.")
        return None


def _update_count(mark: str, count: int) -> None:
    row = cache.get(f"security-row-{mark}")
    if row is not None:
        SecurityEvent.objects.filter(pk=row).update(count=count)


def _write_failure(mark: str, event: SecurityEvent | None) -> SecurityEvent | None:
    if event is None or not _has_room(network_of(event.address, bits=SITE_BITS)):
        return None
    event.save()
    cache.set(f"security-row-{mark}", event.pk, WINDOW_S)
    return event


def _has_room(network: str) -> bool:
    if count_call(f"security-rows-{network or UNKNOWN}", ROWS_OF_A_NETWORK).is_exceeded:
        return False
    all_rows = count_call("security-rows", ROWS_OF_FAILURES)
    if all_rows.count == all_rows.limit + 1:
        log.error("%d failures were recorded within an hour; until it ends, further ones appear only in "
                  "this log.",
                  all_rows.limit)  # fmt: skip
    return not all_rows.is_exceeded
