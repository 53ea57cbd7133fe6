"""Idempotent POST requests: a request with an `Idempotency-Key` can be repeated safely.

The response is stored in the transaction that creates the object, so either both exist or neither does. If a
server stops between the two, a repeat starts over and creates the object once. Refusals are not stored: a
refused request may be sent again under the same key.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial, wraps
from typing import Any

from django.core.cache import cache
from django.db import IntegrityError, OperationalError, connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiomusic.accounts.models import IdempotentResponse, User
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.http.exceptions import IdempotencyInProgress, IdempotencyKeyReused

HEADER = "Idempotency-Key"
MAX_KEY_CHARS = 200
REMEMBERED_FOR = timedelta(hours=24)
BURST_S, MOST_BURST_S, BURST_LOOK_S = 10, 60, 0.05
MAX_WAIT = "5s"  # for another request with the same key, in PostgreSQL's notation


def idempotent(handler: Callable[..., Response]) -> Callable[..., HttpResponse]:
    """Make a creating POST handler idempotent: a repeat with the same `Idempotency-Key` gets the first
    response without calling the handler. Without the header nothing changes."""

    @wraps(handler)
    def answer(view: APIView, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        act = partial(handler, view, request, *args, **kwargs)
        once = IdempotentRequest.from_request(request)
        return act() if once is None else once.earlier_answer() or once.answer(act)

    return answer


def once_in_a_burst(handler: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Deduplicate concurrent identical POST requests of a user that carry no key. Goes outside `idempotent`.

    Clients retry a POST by themselves when its response is late, and must not create two objects. A repeat
    that arrives while the first is in progress gets the first one's response; after that, the same request
    counts as a new one. The markers are in the cache that all web processes share.
    """

    @wraps(handler)
    def answer(view: APIView, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        act = partial(handler, view, request, *args, **kwargs)
        if request.headers.get(HEADER) is not None:
            return act()
        mark = f"burst:{request.user.pk}:{fingerprint_of(request)}"
        if not cache.add(mark, 1, MOST_BURST_S):
            return _burst_answer(mark) or act()
        try:
            cache.delete(f"{mark}:answer")  # from the previous identical request
            response = act()
            if isinstance(response, Response) and response.status_code == status.HTTP_200_OK:
                cache.set(f"{mark}:answer", JSONRenderer().render(response.data).decode(), BURST_S)
            return response
        finally:
            cache.delete(mark)

    return answer


def _burst_answer(mark: str) -> HttpResponse | None:
    """Wait for the response to the same request; None if that one was refused. Raises IdempotencyInProgress
    if it takes too long."""
    end = time.monotonic() + BURST_S
    while time.monotonic() < end:
        is_open = cache.get(mark) is not None
        body = cache.get(f"{mark}:answer")
        if not is_open:
            return None if body is None else _json_response(body, status.HTTP_200_OK, replayed=True)
        time.sleep(BURST_LOOK_S)
    raise IdempotencyInProgress


@dataclass(frozen=True)
class IdempotentRequest:
    """A user's idempotency key and the fingerprint of the request."""

    user: User
    key: str
    fingerprint: str

    @classmethod
    def from_request(cls, request: Request) -> IdempotentRequest | None:
        """Return None if the request carries no key. Raises ValidationError for an invalid key."""
        key = request.headers.get(HEADER)
        if key is None:
            return None
        key = key.strip()
        if not (1 <= len(key) <= MAX_KEY_CHARS and key.isprintable()):
            sentence = f"Expected 1 to {MAX_KEY_CHARS} printable characters, got {len(key)}."
            raise ValidationError({HEADER: sentence})
        return cls(user_of(request), key, fingerprint_of(request))

    def earlier_answer(self) -> HttpResponse | None:
        """Return the stored response to the same request, if any. Raises IdempotencyKeyReused if the key
        belongs to a different request."""
        row = IdempotentResponse.objects.filter(user=self.user, key=self.key).first()
        if row is None or row.created_at <= forgotten_before():
            return None
        if row.fingerprint != self.fingerprint:
            raise IdempotencyKeyReused
        return _json_response(row.body, row.status_code, replayed=True)

    @transaction.atomic
    def answer(self, create: Callable[[], Response]) -> HttpResponse:
        """Create the object and store the response. If the same request is in progress elsewhere, wait for it
        and repeat its response. Raises IdempotencyInProgress if that takes too long."""
        row = self._claim()
        if row is None:
            return self._their_answer()
        response = create()
        row.body, row.status_code = JSONRenderer().render(response.data).decode(), response.status_code
        row.save(update_fields=["body", "status_code"])
        return _json_response(row.body, row.status_code)

    def _their_answer(self) -> HttpResponse:
        answer = self.earlier_answer()
        if answer is None:
            raise IdempotencyInProgress
        return answer

    def _claim(self) -> IdempotentResponse | None:
        """Insert this request's row, or return None if another request has it. The row stays invisible until
        this transaction ends with the response; concurrent requests with the same key wait for it."""
        mine = IdempotentResponse.objects.filter(user=self.user, key=self.key)
        mine.filter(created_at__lte=forgotten_before()).delete()
        row = IdempotentResponse(user=self.user, key=self.key, fingerprint=self.fingerprint)
        try:
            with transaction.atomic():
                _wait_at_most(f"'{MAX_WAIT}'")
                row.save(force_insert=True)
                _wait_at_most("DEFAULT")
        except IntegrityError:
            return None
        except OperationalError as error:
            raise IdempotencyInProgress from error
        return row


def fingerprint_of(request: Request) -> str:
    """Hash what makes two requests equal: method, path and body, regardless of JSON whitespace."""
    body = json.dumps(request.data, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()


def forgotten_before() -> datetime:
    return timezone.now() - REMEMBERED_FOR


def purge_expired() -> int:
    """Delete the responses that are too old to be repeated, and return how many."""
    old = IdempotentResponse.objects.filter(created_at__lte=forgotten_before())
    return old.delete()[0] if old.exists() else 0  # on SQLite, even an empty delete waits for writers


def _wait_at_most(limit: str) -> None:
    """Limit how long this transaction waits for a lock. SQLite has its own limit per connection."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout TO {limit}")


def _json_response(body: str, status_code: int, *, replayed: bool = False) -> HttpResponse:
    response = HttpResponse(body, status=status_code, content_type="application/json")
    if replayed:
        response["Idempotent-Replayed"] = "true"
    return response
