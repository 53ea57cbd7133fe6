"""/api/v1/auth/api-keys"""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from audiomusic.accounts.models import ApiKey
from audiomusic.accounts.services import key_create

KEYS = "/api/v1/auth/api-keys"


def test_a_key_is_made_and_opens(client_of, visitor, owner):
    answer = client_of(owner).post(KEYS, {"name": "laptop"})
    assert answer.status_code == 201
    body = answer.json()
    assert body["name"] == "laptop"
    assert body["scopes"] == ["*"]
    assert body["expires_at"] is None
    assert body["key"] == body["api_key"]
    assert body["key"].startswith(body["prefix"])
    assert visitor.get("/api/v1/auth/me", headers={"X-API-Key": body["key"]}).json()["id"] == owner.id


def test_the_list_shows_every_key_but_no_secret(client_of, owner, other):
    client = client_of(owner)
    made = [client.post(KEYS, {"name": name}).json() for name in ("one", "two")]
    key_create(user=other, name="other's")
    listed = client.get(KEYS).json()
    assert [key["name"] for key in listed] == ["two", "one"]
    assert set(listed[0]) == {
        "id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "last_address",
    }  # fmt: skip
    assert not any(key["key"] in str(listed) for key in made)


def test_a_key_may_expire_by_days_or_at_a_time(client_of, owner):
    client, now = client_of(owner), timezone.now()
    by_days = client.post(KEYS, {"name": "a", "expires_in_days": 7}).json()
    assert parse_datetime(by_days["expires_at"]) - now > timedelta(days=6, hours=23)
    at = (now + timedelta(hours=1)).isoformat()
    at_time = client.post(KEYS, {"name": "b", "expires_at": at, "expires_in_days": None}).json()
    assert parse_datetime(at_time["expires_at"]) == parse_datetime(at)


def test_a_key_with_every_scope_makes_and_revokes_keys(keyed, owner):
    client = keyed(owner)
    made = client.post(KEYS, {"name": "child", "scopes": ["music:read", "music:read"]}).json()
    assert made["scopes"] == ["music:read"]
    assert client.delete(f"{KEYS}/{made['id']}").status_code == 204


def test_a_revoked_key_opens_nothing_and_leaves_the_list(client_of, visitor, owner):
    client = client_of(owner)
    made = client.post(KEYS, {"name": "laptop"}).json()
    assert client.delete(f"{KEYS}/{made['id']}").status_code == 204
    assert visitor.get(KEYS, headers={"X-API-Key": made["key"]}).status_code == 401
    assert client.get(KEYS).json() == []
    assert client.delete(f"{KEYS}/{made['id']}").status_code == 404
    assert ApiKey.objects.get(pk=made["id"]).revoked_at


def test_without_credentials_it_is_401(visitor, db):
    for answer in (visitor.get(KEYS), visitor.post(KEYS, {"name": "x"}), visitor.delete(f"{KEYS}/1")):
        assert answer.status_code == 401


def test_a_narrow_key_lists_but_neither_makes_nor_revokes(keyed, owner):
    client = keyed(owner, "music:read", "music:generate")
    key_id = client.get(KEYS).json()[0]["id"]
    for answer in (client.post(KEYS, {"name": "x"}), client.delete(f"{KEYS}/{key_id}")):
        assert answer.status_code == 403
        assert answer.json()["code"] == "scope_missing"
    assert ApiKey.objects.count() == 1


def test_anothers_key_does_not_exist(client_of, owner, other):
    key, _ = key_create(user=other, name="other's")
    for key_id in (key.id, key.id + 1000, 10**30):
        answer = client_of(owner).delete(f"{KEYS}/{key_id}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"
    key.refresh_from_db()
    assert key.revoked_at is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["music:eat"]}, "scopes"),
        ({"name": "x", "scopes": "*"}, "scopes"),
        ({"name": "x", "expires_in_days": 0}, "expires_in_days"),
        ({"name": "x", "expires_in_days": 10**9}, "expires_in_days"),
        ({"name": "x", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "x", "expires_at": "soon"}, "expires_at"),
        ({"name": "x", "expires_at": "2999-01-01T00:00:00Z", "expires_in_days": 1}, "non_field_errors"),
        ([], "non_field_errors"),
    ],
)
def test_a_wrong_wish_is_400(client_of, owner, body, field):
    answer = client_of(owner).post(KEYS, body)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert not ApiKey.objects.exists()
