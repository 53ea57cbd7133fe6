"""Only a few passwords are hashed at once: others wait briefly, and are refused when too many wait."""

import threading
import time

import pytest
from django.contrib.auth.hashers import check_password, identify_hasher, make_password
from django.test import Client

import audiomusic.settings as shipped
from audiomusic.accounts import hashers
from audiomusic.accounts.hashers import BoundedPBKDF2PasswordHasher, HashingSlots
from audiomusic.http.exceptions import PasswordsBusy


@pytest.fixture(autouse=True)
def the_shipped_hashers(settings):
    settings.PASSWORD_HASHERS = shipped.PASSWORD_HASHERS


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(BoundedPBKDF2PasswordHasher, "iterations", 1000)


@pytest.fixture
def taken(monkeypatch):
    """Occupy every slot for the duration of the test."""
    full = HashingSlots(1, max_waiting=1, wait_s=0.01)
    monkeypatch.setattr(hashers, "slots", full)
    with full.slot():
        yield full


def test_hashes_are_djangos_own(quick):
    encoded = make_password("velvet")
    assert encoded.startswith("pbkdf2_sha256$1000$")
    assert check_password("velvet", encoded) and not check_password("velour", encoded)
    assert isinstance(identify_hasher(encoded), BoundedPBKDF2PasswordHasher)


def test_no_more_than_so_many_at_once():
    slots, inside, most, gate = HashingSlots(2, max_waiting=6, wait_s=30), [], [], threading.Barrier(8)

    def work():
        gate.wait()
        with slots.slot():
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 8 and max(most) <= 2


def test_who_finds_too_many_waiting_is_refused_at_once():
    slots = HashingSlots(1, max_waiting=0, wait_s=3600)
    with slots.slot(), pytest.raises(PasswordsBusy), slots.slot():
        pass
    with slots.slot():  # every slot is free again
        pass


def test_who_waited_in_vain_is_refused_and_leaves_no_trace(taken):
    for _ in range(5):
        with pytest.raises(PasswordsBusy):
            make_password("velvet")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["olive", "nobody"])
def test_the_page_says_so(quick, owner, taken, name):
    answer = Client().post("/sign-in", {"username": name, "password": "correct horse"})
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "Too many people are signing in right now" in answer.content.decode()
    assert "sessionid" not in answer.cookies


@pytest.mark.django_db
def test_the_api_says_so(quick, owner, taken):
    form = {"username": "olive", "password": "correct horse"}
    answer = Client().post("/api/v1/auth/token", form, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert int(answer["Retry-After"]) > 0


@pytest.mark.django_db
def test_other_pages_do_not_wait(quick, owner, taken):
    client = Client()
    client.force_login(owner)
    assert client.get("/account").status_code == 200
