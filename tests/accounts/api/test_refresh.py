"""/api/v1/auth/refresh"""

import pytest
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

REFRESH = "/api/v1/auth/refresh"


def refresh(visitor, token):
    return visitor.post(REFRESH, {"refresh_token": str(token)})


def test_a_refresh_token_gets_an_access_token(visitor, owner):
    token = RefreshToken.for_user(owner)
    body = refresh(visitor, token).json()
    assert (body["token_type"], body["expires_in"], body["refresh_token"]) == ("bearer", 1800, str(token))
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    assert visitor.get("/api/v1/auth/me", headers=bearer).status_code == 200


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
