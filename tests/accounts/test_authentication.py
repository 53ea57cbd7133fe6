"""Every way to authenticate, tried at /api/v1/auth/me."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from audiomusic.accounts.authentication import ApiKeyAuthentication, JwtAuthentication
from audiomusic.accounts.models import ApiKey
from audiomusic.accounts.services import key_create, key_revoke

ME = "/api/v1/auth/me"


@pytest.fixture
def key(owner):
    return key_create(user=owner, name="laptop")


@pytest.fixture
def token(key):
    return key[1]


def refused(answer):
    assert answer.status_code == 401, answer.content
    assert answer["WWW-Authenticate"]
    assert set(answer.json()) == {"detail", "code"}
    return True


def test_a_key_opens_in_either_header_or_both(visitor, token, owner):
    for headers in (
        {"X-API-Key": token},
        {"Authorization": f"Bearer {token}"},
        {"authorization": f"bearer {token}"},
        {"X-API-Key": token, "Authorization": f"Bearer {token}"},
    ):
        answer = visitor.get(ME, headers=headers)
        assert answer.status_code == 200, answer.content
        assert answer.json()["id"] == owner.id


def test_a_json_web_token_opens(visitor, owner):
    answer = visitor.get(ME, headers={"Authorization": f"Bearer {AccessToken.for_user(owner)}"})
    assert answer.json()["username"] == "olive"


def test_a_session_opens(visitor, owner):
    visitor.force_login(owner)
    assert visitor.get(ME).status_code == 200


def test_without_credentials_it_is_401(visitor, db):
    answer = visitor.get(ME)
    assert refused(answer)
    assert answer.json()["code"] == "not_authenticated"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": "ap_" + "0" * 64},
        {"X-API-Key": ""},
        {"X-API-Key": "nonsense"},
        {"X-API-Key": "ap_\xff\xfe"},
        {"Authorization": "Bearer ap_"},
        {"Authorization": "Bearer ap_" + "x" * 5000},
        {"Authorization": "Bearer garbage"},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer one two"},
        {"Authorization": "Basic b2xpdmU6Y29ycmVjdCBob3JzZQ=="},
    ],
)
def test_malformed_credentials_are_401(visitor, db, headers):
    assert refused(visitor.get(ME, headers=headers))


def test_a_key_that_only_begins_right_is_401(visitor, token):
    assert refused(visitor.get(ME, headers={"X-API-Key": token[:-1] + ("0" if token[-1] != "0" else "1")}))


def test_two_different_credentials_are_401(visitor, token, owner, other):
    others_token = key_create(user=other, name="other")[1]
    access = str(AccessToken.for_user(owner))
    for bearer in (others_token, access):
        assert refused(visitor.get(ME, headers={"X-API-Key": token, "Authorization": f"Bearer {bearer}"}))


def test_a_revoked_key_is_401(visitor, key):
    key_revoke(key=key[0])
    assert refused(visitor.get(ME, headers={"X-API-Key": key[1]}))


def test_an_expired_key_is_401_and_stays_in_the_list(visitor, owner):
    soon = timezone.now() + timedelta(minutes=1)
    key, token = key_create(user=owner, name="short", expires_at=soon)
    assert visitor.get(ME, headers={"X-API-Key": token}).status_code == 200
    ApiKey.objects.filter(pk=key.pk).update(expiry=timezone.now())
    assert refused(visitor.get(ME, headers={"X-API-Key": token}))
    assert ApiKey.objects.filter(pk=key.pk).exists()


def test_an_inactive_user_is_401_whatever_they_bring(visitor, token, owner):
    access = str(AccessToken.for_user(owner))
    owner.is_active = False
    owner.save()
    assert refused(visitor.get(ME, headers={"X-API-Key": token}))
    assert refused(visitor.get(ME, headers={"Authorization": f"Bearer {access}"}))


def test_an_expired_json_web_token_is_401(visitor, owner):
    access = AccessToken.for_user(owner)
    access.set_exp(lifetime=-timedelta(seconds=1))
    assert refused(visitor.get(ME, headers={"Authorization": f"Bearer {access}"}))


def test_a_json_web_token_ends_with_the_password(visitor, owner):
    access = AccessToken.for_user(owner)
    owner.set_password("battery staple")
    owner.save()
    assert refused(visitor.get(ME, headers={"Authorization": f"Bearer {access}"}))


def test_a_json_web_token_of_nobody_is_401(visitor, owner):
    access = AccessToken.for_user(owner)
    owner.delete()
    assert refused(visitor.get(ME, headers={"Authorization": f"Bearer {access}"}))


def test_a_session_needs_the_csrf_token_to_write(owner):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(owner)
    answer = browser.post("/api/v1/auth/api-keys", {"name": "laptop"})
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]


def test_the_key_is_found_in_one_query(rf, token, django_assert_num_queries):
    request = rf.get("/", headers={"X-API-Key": token, "Authorization": f"Bearer {token}"})
    ApiKeyAuthentication().authenticate(request)  # records the use
    with django_assert_num_queries(1):
        user, key = ApiKeyAuthentication().authenticate(request)
        assert key.user.username == user.username == "olive"


def test_an_api_key_is_not_the_json_web_tokens_business(rf, token, django_assert_num_queries):
    with django_assert_num_queries(0):
        request = rf.get("/", headers={"Authorization": f"Bearer {token}"})
        assert JwtAuthentication().authenticate(request) is None


def test_last_use_is_written_at_most_once_a_minute(visitor, key):
    row, token = ApiKey.objects.get(pk=key[0].pk), key[1]
    assert row.last_used_at is None

    visitor.get(ME, headers={"X-API-Key": token})
    row.refresh_from_db()
    first = row.last_used_at
    visitor.get(ME, headers={"X-API-Key": token})
    row.refresh_from_db()
    assert row.last_used_at == first

    ApiKey.objects.update(last_used_at=first - timedelta(minutes=2))
    visitor.get(ME, headers={"X-API-Key": token})
    row.refresh_from_db()
    assert row.last_used_at >= first


def test_a_refused_key_leaves_no_last_use(visitor, key):
    key_revoke(key=key[0])
    visitor.get(ME, headers={"X-API-Key": key[1]})
    assert ApiKey.objects.get(pk=key[0].pk).last_used_at is None
