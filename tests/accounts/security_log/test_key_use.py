"""Where a key is used from: recorded at most once a minute, and logged when the address is new."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from rest_framework.test import APIClient

from audiomusic.accounts.authentication import ApiKeyAuthentication
from audiomusic.accounts.models import ApiKey, SecurityEvent
from audiomusic.accounts.security_log import key_use
from audiomusic.accounts.services import key_create
from audiomusic.http.throttling import Rate

pytestmark = pytest.mark.django_db


@pytest.fixture
def use(owner):
    """use(address): make a request with the same key from there; return its recorded uses so far."""
    _, token = key_create(user=owner, name="laptop")

    def call(address):
        client = APIClient(REMOTE_ADDR=address, HTTP_X_API_KEY=token)
        assert client.get("/api/v1/auth/me").status_code == 200
        used = SecurityEvent.objects.filter(kind__in=("key_first_used", "key_new_address"))
        return [(event.kind, event.address) for event in used.order_by("id")]

    return call


def a_minute_passes():
    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))


FIRST = ("key_first_used", "192.0.2.1")


def test_the_first_use_is_recorded_once(use, owner):
    assert use("192.0.2.1") == [FIRST]
    a_minute_passes()
    assert use("192.0.2.1") == [FIRST]
    event = SecurityEvent.objects.get(kind="key_first_used")
    assert (event.user, event.key_name, event.actor) == (owner, "laptop", None)
    assert ApiKey.objects.get().last_address == "192.0.2.1"


def test_a_new_address_is_noticed_at_once_and_listed_within_a_minute(use):
    use("192.0.2.1")
    assert use("203.0.113.7") == [FIRST, ("key_new_address", "203.0.113.7")]
    assert ApiKey.objects.get().last_address == "192.0.2.1"
    a_minute_passes()
    use("203.0.113.7")
    assert ApiKey.objects.get().last_address == "203.0.113.7"


def test_two_places_in_turn_are_two_rows(use):
    for _ in range(5):
        for address in ("192.0.2.1", "203.0.113.7"):
            found = use(address)
            a_minute_passes()
            cache.clear()
    assert len(found) == 2


def test_a_place_of_long_ago_is_new_again(use):
    use("192.0.2.1")
    use("203.0.113.7")
    SecurityEvent.objects.update(at=timezone.now() - timedelta(days=31))
    cache.clear()
    assert len(use("203.0.113.7")) == 3


def test_a_network_of_ipv6_is_one_place(use):
    use("2001:db8:1:2::1")
    assert len(use("2001:db8:1:2:ffff::9")) == 1
    assert len(use("2001:db8:1:3::1")) == 2


def test_a_key_that_never_stays_is_recorded_so_often_a_day(use, monkeypatch):
    monkeypatch.setattr(key_use, "NEW_ADDRESSES", Rate(3, 86400))
    for number in range(10):
        found = use(f"198.51.100.{number}")
    assert len(found) == 4


def test_it_costs_a_request_nothing(rf, owner, django_assert_num_queries):
    """An address already known adds no query, whether it is the last one or another."""
    _, token = key_create(user=owner, name="laptop")
    requests = [
        rf.get("/", REMOTE_ADDR=address, HTTP_X_API_KEY=token) for address in ("192.0.2.1", "192.0.2.2")
    ]
    for request in requests:
        ApiKeyAuthentication().authenticate(request)
    for request in requests:
        with django_assert_num_queries(1):  # the look-up of the key
            ApiKeyAuthentication().authenticate(request)
