"""The user's own second factors: added, named, removed, and the recovery codes for when they are lost."""

import re
from urllib.parse import unquote

import pytest
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from audiomusic.accounts.factors.services import (
    code_verify,
    factors_of,
    has_factor,
    recovery_codes_left,
    recovery_codes_renew,
)
from tests.support.totp import add_app, code_of, no_longer_refused, wrong_code_of

ADD = "/account/factors/app"
CODE = re.compile(r"<code>((?:\w{4}-){3}\w{4})</code>")


@pytest.fixture
def signed_in(client, owner):
    client.force_login(owner)
    return client


def draft_of(user):
    return TOTPDevice.objects.get(user=user, confirmed=False)


def test_the_account_page_says_that_there_is_none(signed_in, refused_by_policy):
    page = signed_in.get("/account")
    assert "Your account needs only the password" in page.content.decode()
    assert refused_by_policy(page) == []


def test_an_app_is_added_and_recovery_codes_are_shown_once(signed_in, owner, refused_by_policy):
    page = signed_in.get(ADD)
    draft = draft_of(owner)
    words = page.content.decode()
    assert refused_by_policy(page) == []
    assert "<svg" in words and "no-store" in page["Cache-Control"]
    assert f"otpauth://totp/AudioMusic%3Aolive?secret={page.context['secret'].replace(' ', '')}" in words
    answer = signed_in.post(ADD, {"name": "Phone", "code": code_of(draft)})
    codes = CODE.findall(answer.content.decode())
    assert answer.status_code == 200 and len(codes) == 10
    assert "no-store" in answer["Cache-Control"]
    assert refused_by_policy(answer) == []
    [file] = re.findall(r'href="data:text/plain;charset=utf-8,([^"]*)"', answer.content.decode())
    assert unquote(file).split() == codes
    account = signed_in.get("/account").content.decode()
    assert "Phone" in account and "10 recovery codes left" in account
    assert not [code for code in codes if code in account]
    assert code_verify(user=owner, code=codes[3])


def test_the_secret_is_not_shown_after_it_is_proven(signed_in, owner):
    signed_in.get(ADD)
    key = draft_of(owner).key
    signed_in.post(ADD, {"name": "Phone", "code": code_of(draft_of(owner))})
    signed_in.get(ADD)
    assert draft_of(owner).key != key


@pytest.mark.parametrize("wrong", [{"code": "no"}, {"code": ""}, {"name": ""}, {"name": "x" * 65}])
def test_a_wrong_form_adds_nothing(signed_in, owner, wrong):
    signed_in.get(ADD)
    answer = signed_in.post(ADD, {"name": "Phone", "code": code_of(draft_of(owner))} | wrong)
    assert answer.status_code == 400
    assert 'class="field-errors"' in answer.content.decode()
    assert not has_factor(owner)


def test_the_first_factor_signs_out_those_who_had_the_password_alone(signed_in, owner):
    elsewhere = Client()
    elsewhere.force_login(owner)
    epoch = owner.token_epoch
    signed_in.get(ADD)
    page = signed_in.post(ADD, {"name": "Phone", "code": code_of(draft_of(owner))})
    assert "signed out everywhere else" in page.content.decode()
    assert elsewhere.get("/account").status_code == 302
    assert signed_in.get("/account").status_code == 200
    owner.refresh_from_db()
    assert owner.token_epoch > epoch


def test_a_second_app_keeps_the_recovery_codes(signed_in, owner):
    add_app(owner)
    [code, *_] = recovery_codes_renew(user=owner)
    signed_in.get(ADD)
    answer = signed_in.post(ADD, {"name": "Tablet", "code": code_of(draft_of(owner))})
    assert (answer.status_code, answer["Location"]) == (302, "/account")
    assert [factor.name for factor in factors_of(owner)] == ["Phone", "Tablet"]
    assert code_verify(user=owner, code=code)


def test_a_factor_is_renamed(signed_in, owner):
    app = add_app(owner)
    assert "Phone" in signed_in.get(f"{ADD}/{app.pk}").content.decode()
    answer = signed_in.post(f"{ADD}/{app.pk}/rename", {"name": "Old <b>phone"}, follow=True)
    assert "Old &lt;b&gt;phone" in answer.content.decode()
    answer = signed_in.post(f"{ADD}/{app.pk}/rename", {"name": " "}, follow=True)
    assert "Give it a name of 1 to 64 characters" in answer.content.decode()


def test_a_factor_is_removed_after_a_question_that_names_it(signed_in, owner, refused_by_policy):
    app = add_app(owner)
    recovery_codes_renew(user=owner)
    page = signed_in.get(f"{ADD}/{app.pk}")
    assert "Remove “<bdi>Phone</bdi>”?" in page.content.decode()
    assert "It is your last one" in page.content.decode()
    assert refused_by_policy(page) == []
    assert has_factor(owner)
    answer = signed_in.post(f"{ADD}/{app.pk}/remove", follow=True)
    assert "“Phone” is removed" in answer.content.decode()
    assert (has_factor(owner), recovery_codes_left(owner)) == (False, 0)


def test_nobody_touches_anothers_factor_or_a_kind_that_is_none(signed_in, other):
    app = add_app(other)
    for kind in ("app", "passkey", "hologram"):
        address = f"/account/factors/{kind}/{app.pk}"
        answers = [
            signed_in.get(address),
            *(signed_in.post(f"{address}/{end}") for end in ("rename", "remove")),
        ]
        assert {answer.status_code for answer in answers} == {404}
    assert has_factor(other)


def test_a_draft_is_no_factor_to_rename(signed_in, owner):
    signed_in.get(ADD)
    assert signed_in.get(f"{ADD}/{draft_of(owner).pk}").status_code == 404


def test_new_recovery_codes_are_made_after_a_question(signed_in, owner):
    add_app(owner)
    [old, *_] = recovery_codes_renew(user=owner)
    assert (
        "The 10 that you have left will stop "
        "working" in signed_in.get("/account/factors/codes").content.decode()
    )
    answer = signed_in.post("/account/factors/codes", {"sure": "yes"})
    assert len(CODE.findall(answer.content.decode())) == 10
    assert not code_verify(user=owner, code=old)


def test_there_are_no_recovery_codes_without_a_factor(signed_in, owner):
    for answer in (
        signed_in.get("/account/factors/codes"),
        signed_in.post("/account/factors/codes", {"sure": "yes"}),
    ):
        assert (answer.status_code, answer["Location"]) == (302, "/account")
    assert recovery_codes_left(owner) == 0


def test_the_codes_of_a_new_app_are_not_guessed(signed_in, owner):
    signed_in.get(ADD)
    draft = draft_of(owner)
    seen = []
    for _ in range(11):
        no_longer_refused(draft)
        seen.append(signed_in.post(ADD, {"name": "Phone", "code": wrong_code_of(draft)}).status_code)
    assert seen == [400] * 10 + [429]


def test_strangers_are_asked_to_sign_in(db):
    for address in (ADD, f"{ADD}/1", "/account/factors/codes", "/account/confirm"):
        assert Client().get(address)["Location"].startswith("/sign-in?next=")
