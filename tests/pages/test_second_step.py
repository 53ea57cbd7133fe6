"""The second step of signing in: with a second factor, the right password alone grants no access."""

import time

import pytest
from django.test import Client

from audiomusic.accounts.factors import second_step
from audiomusic.accounts.factors.services import recovery_codes_renew
from tests.support.totp import add_app, code_of, no_longer_refused, wrong_code_of

STEP = "/sign-in/factor"


@pytest.fixture
def app(owner):
    return add_app(owner)


def give_password(client, password="correct horse", **fields):
    return client.post("/sign-in", {"username": "olive", "password": password} | fields)


def is_signed_in(client):
    return client.get("/account").status_code == 200


def test_a_password_alone_leads_to_the_second_step(client, app, refused_by_policy):
    answer = give_password(client)
    assert (answer.status_code, answer["Location"]) == (302, STEP)
    assert not is_signed_in(client)
    page = client.get(STEP)
    assert "Code from your app, or a recovery code" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert refused_by_policy(page) == []


def test_a_code_signs_in_and_goes_where_somebody_wanted_to_go(client, app):
    give_password(client, next="/queue")
    answer = client.post(STEP, {"code": code_of(app)})
    assert (answer.status_code, answer["Location"]) == (302, "/queue")
    assert is_signed_in(client)
    assert second_step.PENDING not in client.session


def test_a_recovery_code_signs_in_once(client, app, owner):
    [code, *_] = recovery_codes_renew(user=owner)
    give_password(client)
    assert client.post(STEP, {"code": code}).status_code == 302
    assert is_signed_in(client)
    again = Client()
    give_password(again)
    assert "Each works once" in again.post(STEP, {"code": code}).content.decode()
    assert not is_signed_in(again)


def test_a_used_code_is_refused(client, app):
    code = code_of(app)
    give_password(client)
    client.post(STEP, {"code": code})
    again = Client()
    give_password(again)
    assert again.post(STEP, {"code": code}).status_code == 200
    assert not is_signed_in(again)


def test_a_wrong_code_is_refused_and_told_when_to_come_back(client, app):
    give_password(client)
    page = client.post(STEP, {"code": wrong_code_of(app)}).content.decode()
    assert "app codes do not work until" in page
    assert not is_signed_in(client)
    no_longer_refused(app)
    assert client.post(STEP, {"code": code_of(app)}).status_code == 302


@pytest.mark.parametrize("fields", [{}, {"code": ""}, {"code": "x" * 5000}])
def test_without_a_code_the_page_asks_again(client, app, fields):
    give_password(client)
    assert client.post(STEP, fields).status_code == 200
    assert not is_signed_in(client)


def test_nobody_gets_there_without_a_password(client, app):
    for answer in (client.get(STEP), client.post(STEP, {"code": code_of(app)})):
        assert (answer.status_code, answer["Location"]) == (302, "/sign-in")
    give_password(client, password="wrong")
    assert client.post(STEP, {"code": code_of(app)})["Location"] == "/sign-in"
    assert not is_signed_in(client)


def test_the_password_is_forgotten_after_a_while(client, app, monkeypatch):
    give_password(client)
    late = time.time() + second_step.PENDING_S + 1
    monkeypatch.setattr(second_step.time, "time", lambda: late)
    assert client.post(STEP, {"code": code_of(app)})["Location"] == "/sign-in"


def test_a_password_that_changed_meanwhile_does_not_count(client, app, owner):
    give_password(client)
    owner.set_password("velvet groove")
    owner.save()
    assert client.post(STEP, {"code": code_of(app)})["Location"] == "/sign-in"
    assert not is_signed_in(client)


def test_an_account_that_was_shut_meanwhile_stays_shut(client, app, owner):
    give_password(client)
    type(owner).objects.update(is_active=False)
    assert client.post(STEP, {"code": code_of(app)})["Location"] == "/sign-in"


def test_the_code_counts_for_whose_password_was_given(client, app, other):
    give_password(client)
    assert client.post(STEP, {"code": code_of(add_app(other))}).status_code == 200
    assert not is_signed_in(client)


def test_the_session_key_changes_with_each_step(client, app):
    client.get("/sign-in")
    give_password(client)
    between = client.session.session_key
    client.post(STEP, {"code": code_of(app)})
    assert client.session.session_key != between


def test_without_a_factor_nothing_changes(client, owner):
    assert give_password(client)["Location"] == "/"
    assert client.get(STEP)["Location"] == "/"


def test_a_form_without_its_token_is_refused(app):
    client = Client(enforce_csrf_checks=True)
    assert client.post(STEP, {"code": "123456"}).status_code == 403
