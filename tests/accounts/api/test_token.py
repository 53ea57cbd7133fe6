"""/api/v1/auth/token"""

import pytest

from audiomusic.accounts.factors.services import recovery_codes_renew
from audiomusic.accounts.models import User
from tests.support.totp import add_app, code_of

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


def test_with_a_second_factor_a_password_is_not_enough(visitor, owner):
    app = add_app(owner)
    answer = sign_in(visitor)
    assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_required")
    assert answer["WWW-Authenticate"]
    owner.refresh_from_db()
    assert owner.last_login is None
    code = code_of(app)
    given = visitor.post(TOKEN, {"username": "olive", "password": "correct horse", "otp": code})
    assert given.status_code == 200 and given.json()["access_token"]
    again = visitor.post(TOKEN, {"username": "olive", "password": "correct horse", "otp": code})
    assert (again.status_code, again.json()["code"]) == (401, "second_factor_invalid")


def test_a_recovery_code_will_do_once(visitor, owner):
    add_app(owner)
    form = {"username": "olive", "password": "correct horse", "otp": recovery_codes_renew(user=owner)[0]}
    assert visitor.post(TOKEN, form).status_code == 200
    assert visitor.post(TOKEN, form).status_code == 401


@pytest.mark.parametrize("otp", ["", "000000x", 123456, None, "x" * 65])
def test_what_is_no_code_opens_nothing(visitor, owner, otp):
    add_app(owner)
    answer = visitor.post(TOKEN, {"username": "olive", "password": "correct horse", "otp": otp})
    assert answer.status_code in (400, 401)


def test_a_wrong_password_does_not_tell_of_the_factor(visitor, owner):
    without = sign_in(visitor, password="wrong")
    app = add_app(owner)
    form = {"username": "olive", "password": "wrong", "otp": code_of(app)}
    assert sign_in(visitor, password="wrong").json() == without.json()
    assert visitor.post(TOKEN, form).json() == without.json()


def test_a_code_that_is_not_needed_changes_nothing(visitor, owner):
    form = {"username": "olive", "password": "correct horse", "otp": "123456"}
    assert visitor.post(TOKEN, form).status_code == 200


def test_keys_go_on_working(owner, keyed):
    client = keyed(owner)
    add_app(owner)
    assert client.get("/api/v1/auth/me").status_code == 200
    assert client.post("/api/v1/auth/api-keys", {"name": "another"}).status_code == 201
