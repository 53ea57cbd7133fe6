"""Many threads at once: an event that happens once is recorded once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from rest_framework.test import APIClient

from audiomusic.accounts.models import SecurityEvent, User
from audiomusic.accounts.services import key_create, key_revoke

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 6


def at_once(act):
    """Call act(number) in every thread, each on its own connection."""

    def run(number):
        try:
            act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(run, range(THREADS * 4)))


def rows(kind):
    return SecurityEvent.objects.filter(kind=kind)


def test_bad_keys_at_once_are_one_row(db):
    def guess(number):
        client = APIClient(REMOTE_ADDR="203.0.113.7", HTTP_X_API_KEY=f"ap_{number:064}")
        assert client.get("/api/v1/auth/me").status_code == 401

    at_once(guess)
    assert rows("key_failed").count() == 1


def test_a_keys_first_use_is_one_row_and_so_is_a_new_address(db):
    _, token = key_create(user=User.objects.create_user("rae"), name="laptop")

    def use(address):
        client = APIClient(REMOTE_ADDR=address, HTTP_X_API_KEY=token)
        assert client.get("/api/v1/auth/me").status_code == 200

    at_once(lambda number: use("192.0.2.1"))
    at_once(lambda number: use("203.0.113.7"))
    assert (rows("key_first_used").count(), rows("key_new_address").count()) == (1, 1)


def test_a_key_revoked_by_all_is_revoked_once(db):
    key, _ = key_create(user=User.objects.create_user("rae"), name="laptop")
    at_once(lambda number: key_revoke(key=key))
    assert rows("key_revoked").count() == 1
