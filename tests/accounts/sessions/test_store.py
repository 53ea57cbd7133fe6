"""Sessions that know their user: what is stored, how they end, and sessions from before the upgrade."""

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DjangosStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from audiomusic.accounts.models import UserSession
from audiomusic.accounts.sessions.store import SessionStore
from audiomusic.accounts.sessions.user_sessions import sessions_end, sessions_of, sessions_purge

pytestmark = pytest.mark.django_db
MIGRATION = "audiomusic.accounts.migrations.0007_give_sessions_their_user"


def signed_in(user, address="192.0.2.7", agent="Firefox/140.0 Linux"):
    client = Client(REMOTE_ADDR=address, headers={"User-Agent": agent})
    form = {"username": user.username, "password": "correct horse"}
    assert client.post("/sign-in", form).status_code == 302
    return client


def row_of(client):
    return UserSession.objects.get(pk=client.session.session_key)


def test_signing_in_says_whose_where_and_with_what(owner):
    before = timezone.now()
    row = row_of(signed_in(owner))
    assert (row.user, row.last_address, row.user_agent) == (owner, "192.0.2.7", "Firefox/140.0 Linux")
    assert row.created_at >= before and row.last_seen_at >= before


def test_of_a_visitor_nobody_is_said(db):
    session = SessionStore()
    session["planted"] = True
    session.create()
    assert UserSession.objects.get().user is None


def test_it_is_noted_where_it_was_last_seen_once_a_minute(owner):
    client = signed_in(owner)
    first = row_of(client).last_seen_at
    client.get("/account")
    assert row_of(client).last_seen_at == first
    UserSession.objects.update(last_seen_at=first - timedelta(minutes=2))
    client.get("/account")
    assert row_of(client).last_seen_at >= first
    client.get("/account", REMOTE_ADDR="2001:db8::9")
    assert row_of(client).last_address == "2001:db8::9"


@pytest.mark.parametrize("address", ["", "unix:", "garbage"])
def test_what_is_no_address_is_not_kept(owner, address):
    assert row_of(signed_in(owner, address=address)).last_address is None


def test_what_a_client_says_of_its_address_is_not_believed(owner):
    client = signed_in(owner)
    client.get("/account", headers={"X-Forwarded-For": "203.0.113.5"})
    assert row_of(client).last_address == "192.0.2.7"


def test_writing_to_a_session_keeps_what_is_known_of_it(owner):
    client = signed_in(owner)
    before = row_of(client)
    session = client.session
    session["volume"] = 3
    session.save()
    after = row_of(client)
    columns = ("user", "last_address", "user_agent", "created_at", "last_seen_at")
    assert [getattr(before, name) for name in columns] == [getattr(after, name) for name in columns]
    assert client.session["volume"] == 3


def test_none_is_read_to_find_a_users(owner, other, monkeypatch, django_assert_num_queries):
    signed_in(owner), signed_in(other)
    monkeypatch.setattr(SessionStore, "decode", lambda *what: pytest.fail("a session was decoded"))
    with django_assert_num_queries(1):
        assert len(sessions_of(owner, this_key=None)) == 1
    assert sessions_end(user=owner, except_key=None) == 1
    assert list(UserSession.objects.values_list("user", flat=True)) == [other.id]


def test_a_new_password_leaves_one_session_in_the_list(owner):
    here, there = signed_in(owner), signed_in(owner)
    form = {"old_password": "correct horse", "new_password1": "velvet-groove-77"}
    assert here.post("/account/password", form | {"new_password2": "velvet-groove-77"}).status_code == 302
    assert here.get("/account").status_code == 200
    assert [each.is_this for each in sessions_of(owner, this_key=here.session.session_key)] == [True]
    assert there.get("/account").status_code == 302


def test_what_has_expired_goes(owner):
    signed_in(owner)
    assert sessions_purge() == 0
    UserSession.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert sessions_of(owner, this_key=None) == []
    assert sessions_purge() == 1
    call_command("clearsessions")  # Django's own command finds the table as well


def test_with_the_user_their_sessions_go(owner):
    client = signed_in(owner)
    owner.delete()
    assert not UserSession.objects.exists()
    assert client.get("/account").status_code == 302


def old_session(**data):
    store = DjangosStore()
    store.update(data)
    store.create()
    return store.session_key


def test_who_was_signed_in_before_stays_so_and_back_again(owner):
    migration = import_module(MIGRATION)
    hash_of = owner.get_session_auth_hash()
    backend = "django.contrib.auth.backends.ModelBackend"
    begun = "2026-11-01T10:00:00+00:00"
    key = old_session(
        **{SESSION_KEY: str(owner.id), "_auth_user_backend": backend, "_auth_user_hash": hash_of},
        browser="Firefox/140.0 Linux", since=begun,
    )  # fmt: skip
    old_session(planted=True)
    old_session(**{SESSION_KEY: "999999"})
    Session.objects.filter(pk=old_session(x=1)).update(expire_date=timezone.now() - timedelta(days=1))

    editor = SimpleNamespace(connection=connection)
    migration.take_over(apps, editor)
    row = UserSession.objects.get()
    assert (row.pk, row.user, row.user_agent) == (key, owner, "Firefox/140.0 Linux")
    assert row.created_at.isoformat() == begun
    assert not Session.objects.exists()
    client = Client()
    client.cookies["sessionid"] = key
    assert client.get("/account").status_code == 200

    migration.give_back(apps, editor)
    assert DjangosStore(key)[SESSION_KEY] == str(owner.id)
