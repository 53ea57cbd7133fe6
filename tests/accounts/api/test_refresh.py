"""/api/v1/auth/refresh"""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from audiomusic.accounts.jwt.tokens import families_purge
from audiomusic.accounts.models import RefreshTokenFamily
from audiomusic.accounts.sessions.user_sessions import sessions_end
from tests.jobs.test_services_races import race

REFRESH = "/api/v1/auth/refresh"


def refresh(visitor, token):
    return visitor.post(REFRESH, {"refresh_token": str(token)})


def opens(visitor, access_token):
    bearer = {"Authorization": f"Bearer {access_token}"}
    return visitor.get("/api/v1/auth/me", headers=bearer).status_code == 200


def sign_in(visitor):
    return visitor.post("/api/v1/auth/token", {"username": "olive", "password": "correct horse"}).json()


def test_a_refresh_token_gets_a_new_pair(visitor, owner):
    token = RefreshToken.for_user(owner)
    body = refresh(visitor, token).json()
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 1800)
    assert body["refresh_token"] != str(token)
    assert opens(visitor, body["access_token"])


def test_one_after_another_is_good_once(visitor, owner):
    token = sign_in(visitor)["refresh_token"]
    for _ in range(4):
        answer = refresh(visitor, token)
        assert answer.status_code == 200
        token = answer.json()["refresh_token"]
        assert opens(visitor, answer.json()["access_token"])
    assert RefreshTokenFamily.objects.count() == 1


@pytest.mark.parametrize("generations", [1, 3])
def test_a_used_one_is_refused_and_ends_what_came_from_it(visitor, owner, generations):
    """Revoke the whole family on reuse: if a thief and the owner both hold the token, neither continues."""
    stolen = newest = sign_in(visitor)["refresh_token"]
    for _ in range(generations):
        newest = refresh(visitor, newest).json()["refresh_token"]
    answer = refresh(visitor, stolen)
    assert (answer.status_code, answer.json()["code"]) == (401, "refresh_token_reused")
    assert "Sign in again" in answer.json()["detail"]
    assert refresh(visitor, newest).status_code == 401
    assert refresh(visitor, stolen).status_code == 401


def test_another_sign_in_goes_on(visitor, owner):
    one, two = sign_in(visitor)["refresh_token"], sign_in(visitor)["refresh_token"]
    refresh(visitor, one), refresh(visitor, one)
    assert refresh(visitor, two).status_code == 200


def test_who_lost_the_answer_goes_on_with_the_access_token_and_signs_in_again(visitor, owner):
    pair = sign_in(visitor)
    refresh(visitor, pair["refresh_token"])  # its response is lost
    assert refresh(visitor, pair["refresh_token"]).status_code == 401
    assert opens(visitor, pair["access_token"])
    assert refresh(visitor, sign_in(visitor)["refresh_token"]).status_code == 200


def test_no_token_is_kept(visitor, owner):
    token = sign_in(visitor)["refresh_token"]
    newest = refresh(visitor, token).json()["refresh_token"]
    row = str(RefreshTokenFamily.objects.values().get())
    assert token not in row and newest not in row


def test_signing_out_everywhere_ends_both(visitor, owner):
    pair = sign_in(visitor)
    fresh = refresh(visitor, pair["refresh_token"]).json()
    sessions_end(user=owner, except_key=None)
    for each in (pair, fresh):
        assert not opens(visitor, each["access_token"])
        assert refresh(visitor, each["refresh_token"]).status_code == 401
    again = sign_in(visitor)
    assert opens(visitor, again["access_token"])
    assert opens(visitor, refresh(visitor, again["refresh_token"]).json()["access_token"])


def test_one_from_before_there_were_epochs_ends_too(visitor, owner):
    """The library's own token carries no epoch."""
    token, access = RefreshToken.for_user(owner), AccessToken.for_user(owner)
    assert opens(visitor, access)
    sessions_end(user=owner, except_key=None)
    assert not opens(visitor, access)
    assert refresh(visitor, token).status_code == 401


def test_a_password_change_ends_both(visitor, owner):
    pair = sign_in(visitor)
    owner.set_password("battery staple")
    owner.save()
    assert not opens(visitor, pair["access_token"])
    assert refresh(visitor, pair["refresh_token"]).status_code == 401


def test_families_go_with_their_last_token(visitor, owner):
    token = refresh(visitor, sign_in(visitor)["refresh_token"]).json()["refresh_token"]
    assert families_purge() == 0
    RefreshTokenFamily.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert families_purge() == 1
    assert token


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_answered(owner):
    token = str(RefreshToken.for_user(owner))
    answers = race(*[lambda: refresh(APIClient(), token).status_code] * 4)
    assert sorted(answers) == [200, 401, 401, 401]


def test_garbage_is_401(visitor, db):
    assert refresh(visitor, "garbage").status_code == 401


def test_an_access_token_does_not_refresh(visitor, owner):
    assert refresh(visitor, AccessToken.for_user(owner)).status_code == 401


def test_a_refresh_token_does_not_open(visitor, owner):
    bearer = {"Authorization": f"Bearer {RefreshToken.for_user(owner)}"}
    assert visitor.get("/api/v1/auth/me", headers=bearer).status_code == 401


@pytest.mark.parametrize("fate", ["inactive", "gone"])
def test_a_user_who_left_is_401(visitor, owner, fate):
    token = RefreshToken.for_user(owner)
    if fate == "gone":
        owner.delete()
    else:
        owner.is_active = False
        owner.save()
    assert refresh(visitor, token).status_code == 401


def test_a_missing_token_is_400(visitor, db):
    assert set(visitor.post(REFRESH, {}).json()["errors"]) == {"refresh_token"}
