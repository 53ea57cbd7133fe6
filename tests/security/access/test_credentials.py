"""Invalid credentials, at every endpoint. tests/accounts/test_authentication.py tells them apart at one."""

import base64
import json
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from audiomusic.accounts import managers
from audiomusic.accounts.models import ApiKey, User
from audiomusic.accounts.services import key_create, key_revoke
from tests.support.addresses import API, PUBLIC

pytestmark = pytest.mark.django_db

ME = "/api/v1/auth/me"
ENDPOINTS = [address for address in API if address.name not in PUBLIC]


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def revoked(owner):
    key, token = key_create(user=owner, name="revoked")
    key_revoke(key=key)
    return {"X-API-Key": token}


def expired(owner):
    _, token = key_create(user=owner, name="old", expires_at=timezone.now() - timedelta(seconds=1))
    return {"X-API-Key": token}


def of_one_who_left(owner):
    gone = User.objects.create_user("gone", is_active=False)
    return {"X-API-Key": key_create(user=gone, name="gone")[1]}


def by_its_digest(owner):
    """The digest from a stolen database grants no access."""
    key, _ = key_create(user=owner, name="stolen")
    return {"X-API-Key": "ap_" + key.digest}


def by_its_start(owner):
    key, _ = key_create(user=owner, name="seen in the list")
    return {"X-API-Key": key.token_key}


def unsigned(owner):
    claims = AccessToken.for_user(owner).payload
    return {"Authorization": f"Bearer {part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."}


def of_a_refresh_token(owner):
    return {"Authorization": f"Bearer {RefreshToken.for_user(owner)}"}


def with_another_user_in_it(owner):
    head, _, signature = str(AccessToken.for_user(owner)).split(".")
    claims = AccessToken.for_user(owner).payload | {"user_id": "1"}
    return {"Authorization": f"Bearer {head}.{part(claims)}.{signature}"}


BAD = (
    revoked, expired, of_one_who_left, by_its_digest, by_its_start,
    unsigned, of_a_refresh_token, with_another_user_in_it,
)  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_bad_credentials_open_no_endpoint(client, owner, belongings, bad):
    headers = bad(owner)
    for address in ENDPOINTS:
        for verb in address.verbs:
            answer = client.generic(verb.upper(), address.fill(belongings.ids), headers=headers)
            assert answer.status_code == 401, (address, verb, answer.content)
            assert answer["WWW-Authenticate"]


def test_no_refusal_says_why(client, owner):
    """The responses to a guess, a revoked key, an expired one and a digest are identical."""
    guess = {"X-API-Key": "ap_" + "0" * 64}
    keys = [guess, revoked(owner), expired(owner), by_its_digest(owner)]
    assert len({client.get(ME, headers=headers).content for headers in keys}) == 1


def test_a_key_is_compared_whole_and_in_constant_time(client, owner, monkeypatch):
    """The row is looked up by the key's first letters, which its owner's list shows anyway. The secret is
    hashed first, and only hashes are compared, with hmac.compare_digest."""
    compared = []

    def watched(one, two):
        compared.append((one, two))
        return one == two

    monkeypatch.setattr(managers, "compare_digest", watched)
    key, token = key_create(user=owner, name="laptop")
    assert client.get(ME, headers={"X-API-Key": token[:-1] + "z"}).status_code == 401
    assert client.get(ME, headers={"X-API-Key": token}).status_code == 200
    assert [len(each) for pair in compared for each in pair] == [128] * 4
    assert compared[1] == (key.digest, key.digest)


def test_two_keys_that_begin_alike_are_told_apart(client, owner, other):
    _, token = key_create(user=owner, name="mine")
    theirs, _ = key_create(user=other, name="theirs")
    ApiKey.objects.filter(pk=theirs.pk).update(token_key=token[:15])
    assert client.get(ME, headers={"X-API-Key": token}).json()["username"] == "olive"


def test_no_key_is_kept(owner, db):
    key, token = key_create(user=owner, name="laptop")
    row = ApiKey.objects.filter(pk=key.pk).values().get()
    assert token not in str(row) and token[15:] not in str(row)


def test_a_refresh_token_ends_with_the_password(client, owner):
    refresh = str(RefreshToken.for_user(owner))
    owner.set_password("battery staple")
    owner.save()
    answer = client.post("/api/v1/auth/refresh", {"refresh_token": refresh}, content_type="application/json")
    assert answer.status_code == 401, answer.content


def test_sessions_end_with_the_password_and_the_account(client, owner):
    for end in ({"password": "x"}, {"is_active": False}):
        owner.set_password("correct horse")
        owner.is_active = True
        owner.save()
        client.force_login(owner)
        assert client.get(ME).status_code == 200
        User.objects.filter(pk=owner.pk).update(**end)
        assert client.get(ME).status_code == 401
        assert client.get("/").status_code == 302
