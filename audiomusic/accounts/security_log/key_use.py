"""Tracks when and from where a key is used, for the owner's key list and for events about new addresses.

A write per request would cost more than the request itself, so the list is updated at most once a minute. A
new address is recorded immediately, though: otherwise a thief's single call between two of the owner's would
go unnoticed.
"""

from __future__ import annotations

from datetime import timedelta

from django.core.cache import cache
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.request import Request

from audiomusic.accounts.models import ApiKey
from audiomusic.accounts.security_log.events import Kind
from audiomusic.accounts.security_log.recording import security_event_record
from audiomusic.http.client_address import VISITOR_BITS, client_address, network_of
from audiomusic.http.throttling import Rate, count_call

LAST_USED_EVERY = timedelta(minutes=1)
LATELY = timedelta(days=30)  # an address recorded within this time is not new
SEEN_S = 600  # for this long, a key's address is not looked up in the log again
NEW_ADDRESSES = Rate(20, 86400)  # recorded per key: some programs change their address all day


def key_use_note(*, key: ApiKey, request: HttpRequest | Request) -> None:
    address, is_first = client_address(request), key.last_used_at is None
    is_elsewhere = address != key.last_address and _network(address) != _network(key.last_address)
    if _is_stale(key) and _bring_up_to_date(key, address) and is_first:
        _record(key, request, Kind.KEY_FIRST_USED)
    elif is_elsewhere and not is_first and _is_new(key, _network(address)):
        _record(key, request, Kind.KEY_NEW_ADDRESS)


def _is_stale(key: ApiKey) -> bool:
    return key.last_used_at is None or key.last_used_at <= timezone.now() - LAST_USED_EVERY


def _bring_up_to_date(key: ApiKey, address: str | None) -> bool:
    """Update the key's last use. False: another request already did."""
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - LAST_USED_EVERY)
    rows = ApiKey.objects.filter(stale, pk=key.pk)
    return bool(rows.update(last_used_at=now, last_address=address))


def _network(address: str | None) -> str:
    return network_of(address, bits=VISITOR_BITS)


def _record(key: ApiKey, request: HttpRequest | Request, kind: Kind) -> None:
    security_event_record(kind=kind, user=key.user, actor=key.user, key=key, request=request)


def _is_new(key: ApiKey, network: str) -> bool:
    """Return whether the key was not used from there recently. Of two concurrent calls, one gets True."""
    mark = f"key-{key.pk}-{network}"
    if cache.get(mark) is not None or not cache.add(mark, 1, SEEN_S):
        return False
    lately = key.security_events.filter(at__gte=timezone.now() - LATELY, is_failure=False)
    if network in {_network(address) for address in lately.values_list("address", flat=True)}:
        return False
    return not count_call(f"key-addresses-{key.pk}", NEW_ADDRESSES).is_exceeded
