"""Staff confirm a revocation first, and the question names its object: key, player password, link,
webhook."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse

from audiomusic.accounts.models import PlayerPassword, SecurityEvent, User
from audiomusic.accounts.players.services import player_password_create
from audiomusic.accounts.services import key_create
from jobs.models import Job
from jobs.webhooks.services import endpoint_create
from library.services import share_create


def make_key(user):
    return key_create(user=user, name="laptop")[0]


def make_player(user):
    return player_password_create(user=user, name="Symfonium")[0]


def make_link(user):
    job = Job.objects.create(
        user=user, display_name="Tide", task="text2music", song_type="song", status="COMPLETED"
    )
    return share_create(job=job, days=7)


def make_endpoint(user):
    return endpoint_create(user=user, url="https://hooks.example.org/in", events=["job.completed"])


def is_open(row):
    row = type(row)._default_manager.filter(pk=row.pk).first()
    return row is not None and getattr(row, "revoked_at", None) is None and getattr(row, "is_active", True)


#: What can be revoked: (factory, admin list, how the confirmation names it, permission).
KINDS = {
    "key": (make_key, "accounts_apikey", "laptop", "change_apikey"),
    "player": (make_player, "accounts_playerpassword", "Symfonium of olive", "delete_playerpassword"),
    "link": (make_link, "library_sharelink", "of olive to “Tide”", "change_sharelink"),
    "webhook": (make_endpoint, "jobs_webhookendpoint", "of olive", "change_webhookendpoint"),
}


@pytest.fixture(params=KINDS)
def kind(request, owner):
    make, model, words, permission = KINDS[request.param]
    row = make(owner)
    return {
        "row": row,
        "list": reverse(f"admin:{model}_changelist"),
        "page": reverse(f"admin:{model}_change", args=[row.pk]),
        "revoke": reverse(f"admin:{model}_revoke"),
        "words": words,
        "permission": permission,
    }


def test_a_question_names_it_and_then_it_opens_nothing(client, staff, kind):
    client.force_login(staff)
    assert kind["revoke"] in client.get(kind["page"]).content.decode()
    ticked = {"action": "revoke", "_selected_action": [kind["row"].pk]}
    for asked in (client.post(kind["list"], ticked), client.post(kind["revoke"], {"key": kind["row"].pk})):
        assert kind["words"] in asked.content.decode()
        assert is_open(kind["row"])
    assert client.post(kind["revoke"], {"key": kind["row"].pk, "sure": "yes"}).status_code == 302
    assert not is_open(kind["row"])
    assert LogEntry.objects.filter(user=staff).count() == 1
    assert client.post(kind["revoke"], {"key": kind["row"].pk, "sure": "yes"}).status_code == 302
    assert LogEntry.objects.filter(user=staff).count() == 1


def test_who_may_only_look_is_refused(client, kind):
    looker = User.objects.create_user("meg", is_staff=True)
    view = f"view_{kind['permission'].partition('_')[2]}"
    looker.user_permissions.add(Permission.objects.get(codename=view))
    client.force_login(looker)
    assert kind["revoke"] not in client.get(kind["page"]).content.decode()
    assert client.get(kind["revoke"]).status_code == 405
    assert client.post(kind["revoke"], {"key": kind["row"].pk, "sure": "yes"}).status_code == 403
    assert is_open(kind["row"])


@pytest.mark.parametrize("key", ["", "x", "999999999999999999999", "0b0e0000-0000-4000-8000-000000000000"])
def test_what_is_not_there_is_no_error(client, staff, kind, key):
    client.force_login(staff)
    assert "None of the selected items" in client.post(kind["revoke"], {"key": key}).content.decode()
    assert client.post(kind["revoke"], {"key": key, "sure": "yes"}).status_code == 302
    assert is_open(kind["row"])


def test_player_passwords_are_listed_without_what_opens(client, staff, owner):
    row, text = player_password_create(user=owner, name="Symfonium")
    client.force_login(staff)
    pages = [reverse("admin:accounts_playerpassword_changelist")]
    pages += [reverse(f"admin:accounts_{model}_change", args=[pk]) for model, pk in
              (("playerpassword", row.pk), ("user", owner.pk))]  # fmt: skip
    for page in pages:
        shown = client.get(page).content.decode()
        assert "Symfonium" in shown
        assert not any(secret in shown for secret in (text, row.digest, row.sealed))
    assert client.get(reverse("admin:accounts_playerpassword_add")).status_code == 403
    client.post(reverse("admin:accounts_playerpassword_revoke"), {"key": row.pk, "sure": "yes"})
    assert not PlayerPassword.objects.exists()
    assert SecurityEvent.objects.filter(kind="player_password_revoked", user=owner).exists()


def test_the_address_of_a_link_is_not_shown(client, staff, owner):
    link = make_link(owner)
    client.force_login(staff)
    for page in (
        reverse("admin:library_sharelink_changelist"),
        reverse("admin:library_sharelink_change", args=[link.pk]),
        reverse("admin:accounts_user_change", args=[owner.pk]),
    ):
        assert link.token not in client.get(page).content.decode()
