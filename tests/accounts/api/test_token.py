"""/api/v1/auth/token"""

import pytest

from audiomusic.accounts.models import User

TOKEN = "/api/v1/auth/token"


def sign_in(visitor, username="olive", password="correct horse"):
    return visitor.post(TOKEN, {"username": username, "password": password})


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
def test_a_form_or_json_gets_a_pair_of_tokens(visitor, owner, content_type):
    bodies = {
        "application/json": '{"username": "olive", "password": "correct horse"}',
        "application/x-www-form-urlencoded": "username=olive&password=correct+horse",
    }
    answer = visitor.generic("POST", TOKEN, bodies[content_type], content_type=content_type)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("bearer", 1800)
    assert body["user"]["username"] == "olive"
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    assert visitor.get("/api/v1/auth/me", headers=bearer).json()["id"] == owner.id
    assert body["refresh_token"] != body["access_token"]


def test_an_address_that_one_user_has_will_do(visitor, owner):
    assert sign_in(visitor, "OLIVE@example.org").status_code == 200
    User.objects.create_user("double", "olive@example.org", "correct horse")
    assert sign_in(visitor, "olive@example.org").status_code == 401


def test_a_password_keeps_its_spaces(visitor, owner):
    owner.set_password(" spaced ")
    owner.save()
    assert sign_in(visitor, password=" spaced ").status_code == 200
    assert sign_in(visitor, password="spaced").status_code == 401


@pytest.mark.parametrize(("username", "password"), [("olive", "wrong"), ("nobody", "correct horse")])
def test_wrong_words_are_401_and_do_not_say_which(visitor, owner, username, password):
    answer = sign_in(visitor, username, password)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"]
    assert answer.json()["detail"] == "No active account found with the given credentials"


def test_an_inactive_user_is_401(visitor, owner):
    User.objects.update(is_active=False)
    assert sign_in(visitor).status_code == 401


def test_a_user_without_a_password_is_401(visitor, db):
    User.objects.create_user("nora")
    assert sign_in(visitor, "nora", "anything").status_code == 401


@pytest.mark.parametrize(
    ("body", "fields"),
    [({}, {"username", "password"}), ({"username": "olive"}, {"password"}), ([1], {"non_field_errors"})],
)
def test_missing_fields_are_400(visitor, db, body, fields):
    answer = visitor.post(TOKEN, body)
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == fields


def test_it_is_throttled_by_name(visitor, owner, other):
    for _ in range(10):
        assert sign_in(visitor, password="guess").status_code == 401
    answer = sign_in(visitor, "Olive ")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert sign_in(visitor, "otto").status_code == 200
