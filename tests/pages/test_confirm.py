"""Users confirm their identity again before a sensitive action, which then continues by itself."""

import pytest
from django.test import Client

from audiomusic.accounts.factors.reauthentication import CONFIRMED_AT
from audiomusic.accounts.factors.services import has_factor
from audiomusic.accounts.models import ApiKey
from audiomusic.accounts.services import key_create
from tests.support.totp import add_app, code_of, no_longer_refused, wrong_code_of

KEY = {"name": "laptop", "scope": "*", "days": "0"}
ASKED = "Confirm it’s you"


@pytest.fixture
def stale(client, owner):
    """A signed-in browser whose last confirmation has expired."""
    client.force_login(owner)
    age(client)
    return client


def age(client):
    session = client.session
    session[CONFIRMED_AT] -= 15 * 60 + 1
    session.save()


def is_asked(answer):
    return answer.status_code == 200 and f"<h1>{ASKED}</h1>" in answer.content.decode()


def test_a_fresh_session_is_not_asked(client, owner):
    client.force_login(owner)
    assert client.post("/account/keys", KEY).context["token"]


def test_a_key_is_made_after_the_password(stale, refused_by_policy):
    asked = stale.post("/account/keys", KEY)
    assert is_asked(asked) and not ApiKey.objects.exists()
    assert "no-store" in asked["Cache-Control"]
    assert refused_by_policy(asked) == []
    carried = dict(asked.context["carried"])
    assert carried == KEY
    answer = stale.post(asked.context["action"], carried | {"confirm_password": "correct horse"})
    assert answer.context["token"]
    assert ApiKey.objects.get().name == "laptop"
    assert stale.post("/account/keys", KEY).context["token"]  # the confirmation stays valid for a while


def test_a_wrong_password_does_nothing(stale):
    answer = stale.post("/account/keys", KEY | {"confirm_password": "guess"})
    assert is_asked(answer)
    assert "This is not your account" in answer.content.decode()
    assert "guess" not in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_guesses_are_counted_with_those_at_the_sign_in(stale):
    seen = [stale.post("/account/keys", KEY | {"confirm_password": "guess"}) for _ in range(6)]
    assert all(map(is_asked, seen))
    for _ in range(4):
        Client().post("/sign-in", {"username": "olive", "password": "guess"})
    answer = stale.post("/account/keys", KEY | {"confirm_password": "correct horse"})
    assert answer.status_code == 429 and int(answer["Retry-After"]) > 0
    assert not ApiKey.objects.exists()


def test_with_a_factor_a_code_is_wanted_and_the_password_is_not_enough(stale, owner):
    app = add_app(owner)
    assert is_asked(stale.post("/account/keys", KEY | {"confirm_password": "correct horse"}))
    assert is_asked(stale.post("/account/keys", KEY | {"confirm_code": wrong_code_of(app)}))
    no_longer_refused(app)
    code = code_of(app)
    assert stale.post("/account/keys", KEY | {"confirm_code": code}).context["token"]
    age(stale)
    assert is_asked(stale.post("/account/keys", KEY | {"confirm_code": code}))


@pytest.mark.parametrize(
    "address",
    [
        "/account/keys", "/account/keys/{key}/revoke", "/account/password", "/account/factors/app",
        "/account/factors/codes", "/account/factors/app/{app}/rename", "/account/factors/app/{app}/remove",
    ],
)  # fmt: skip
def test_whatever_weighs_is_asked(stale, owner, address):
    key, _ = key_create(user=owner, name="old")
    app = add_app(owner)
    address = address.format(key=key.pk, app=app.pk)
    assert is_asked(stale.post(address, {"name": "x", "sure": "yes", "old_password": "correct horse"}))
    app.refresh_from_db(), key.refresh_from_db()
    assert (app.name, key.revoked_at) == ("Phone", None)


@pytest.mark.parametrize("end", ["app", "codes", "app/{app}"])
def test_pages_that_show_secrets_are_asked_before_they_are_shown(stale, owner, end):
    app = add_app(owner)
    address = f"/account/factors/{end.format(app=app.pk)}"
    asked = stale.get(address)
    assert is_asked(asked)
    no_longer_refused(app)
    answer = stale.post(asked.context["action"], {"confirm_code": code_of(app)}, follow=True)
    assert answer.redirect_chain == [(address, 302)]
    assert answer.status_code == 200 and not is_asked(answer)


def test_typed_passwords_are_not_written_into_the_page(stale, owner):
    form = {"old_password": "correct horse", "new_password1": "velvet-groove-77"}
    asked = stale.post("/account/password", form | {"new_password2": "velvet-groove-77"})
    assert is_asked(asked)
    assert "velvet-groove-77" not in asked.content.decode() and "correct horse" not in asked.content.decode()
    assert asked.context["action"] == "/account/confirm?next=%2Faccount&form=lost"
    answer = stale.post(asked.context["action"], {"confirm_password": "correct horse"}, follow=True)
    assert answer.redirect_chain == [("/account", 302)]
    assert "Please fill in the form again" in answer.content.decode()


def test_the_page_by_itself_goes_where_it_was_asked_and_nowhere_else(stale):
    assert is_asked(stale.get("/account/confirm?next=/queue"))
    answer = stale.post("/account/confirm?next=/queue", {"confirm_password": "correct horse"})
    assert answer["Location"] == "/queue"
    assert stale.get("/account/confirm?next=https://evil.example/")["Location"] == "/account"


def test_what_is_carried_is_escaped(stale):
    page = stale.post("/account/keys", KEY | {"name": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert(1)" not in page


def test_how_long_a_proof_counts_is_a_setting(client, owner, settings):
    settings.REAUTHENTICATION_MIN = "60"
    client.force_login(owner)
    age(client)
    assert client.post("/account/keys", KEY).context["token"]


def test_a_clock_that_was_set_back_is_no_proof(client, owner):
    client.force_login(owner)
    session = client.session
    session[CONFIRMED_AT] += 3600
    session.save()
    assert is_asked(client.post("/account/keys", KEY))


def test_looking_at_the_account_asks_nothing(stale):
    assert f"<h1>{ASKED}" not in stale.get("/account").content.decode()


def test_by_api_a_browser_is_asked_and_a_key_is_not(stale, owner, client_of):
    body = {"name": "by script"}
    key, token = key_create(user=owner, name="robot")
    refused = stale.post("/api/v1/auth/api-keys", body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "reauthentication_required")
    assert stale.delete(f"/api/v1/auth/api-keys/{key.pk}").status_code == 403
    assert ApiKey.objects.get().revoked_at is None
    made = Client().post(
        "/api/v1/auth/api-keys", body, content_type="application/json", headers={"X-API-Key": token}
    )
    assert made.status_code == 201
    stale.post("/account/confirm", {"confirm_password": "correct horse"})
    assert stale.post("/api/v1/auth/api-keys", body, content_type="application/json").status_code == 201


def test_removing_a_factor_by_a_stolen_session_needs_the_factor(stale, owner):
    app = add_app(owner)
    stale.post(f"/account/factors/app/{app.pk}/remove", {"confirm_password": "correct horse"})
    assert has_factor(owner)
