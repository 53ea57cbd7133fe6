"""What each staff group may do in the admin, and how the groups are created."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from audiomusic.accounts.credits.ledger import balance_of
from audiomusic.accounts.groups import ADMINISTRATORS, GROUPS, OPERATORS, READ_ONLY, groups_sync
from audiomusic.accounts.models import User
from audiomusic.accounts.services import key_create
from jobs.models import Job
from presets.models import Preset
from presets.services import presets_sync

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("limited")]

LISTS = (
    "accounts_user", "accounts_apikey", "accounts_creditentry", "auth_group", "jobs_job", "jobs_audiofile",
    "jobs_webhookendpoint", "jobs_webhookdelivery", "library_reaction", "presets_preset", "presets_adapter",
)  # fmt: skip


@pytest.fixture(autouse=True)
def groups():
    """Create the groups as `migrate` does; a test that flushes the database removes them."""
    groups_sync(apps=apps, using="default")
    presets_sync()


@pytest.fixture
def member(client):
    """member(group): a client signed in as a member of that group."""

    def sign_in(name):
        user = User.objects.create_user("meg", is_staff=True)
        user.groups.add(Group.objects.get(name=name))
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def failed(owner):
    return Job.objects.create(
        user=owner, task="text2music", song_type="song", status="FAILED", display_name="Rain"
    )


def page(model, action="changelist", *args):
    return reverse(f"admin:{model}_{action}", args=args)


def act(client, model, action, row):
    return client.post(page(model), {"action": action, "_selected_action": [row.pk], "post": "yes"})


@pytest.mark.parametrize("group", GROUPS)
def test_all_of_them_see_the_front_page_and_every_list(member, group):
    desk = member(group)
    answers = {address: desk.get(address).status_code for address in map(page, LISTS)}
    assert set(answers.values()) == {200}, answers
    assert desk.get(reverse("admin:index")).status_code == 200


def test_staff_without_a_group_see_no_list(client):
    client.force_login(User.objects.create_user("meg", is_staff=True))
    assert {client.get(page(model)).status_code for model in LISTS} == {403}


def test_read_only_staff_change_nothing(member, owner, failed):
    desk, rock = member(READ_ONLY), Preset.objects.get(name="Rock")
    key, _ = key_create(user=owner, name="laptop")
    act(desk, "jobs_job", "retry", failed)
    act(desk, "jobs_job", "delete_with_files", failed)
    act(desk, "accounts_apikey", "revoke", key)
    act(desk, "accounts_user", "grant_minutes", owner)
    refusals = [
        desk.post(page("jobs_job", "delete", failed.pk), {"confirmed": "yes"}),
        desk.post(page("presets_preset", "change", rock.pk), {"label": "Mine"}),
        desk.post(page("presets_preset", "add"), {"name": "Mine"}),
        desk.post(page("accounts_creditentry", "add"), {"user": owner.pk, "amount": 9}),
        desk.post(page("accounts_user", "change", owner.pk), {"is_superuser": "on"}),
        desk.post(page("accounts_user", "add"), {"username": "nora"}),
        desk.post(page("auth_group", "add"), {"name": "Mine"}),
    ]
    assert {answer.status_code for answer in refusals} == {403}
    failed.refresh_from_db()
    key.refresh_from_db()
    assert (failed.status, key.revoked_at, balance_of(owner)) == ("FAILED", None, 1000)


def test_operators_keep_the_service_going(member, owner, failed):
    desk, rock = member(OPERATORS), Preset.objects.get(name="Rock")
    form = {"name": rock.name, "label": "Loud", "position": rock.position, "parameters": "{}"}
    assert desk.post(page("presets_preset", "change", rock.pk), form).status_code == 302
    entry = {"user": owner.username, "amount": 9, "note": "sorry"}
    assert desk.post(page("accounts_creditentry", "add"), entry).status_code == 302
    assert 'value="retry"' in desk.get(page("jobs_job")).content.decode()
    assert desk.post(page("jobs_job", "delete", failed.pk), {"confirmed": "yes"}).status_code == 302
    rock.refresh_from_db()
    assert (rock.label, balance_of(owner)) == ("Loud", 1009)
    assert not Job.objects.exists()


def test_operators_leave_people_and_their_keys_alone(member, owner):
    desk = member(OPERATORS)
    key, _ = key_create(user=owner, name="laptop")
    act(desk, "accounts_apikey", "revoke", key)
    refusals = [
        desk.post(page("accounts_user", "change", owner.pk), {"is_superuser": "on"}),
        desk.post(page("accounts_user", "delete", owner.pk), {"post": "yes"}),
        desk.post(page("accounts_user", "add"), {"username": "nora"}),
        desk.post(page("accounts_apikey", "delete", key.pk), {"post": "yes"}),
        desk.post(page("presets_preset", "add"), {"name": "Mine"}),
        desk.post(page("auth_group", "add"), {"name": "Mine"}),
    ]
    assert {answer.status_code for answer in refusals} == {403}
    key.refresh_from_db()
    assert key.is_usable


def test_administrators_do_everything(member, owner):
    desk = member(ADMINISTRATORS)
    key, _ = key_create(user=owner, name="laptop")
    act(desk, "accounts_apikey", "revoke", key)
    assert desk.post(page("auth_group", "add"), {"name": "Mine"}).status_code == 302
    assert desk.post(page("accounts_user", "delete", owner.pk), {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=owner.pk).exists()
    assert Group.objects.get(name=ADMINISTRATORS).permissions.count() == Permission.objects.count()


def held(group):
    return set(Group.objects.get(name=group).permissions.values_list("codename", flat=True))


def test_a_database_without_permissions_gets_the_groups_with_the_first_ones():
    Group.objects.all().delete()
    Permission.objects.all().delete()
    migration = import_module("audiomusic.accounts.migrations.0003_make_staff_groups")
    migration.make_groups(apps, SimpleNamespace(connection=connection))
    assert not any(map(held, GROUPS))
    call_command("migrate", verbosity=0)
    assert {"view_job", "change_job", "add_creditentry"} <= held(OPERATORS)
    assert held(READ_ONLY) == {name for name in held(ADMINISTRATORS) if name.startswith("view_")}


def test_a_permission_that_comes_later_is_dealt_out_and_one_taken_by_hand_is_not():
    taken = Permission.objects.get(codename="delete_job")
    Group.objects.get(name=OPERATORS).permissions.remove(taken)
    Permission.objects.create(
        content_type=ContentType.objects.get_for_model(Job), codename="view_mood", name="x"
    )
    call_command("migrate", verbosity=0)
    assert "delete_job" not in held(OPERATORS)
    assert all("view_mood" in held(group) for group in GROUPS)
