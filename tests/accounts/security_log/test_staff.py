"""The security log in the admin: filtered by kind, user, address and day; read-only."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.urls import reverse

from audiomusic.accounts.models import SecurityEvent, User
from audiomusic.accounts.security_log.events import Kind
from audiomusic.accounts.security_log.recording import security_event_record
from audiomusic.accounts.services import key_create

LIST = reverse("admin:accounts_securityevent_changelist")


@pytest.fixture
def desk(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def events(owner, other):
    """For olive a sign-in in May and a failure in June, for otto another sign-in."""
    SecurityEvent.objects.all().delete()
    made = [
        security_event_record(kind=Kind.SIGNED_IN, user=owner, address="203.0.113.7"),
        security_event_record(kind=Kind.KEY_FAILED, user=owner, address="2001:db8::7"),
        security_event_record(kind=Kind.SIGNED_IN, user=other, address="203.0.113.7"),
    ]
    for event, month in zip(made, (5, 6, 6), strict=True):
        SecurityEvent.objects.filter(pk=event.pk).update(at=datetime(2026, month, 10, tzinfo=UTC))
    return [event.pk for event in made]


def found(client, **query):
    answer = client.get(LIST, query)
    assert answer.status_code == 200, answer
    return sorted(event.pk for event in answer.context["cl"].result_list if event.at.year == 2026 and
                  event.at.month < 8)  # fmt: skip


@pytest.mark.parametrize(
    ("query", "which"),
    [
        ({}, [0, 1, 2]),
        ({"kind__exact": "key_failed"}, [1]),
        ({"username": "olive"}, [0, 1]),
        ({"username": " olive "}, [0, 1]),
        ({"username": "nobody"}, []),
        ({"user__id__exact": "abc"}, []),
        ({"user__id__exact": "9" * 30}, []),
        ({"address": "203.0.113.7"}, [0, 2]),
        ({"address": "2001:DB8:0::7"}, [1]),
        ({"address": "203.0.113.7", "username": "otto"}, [2]),
        ({"at__gte": "2026-06-01"}, [1, 2]),
        ({"at__gte": "2026-05-01", "at__lt": "2026-06-10"}, [0]),
    ],
)
def test_it_is_filtered(desk, events, query, which):
    assert found(desk, **query) == sorted(events[number] for number in which)


@pytest.mark.parametrize("query", [{"address": "here"}, {"at__gte": "soon"}, {"at__gte": "2026-02-31"}])
def test_what_is_no_address_and_no_day_is_not_guessed(desk, events, query):
    assert desk.get(LIST, query)["Location"] == f"{LIST}?e=1"


def test_a_users_page_leads_to_their_events(desk, events, owner):
    link = f"{LIST}?user__id__exact={owner.pk}"
    assert link in desk.get(reverse("admin:accounts_user_change", args=[owner.pk])).content.decode()
    assert found(desk, user__id__exact=owner.pk) == sorted(events[:2])
    assert 'value="olive"' in desk.get(link).content.decode()


def test_a_deleted_users_events_are_found_by_name(desk, events, owner):
    owner.delete()
    assert found(desk, username="olive") == sorted(events[:2])


def test_one_event_is_shown_whole(desk, owner, rf):
    key, token = key_create(user=owner, name="laptop")
    event = security_event_record(
        kind=Kind.KEY_FIRST_USED, user=owner, key=key, request=rf.get("/", HTTP_USER_AGENT="curl/8.5 (x)")
    )
    shown = desk.get(reverse("admin:accounts_securityevent_change", args=[event.pk])).content.decode()
    for words in ("API key used for the first time", "laptop", "curl/8.5 (x)", "127.0.0.1"):
        assert words in shown
    assert token not in shown


def test_nobody_writes_changes_or_deletes_one(desk, events):
    assert desk.get(reverse("admin:accounts_securityevent_add")).status_code == 403
    for action in ("change", "delete"):
        address = reverse(f"admin:accounts_securityevent_{action}", args=[events[0]])
        assert desk.post(address, {"post": "yes", "kind": "signed_out"}).status_code == 403
    body = {"action": "delete_selected", "_selected_action": events, "post": "yes"}
    desk.post(LIST, body)
    assert SecurityEvent.objects.filter(pk__in=events, kind__in=("signed_in", "key_failed")).count() == 3


def test_who_may_not_look_does_not(client, db):
    client.force_login(User.objects.create_user("nat", is_staff=True))
    assert client.get(LIST).status_code == 403
    looker = User.objects.create_user("meg", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_securityevent"))
    client.force_login(looker)
    assert client.get(LIST).status_code == 200


def test_a_keys_page_and_list_show_where_it_was_used_last(desk, owner):
    key, _ = key_create(user=owner, name="laptop")
    type(key).objects.update(last_address="203.0.113.7")
    for address in (
        reverse("admin:accounts_apikey_changelist"),
        reverse("admin:accounts_apikey_change", args=[key.pk]),
        reverse("admin:accounts_user_change", args=[owner.pk]),
    ):
        assert "203.0.113.7" in desk.get(address).content.decode()


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({"kind": "signed_in"}, "event_kind_newest"),
        ({"address": "203.0.113.7"}, "event_address_newest"),
        ({"username": "olive"}, "event_username_newest"),
        ({"user": 7}, "event_user_newest"),
        ({"user": 7, "is_failure": False}, "event_user_no_failure"),
        ({"key": 7}, "event_key_newest"),
    ],
)
def test_it_is_read_in_its_order(db, query, index):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reads few rows without an index, and is right")
    plan = SecurityEvent.objects.filter(**query).order_by("-id").explain()
    assert index in plan
    assert "TEMP B-TREE" not in plan
