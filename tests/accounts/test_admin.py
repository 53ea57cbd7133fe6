"""The admin pages for users, keys and the ledger."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse

from audiomusic.accounts.credits.ledger import balance_of, credits_reserve
from audiomusic.accounts.credits.statements import ledger_problems, statement_of
from audiomusic.accounts.models import ApiKey, CreditEntry, User
from audiomusic.accounts.services import key_create

pytestmark = pytest.mark.usefixtures("limited")


@pytest.fixture
def desk(client, staff):
    client.force_login(staff)
    return client


def page(model, action="changelist", *args):
    return reverse(f"admin:accounts_{model}_{action}", args=args)


def actions(row):
    """The admin log's entries for a row, oldest first."""
    entries = LogEntry.objects.filter(object_id=row.pk, content_type__model=row._meta.model_name)
    return [entry.get_change_message() for entry in entries.order_by("id")]


@pytest.mark.parametrize("user", ["nobody", "1", "o\0live", "o" * 151, ""])
def test_a_line_for_nobody_is_refused(desk, owner, user):
    answer = desk.post(page("creditentry", "add"), {"user": user, "amount": 5})
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["user"]


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
    assert actions(owner) == ["Granted 9900 credits."]


def ledger(owner):
    return page("user", "credits", owner.pk)


def test_the_ledger_page_tells_where_credits_went(desk, owner):
    credits_reserve(user=owner, amount=300, reference="job:7")
    shown = desk.get(ledger(owner)).content.decode()
    assert "job:7" in shown and "opening grant" in shown and "<dd>700</dd>" in shown
    assert ledger(owner) in desk.get(page("user", "change", owner.pk)).content.decode()


def test_credits_are_given_for_a_reason(desk, owner):
    assert desk.post(ledger(owner), {"amount": 42, "reason": "well sung"}).status_code == 302
    assert (balance_of(owner), owner.credit_entries.first().note) == (1042, "well sung")
    assert actions(owner) == ["Granted 42 credits: well sung"]


def test_credits_are_taken_for_a_reason(desk, owner):
    assert desk.post(ledger(owner), {"amount": -42, "reason": "a mistake"}).status_code == 302
    assert (balance_of(owner), statement_of(owner).spent) == (958, 42)
    assert actions(owner) == ["Took 42 credits: a mistake"]
    assert ledger_problems() == []


@pytest.mark.parametrize(
    ("amount", "reason", "words"),
    [
        ("-1001", "x", "Expected at most 1000 credits, got 1001."),
        ("0", "x", "at least one credit"),
        ("many", "x", "Enter a whole number."),
        ("5", "", "This field is required."),
        ("9000000000", "x", "less than or equal to"),
    ],
)
def test_what_cannot_be_given_or_taken_is_told_beside_the_field(desk, owner, amount, reason, words):
    answer = desk.post(ledger(owner), {"amount": amount, "reason": reason})
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert (balance_of(owner), actions(owner)) == (1000, [])


def test_the_ledger_page_of_nobody_is_not_there(desk):
    assert desk.get(page("user", "credits", 999)).status_code == 404


