"""Keys and the first admin, without HTTP."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audiomusic.accounts.models import ApiKey, User
from audiomusic.accounts.services import ensure_first_admin, key_create, key_revoke, user_ensure


def test_a_key_is_stored_hashed(owner):
    key, token = key_create(user=owner, name="laptop")
    assert token.startswith("ap_")
    assert len(token) == 67
    row = ApiKey.objects.filter(pk=key.pk).values().get()
    assert not [value for value in row.values() if isinstance(value, str) and token in value]
    assert row["token_key"] == token[:15]
    assert str(key) == f"laptop ({token[:15]}…)"


def test_two_keys_differ(owner):
    assert key_create(user=owner, name="a")[1] != key_create(user=owner, name="a")[1]


def test_the_manager_finds_the_key_and_only_that(owner):
    key, token = key_create(user=owner, name="laptop")
    assert ApiKey.objects.get_by_token(token) == key
    assert ApiKey.objects.get_by_token(token[:15]) is None
    assert ApiKey.objects.get_by_token(token + "0") is None


def test_two_keys_with_one_prefix_differ(owner, other):
    key, token = key_create(user=owner, name="mine")
    twin, _ = key_create(user=other, name="theirs")
    ApiKey.objects.filter(pk=twin.pk).update(token_key=key.token_key)
    assert ApiKey.objects.get_by_token(token).user == owner


def test_a_revoked_key_keeps_its_first_revocation_time(owner):
    key, _ = key_create(user=owner, name="laptop")
    key_revoke(key=key)
    first = ApiKey.objects.get(pk=key.pk).revoked_at
    key_revoke(key=key)
    assert ApiKey.objects.get(pk=key.pk).revoked_at == first


def test_a_key_is_usable_until_it_expires(owner):
    now = timezone.now()
    assert key_create(user=owner, name="a", expires_at=now + timedelta(days=1))[0].is_usable
    assert not key_create(user=owner, name="b", expires_at=now)[0].is_usable


def test_the_first_admin_can_sign_in_and_has_a_key(client, db):
    first = ensure_first_admin()
    assert first.username == "admin"
    assert client.login(username=first.username, password=first.password)
    admin = ApiKey.objects.get_by_token(first.api_key).user
    assert admin.is_superuser
    assert admin.is_staff


def test_there_is_one_first_admin(db):
    ensure_first_admin()
    assert ensure_first_admin() is None
    assert User.objects.count() == 1


def test_a_superuser_of_another_name_will_do(staff):
    assert ensure_first_admin() is None


def test_a_name_already_taken_is_left_alone(db):
    User.objects.create_user("admin")
    User.objects.create_user("admin2")
    assert ensure_first_admin().username == "admin3"
    assert not User.objects.get(username="admin").is_superuser


@pytest.mark.parametrize("exists", [True, False])
def test_a_user_is_found_or_made_without_a_password(owner, exists):
    user, is_new = user_ensure(username="olive" if exists else "nora")
    assert is_new is not exists
    assert user.has_usable_password() is exists
