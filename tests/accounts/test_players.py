"""Passwords for music players: created once, stored encrypted, revoked by deletion."""

import hashlib

import pytest
from django.core.management import call_command
from django.test import RequestFactory

from audiomusic.accounts.models import User
from audiomusic.accounts.players.models import PlayerPassword
from audiomusic.accounts.players.services import (
    MOST,
    TooManyPlayerPasswords,
    player_password_create,
    player_password_revoke,
    player_passwords_reseal,
)
from audiomusic.accounts.players.sign_in import Credentials, PlayerRefused, player_sign_in
from audiomusic.accounts.security_log.events import Kind, SecurityEvent
from audiomusic.accounts.services import key_create, key_revoke

pytestmark = pytest.mark.django_db


def signed_in(**credentials):
    return player_sign_in(Credentials(**credentials), request=RequestFactory().get("/rest/ping")).user


def reason_of(**credentials):
    with pytest.raises(PlayerRefused) as refused:
        signed_in(**credentials)
    return refused.value.reason


def token_of(password, salt="abc"):
    return {"token": hashlib.md5((password + salt).encode()).hexdigest(), "salt": salt}


def test_each_way_to_sign_in(owner):
    _, text = player_password_create(user=owner, name="phone")
    hidden = "enc:" + text.encode().hex()
    for sent in (
        {"api_key": text}, {"username": "olive", "password": text}, {"username": "olive", "password": hidden},
        {"username": "OLIVE", **token_of(text)}, {"username": "Olive@Example.org", **token_of(text)},
        {"username": "olive@example.org", "password": text},
    ):  # fmt: skip
        assert signed_in(**sent) == owner, sent
    assert PlayerPassword.objects.get().last_used_at is not None


def test_an_api_key_that_may_read_does_too(owner):
    _, reader = key_create(user=owner, name="reader", scopes=["music:read"])
    _, maker = key_create(user=owner, name="maker", scopes=["music:generate"])
    assert signed_in(api_key=reader) == signed_in(username="olive", password=reader) == owner
    assert reason_of(api_key=maker) == "bad_key"
    gone, text = key_create(user=owner, name="gone")
    key_revoke(key=gone)
    assert reason_of(api_key=text) == "bad_key"


def test_what_opens_nothing(owner, other):
    row, text = player_password_create(user=owner, name="phone")
    assert reason_of(username="olive", password="correct horse") == "bad_password"  # the account password
    assert reason_of(username="otto", password=text) == "bad_password"
    assert reason_of(username="otto", **token_of(text)) == "bad_password"
    assert reason_of(username="nobody\0", **token_of(text)) == "bad_password"
    assert reason_of(username="olive", **token_of("correct horse")) == "bad_password"
    assert reason_of(api_key="ap_" + "0" * 64) == "bad_key"
    assert reason_of(api_key="x" * 5000) == "bad_key"
    assert reason_of(username="olive", api_key=text) == "conflict"
    assert reason_of(username="olive") == reason_of(username="olive", token="a") == reason_of() == "missing"
    player_password_revoke(password=row)
    assert reason_of(api_key=text) == "bad_key"


def test_of_a_shut_account_nothing_opens(owner):
    _, text = player_password_create(user=owner, name="phone")
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert reason_of(api_key=text) == "bad_key"
    assert reason_of(username="olive", **token_of(text)) == "bad_password"


def test_failures_are_counted_and_recorded_and_shut_nobody_out(owner):
    _, text = player_password_create(user=owner, name="phone")
    for _ in range(10):
        assert reason_of(username="olive", password="guess") == "bad_password"
    with pytest.raises(PlayerRefused) as refused:
        signed_in(username="olive", password="guess")
    assert refused.value.wait_s
    assert signed_in(username="olive", **token_of(text)) == owner
    event = SecurityEvent.objects.get(kind=Kind.SIGN_IN_FAILED)
    assert (event.user, event.detail) == (owner, "by a music player")


def test_neither_database_nor_log_holds_it(owner, caplog):
    _, text = player_password_create(user=owner, name="phone")
    values = PlayerPassword.objects.values().get()
    assert not any(text in str(value) for value in values.values())
    assert text not in caplog.text
    newest = SecurityEvent.objects.about(owner)[0]
    assert (newest.kind, newest.detail) == (Kind.PLAYER_PASSWORD_MADE, "“phone”")


def test_a_user_has_so_many(owner, other):
    for number in range(MOST):
        player_password_create(user=owner, name=str(number))
    with pytest.raises(TooManyPlayerPasswords):
        player_password_create(user=owner, name="one more")
    player_password_create(user=other, name="of another")


def test_they_outlive_a_rotation_and_a_lost_key_is_no_fault(owner, settings):
    _, text = player_password_create(user=owner, name="phone")
    old, settings.SECRET_KEY = settings.SECRET_KEY, "n" * 50
    settings.SECRET_KEY_FALLBACKS = [old]
    assert signed_in(username="olive", **token_of(text)) == owner
    assert player_passwords_reseal() == 1
    settings.SECRET_KEY_FALLBACKS = []
    assert signed_in(username="olive", **token_of(text)) == owner

    settings.SECRET_KEY = "m" * 50
    assert reason_of(username="olive", **token_of(text)) == "bad_password"
    assert player_passwords_reseal() == 0


def test_dropping_an_old_key_seals_them_again(owner, settings):
    _, text = player_password_create(user=owner, name="phone")
    old, settings.SECRET_KEY = settings.SECRET_KEY, "n" * 50
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY_IS_GIVEN = [old], True
    call_command("rotatesecret", "--drop-old")
    settings.SECRET_KEY_FALLBACKS = []
    assert signed_in(username="olive", **token_of(text)) == owner