def test_who_may_only_look_at_the_ledger_gets_no_form(client, owner):
    looker = User.objects.create_user("meg", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_creditentry"))
    client.force_login(looker)
    assert "<form method" not in client.get(ledger(owner)).content.decode().split("content-start")[1]
    assert client.post(ledger(owner), {"amount": 5, "reason": "x"}).status_code == 403
    client.force_login(User.objects.create_user("nat", is_staff=True))
    assert client.get(ledger(owner)).status_code == 403
    assert balance_of(owner) == 1000


def test_a_users_songs_in_line_can_be_limited(desk, owner):
    form = {
        "username": owner.username,
        "date_joined_0": f"{owner.date_joined:%Y-%m-%d}",
        "date_joined_1": f"{owner.date_joined:%H:%M:%S}",
        "waiting_limit": "3",
        "storage_limit_mb": "2000",
        "auth_token_set-TOTAL_FORMS": "0",
        "auth_token_set-INITIAL_FORMS": "0",
    }
    assert desk.post(page("user", "change", owner.pk), form).status_code == 302
    owner.refresh_from_db()
    assert (owner.waiting_limit, owner.storage_limit_mb) == (3, 2000)


def test_a_line_that_is_added_has_a_maximum_too(desk, owner):
    answer = desk.post(page("creditentry", "add"), {"user": "olive", "amount": 1_000_000_001, "note": ""})
    assert answer.status_code == 200 and "less than or equal to 1000000000" in answer.content.decode()
    assert balance_of(owner) == 1000


def test_any_amount_can_be_granted_by_adding_a_line(desk, owner):
    body = {"user": "olive", "amount": 42, "note": ""}
    assert desk.post(page("creditentry", "add"), body).status_code == 302
    assert balance_of(owner) == 1042


def test_nothing_can_be_taken_by_adding_a_line(desk, owner):
    answer = desk.post(page("creditentry", "add"), {"user": "olive", "amount": -42})
    assert answer.status_code == 200
    assert balance_of(owner) == 1000


def test_a_line_can_be_seen_but_not_changed_or_deleted(desk, owner):
    line = owner.credit_entries.get()
    assert desk.get(page("creditentry", "change", line.pk)).status_code == 200
    assert desk.post(page("creditentry", "change", line.pk), {"amount": 9}).status_code == 403
    assert desk.post(page("creditentry", "delete", line.pk), {"post": "yes"}).status_code == 403


def test_keys_can_be_revoked_and_not_made(desk, owner):
    key, token = key_create(user=owner, name="laptop")
    other_key, _ = key_create(user=owner, name="phone")
    asked = act(desk, "apikey", "revoke", key, other_key).content.decode()
    assert "laptop" in asked and "phone" in asked and "never used" in asked
    assert ApiKey.objects.get(pk=key.pk).is_usable
    assert desk.post(page("apikey", "revoke"), {"key": [key.pk], "sure": "yes"}).status_code == 302
    assert not ApiKey.objects.get(pk=key.pk).is_usable
    assert ApiKey.objects.get(pk=other_key.pk).is_usable
    assert (actions(key), actions(other_key)) == (["Revoked."], [])
    assert desk.get(page("apikey", "add")).status_code == 403
    assert key.digest not in desk.get(page("apikey", "change", key.pk)).content.decode()


def test_a_key_is_revoked_from_its_own_page(desk, owner):
    key, _ = key_create(user=owner, name="laptop")
    assert page("apikey", "revoke") in desk.get(page("apikey", "change", key.pk)).content.decode()
    asked = desk.post(page("apikey", "revoke"), {"key": key.pk, "ask": "yes"})
    assert "laptop" in asked.content.decode()
    assert ApiKey.objects.get(pk=key.pk).is_usable
    desk.post(page("apikey", "revoke"), {"key": key.pk, "sure": "yes"})
    assert page("apikey", "revoke") not in desk.get(page("apikey", "change", key.pk)).content.decode()


def test_a_key_is_not_revoked_by_a_look_nor_by_who_may_only_look(desk, client, owner):
    key, _ = key_create(user=owner, name="laptop")
    assert desk.get(page("apikey", "revoke"), {"key": key.pk, "sure": "yes"}).status_code == 405
    looker = User.objects.create_user("meg", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_apikey"))
    client.force_login(looker)
    assert page("apikey", "revoke") not in client.get(page("apikey", "change", key.pk)).content.decode()
    assert client.post(page("apikey", "revoke"), {"key": key.pk, "sure": "yes"}).status_code == 403
    assert ApiKey.objects.get(pk=key.pk).is_usable


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
        assert client.get(page(model), follow=True).status_code == 403


def test_staff_sign_in_where_everybody_does(client, staff):
    asked = client.get(page("user"), follow=True)
    assert asked.redirect_chain[-1] == (f"/sign-in?next={page('user')}", 302)
    signed_in = client.post(asked.redirect_chain[-1][0], {"username": "stella", "password": "correct horse"})
    assert signed_in.url == page("user")


def test_nobody_signs_in_by_the_admins_own_form(client, staff):
    answer = client.post(reverse("admin:login"), {"username": "stella", "password": "correct horse"})
    assert answer.url == f"/sign-in?next={reverse('admin:index')}"
    assert "_auth_user_id" not in client.session


def test_signing_in_leads_to_no_other_server(client):
    answer = client.get(reverse("admin:login"), {"next": "https://evil.example/"})
    assert answer.url == f"/sign-in?next={reverse('admin:index')}"
