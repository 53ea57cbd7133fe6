"""One answer to one wish: a creating request that carries an `Idempotency-Key` may be repeated.

The answer is written down in the transaction that makes the thing, so either both are there or
neither is: whenever a server stops between the two, a repeat begins again and makes it once.
Refusals are not remembered; what was refused may be sent again under the same key.
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
MAX_WAIT = "5s"  # for another request with the same key; PostgreSQL's notation


def idempotent(handler: Callable[..., Response]) -> Callable[..., HttpResponse]:
    """Decorates the handler of a creating POST: with an `Idempotency-Key`, a repeat gets the first answer
    and the handler is not called. Without the header nothing changes."""

    @wraps(handler)
    def answer(view: APIView, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        act = partial(handler, view, request, *args, **kwargs)
        once = IdempotentRequest.from_request(request)
        return act() if once is None else once.earlier_answer() or once.answer(act)

    return answer


def once_in_a_burst(handler: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorates the handler of a creating POST, outside `idempotent`: without a key, a request that comes
    while the very same one of its user is still being answered gets that one's answer.

    Clients repeat a POST by themselves when its answer is late, and must not get two things for it. Once
    it was answered, the same request is a new wish. The notes lie in the cache that all web processes share.
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
            cache.delete(f"{mark}:answer")  # of the last time that this was wished
            response = act()
            if isinstance(response, Response) and response.status_code == status.HTTP_200_OK:
                cache.set(f"{mark}:answer", JSONRenderer().render(response.data).decode(), BURST_S)
            return response
        finally:
            cache.delete(mark)

    return answer


def _burst_answer(mark: str) -> HttpResponse | None:
    """What the same request is answered meanwhile; None where it was refused. Raises IdempotencyInProgress
    where that takes long."""
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
    """A user's key, and what was sent with it."""

    user: User
    key: str
    fingerprint: str

    @classmethod
    def from_request(cls, request: Request) -> IdempotentRequest | None:
        """None: the request carries no key. Raises ValidationError for a key that is none."""
        key = request.headers.get(HEADER)
        if key is None:
            return None
        key = key.strip()
        if not (1 <= len(key) <= MAX_KEY_CHARS and key.isprintable()):
            sentence = f"Expected 1 to {MAX_KEY_CHARS} printable characters, got {len(key)}."
            raise ValidationError({HEADER: sentence})
        return cls(user_of(request), key, fingerprint_of(request))

    def earlier_answer(self) -> HttpResponse | None:
        """What was answered to the same request. Raises IdempotencyKeyReused if it was another one."""
        row = IdempotentResponse.objects.filter(user=self.user, key=self.key).first()
        if row is None or row.created_at <= forgotten_before():
            return None
        if row.fingerprint != self.fingerprint:
            raise IdempotencyKeyReused
        return _json_response(row.body, row.status_code, replayed=True)

    @transaction.atomic
    def answer(self, create: Callable[[], Response]) -> HttpResponse:
        """Create and remember the answer. Where the same request is being answered elsewhere, wait for
        that and repeat its answer; raises IdempotencyInProgress if that takes long."""
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
        """This request's row; None: another has it. No one else sees the row before its answer is
        there: until this transaction ends, who wants the same one waits for it."""
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
    """What makes two requests the same: method, address and body, however the JSON was spaced."""
    body = json.dumps(request.data, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()


def forgotten_before() -> datetime:
    return timezone.now() - REMEMBERED_FOR


def purge_expired() -> int:
    """Take away what is too old to be repeated; how many."""
    old = IdempotentResponse.objects.filter(created_at__lte=forgotten_before())
    return old.delete()[0] if old.exists() else 0  # on SQLite any delete waits for the writers


def _wait_at_most(limit: str) -> None:
    """How long this transaction waits for a lock. SQLite has its own limit, for every connection."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout TO {limit}")


def _json_response(body: str, status_code: int, *, replayed: bool = False) -> HttpResponse:
    response = HttpResponse(body, status=status_code, content_type="application/json")
    if replayed:
        response["Idempotent-Replayed"] = "true"
    return response
