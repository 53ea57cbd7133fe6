"""The staff's pages for users, keys and the ledger."""

import pytest
from django.urls import reverse

from audiomusic.accounts.credits import balance_of, credits_reserve
from audiomusic.accounts.models import ApiKey, CreditEntry, User
from audiomusic.accounts.services import key_create

pytestmark = pytest.mark.usefixtures("limited")


@pytest.fixture
def desk(client, staff):
    client.force_login(staff)
    return client


def page(model, action="changelist", *args):
    return reverse(f"admin:accounts_{model}_{action}", args=args)


def act(desk, model, action, *rows):
    return desk.post(page(model), {"action": action, "_selected_action": [row.pk for row in rows]})


@pytest.mark.parametrize("model", ["user", "apikey", "creditentry"])
def test_every_list_opens(desk, owner, model):
    key_create(user=owner, name="laptop")
    assert desk.get(page(model)).status_code == 200
    assert desk.get(page(model), {"q": "olive"}).status_code == 200


def test_a_users_page_shows_balance_and_keys_but_no_secret(desk, owner):
    key, token = key_create(user=owner, name="laptop")
    shown = desk.get(page("user", "change", owner.pk)).content.decode()
    assert "1000" in shown
    assert key.token_key in shown
    assert token not in shown
    assert key.digest not in shown


def test_credits_can_be_granted_to_selected_users(desk, owner, other):
    act(desk, "user", "grant_minutes", owner, other)
    assert balance_of(owner) == balance_of(other) == 1000 + 9900
    assert owner.credit_entries.first().note == "by stella"


def test_any_amount_can_be_granted_by_adding_a_line(desk, owner):
    body = {"user": owner.pk, "amount": 42, "note": ""}
    assert desk.post(page("creditentry", "add"), body).status_code == 302
    assert balance_of(owner) == 1042


def test_nothing_can_be_taken_by_adding_a_line(desk, owner):
    answer = desk.post(page("creditentry", "add"), {"user": owner.pk, "amount": -42})
    assert answer.status_code == 200
    assert balance_of(owner) == 1000


def test_a_line_can_be_seen_but_not_changed_or_deleted(desk, owner):
    line = owner.credit_entries.get()
    assert desk.get(page("creditentry", "change", line.pk)).status_code == 200
    assert desk.post(page("creditentry", "change", line.pk), {"amount": 9}).status_code == 403
    assert desk.post(page("creditentry", "delete", line.pk), {"post": "yes"}).status_code == 403


def test_keys_can_be_revoked_and_not_made(desk, owner):
    key, token = key_create(user=owner, name="laptop")
    act(desk, "apikey", "revoke", key)
    assert not ApiKey.objects.get(pk=key.pk).is_usable
    assert desk.get(page("apikey", "add")).status_code == 403
    assert key.digest not in desk.get(page("apikey", "change", key.pk)).content.decode()


def test_a_user_can_be_deleted_ledger_and_all(desk, owner):
    credits_reserve(user=owner, amount=1, reference="job:1")
    assert desk.post(page("user", "delete", owner.pk), {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=owner.pk).exists()
    assert not CreditEntry.objects.filter(user_id=owner.pk).exists()


def test_a_user_can_be_added(desk):
    body = {"username": "nora", "usable_password": "false"}
    assert desk.post(page("user", "add"), body).status_code == 302
    assert balance_of(User.objects.get(username="nora")) == 1000


def test_a_user_who_is_not_staff_sees_nothing(client, owner):
    client.force_login(owner)
    for model in ("user", "apikey", "creditentry"):
        assert client.get(page(model)).status_code == 302
