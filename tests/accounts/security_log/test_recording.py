"""What the security log records about accounts and credentials; no one can flood it."""

import logging
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.core.management import call_command
from django.dispatch import Signal
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from audiomusic.accounts.models import SecurityEvent, User
from audiomusic.accounts.security_log import recording
from audiomusic.accounts.security_log.events import FAILURES, Kind
from audiomusic.accounts.security_log.recording import quoted, security_event_record, security_events_purge
from audiomusic.accounts.security_log.signals import connect_factors
from audiomusic.accounts.services import key_create, key_revoke
from audiomusic.http.throttling import Rate

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse"
FROM = {"REMOTE_ADDR": "203.0.113.7", "HTTP_USER_AGENT": "curl/8.5"}


@pytest.fixture
def events():
    """events(user, …): kinds of the events recorded for these users since the test began, oldest first."""

    def read(*users):
        rows = SecurityEvent.objects.filter(user__in=users) if users else SecurityEvent.objects.all()
        return [event.kind for event in rows.order_by("id") if event.kind != Kind.ACCOUNT_MADE]

    return read


@pytest.fixture
def lines(caplog):
    """lines(): what the logger wrote since the test began."""
    caplog.set_level(logging.INFO, logger="audiomusic.security")
    return lambda: [each.getMessage() for each in caplog.records if each.name == "audiomusic.security"]


def sign_in(name="olive", password=PASSWORD, client=None, **headers):
    return (client or Client()).post("/sign-in", {"username": name, "password": password}, **headers)


def ask_token(name="olive", password=PASSWORD, **headers):
    return APIClient().post("/api/v1/auth/token", {"username": name, "password": password}, **headers)


def test_signing_in_and_out_is_recorded_with_address_and_browser(owner, events):
    client = Client(**FROM)
    sign_in(client=client)
    client.post("/sign-out")
    assert events(owner) == ["signed_in", "signed_out"]
    event = SecurityEvent.objects.about(owner).get(kind="signed_in")
    assert (event.address, event.user_agent, event.username) == ("203.0.113.7", "curl/8.5", "olive")
    assert (event.actor, event.actor_name) == (None, "")


def test_a_session_and_a_token_for_it(owner, events):
    ask_token(**FROM)
    assert events(owner) == ["token_issued"]


def test_a_failed_sign_in_is_its_accounts_and_a_line(owner, events, lines):
    for way in (sign_in, ask_token):
        way(password="guess", **FROM)
    assert events(owner) == ["sign_in_failed"]
    event = SecurityEvent.objects.get(kind="sign_in_failed")
    assert (event.count, event.is_failure, event.address) == (2, True, "203.0.113.7")
    assert lines() == ["sign-in failed user=olive address=203.0.113.7"] * 2


def test_a_name_that_is_no_accounts_is_not_recorded(owner, lines):
    """The name may be a password typed into the wrong field."""
    for way in (sign_in, ask_token):
        way(name="hunter2 hunter2", password="olive", **FROM)
    event = SecurityEvent.objects.get(kind="sign_in_failed")
    assert (event.user, event.username, event.detail) == (None, "", "")
    assert set(lines()) == {"sign-in failed user=- address=203.0.113.7"}


def test_a_refused_sign_in_is_one_row_a_minute(owner, events):
    for number in range(30):
        ask_token(password="guess", REMOTE_ADDR=f"192.0.2.{number}")
    assert events(owner).count("sign_in_failed") == 10
    assert events(owner).count("sign_in_refused") == 1
    for way in (sign_in, ask_token):
        assert way(REMOTE_ADDR="192.0.2.77").status_code == 429
    assert events(owner).count("sign_in_refused") == 1


def test_many_names_from_one_address_are_few_rows(django_assert_max_num_queries):
    for number in range(60):
        ask_token(f"name-{number}", REMOTE_ADDR="192.0.2.7")
    assert SecurityEvent.objects.count() == 1
    with django_assert_max_num_queries(20):  # one row and five updates of its count, with savepoints
        seen = [ask_token(f"other-{number}", REMOTE_ADDR="192.0.2.7").status_code for number in range(40)]
    assert set(seen) == {429}
    assert list(SecurityEvent.objects.order_by("id").values_list("kind", "count")) == [
        ("sign_in_failed", 32), ("sign_in_refused", 32),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["o\0live", None, 7, ["olive"], "olive" * 1000])
def test_a_name_that_no_database_can_be_asked_for_is_refused_all_the_same(name, caplog):
    for number in range(60):
        ask_token(f"name-{number}", REMOTE_ADDR="192.0.2.7")
    assert ask_token(name, REMOTE_ADDR="192.0.2.7").status_code == 429
    assert SecurityEvent.objects.get(kind="sign_in_refused").user is None
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_the_address_is_the_one_that_proxies_let_us_believe(owner, settings):
    claim = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.5"}
    sign_in(password="guess", **claim)
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    sign_in(password="guess", **claim)
    found = SecurityEvent.objects.filter(kind="sign_in_failed").order_by("id")
    assert list(found.values_list("address", flat=True)) == ["127.0.0.1", "203.0.113.5"]


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:DB8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("unix:", None),
        ("", None),
        ("203.0.113.7:4000", "203.0.113.7"),
    ],
)
def test_what_is_no_address_is_left_out(rf, owner, address, kept):
    event = security_event_record(kind=Kind.SIGNED_IN, user=owner, request=rf.get("/", REMOTE_ADDR=address))
    event.refresh_from_db()
    assert event.address == kept


def test_a_refresh_token_that_opens_nothing_is_its_accounts(owner, events, lines):
    client = APIClient(**FROM)
    refresh = ask_token(**FROM).json()["refresh_token"]
    owner.set_password("battery staple")
    owner.save()
    client.post("/api/v1/auth/refresh", {"refresh_token": refresh})
    client.post("/api/v1/auth/refresh", {"refresh_token": refresh[:-4] + "AAAA"})
    client.post("/api/v1/auth/refresh", {"refresh_token": "a.b.c"})
    found = SecurityEvent.objects.filter(kind="token_refresh_failed").order_by("id")
    assert [(event.user, event.count) for event in found] == [(owner, 1), (None, 2)]
    assert lines() == [
        "token refresh failed user=olive address=203.0.113.7",
        *["token refresh failed user=- address=203.0.113.7"] * 2,
    ]


def test_a_key_is_recorded_when_made_and_revoked(owner, events):
    key, token = key_create(user=owner, name="laptop", scopes=["music:read"])
    key_revoke(key=key)
    key_revoke(key=key)
    assert events(owner) == ["key_made", "key_revoked"]
    event = SecurityEvent.objects.get(kind="key_made")
    assert (event.key, event.key_name, event.detail) == (key, "laptop", "may: music:read")
    assert token not in str(list(SecurityEvent.objects.values()))


def test_what_a_key_does_is_recorded_as_its_owners(owner, events):
    _, token = key_create(user=owner, name="laptop")
    client = APIClient(HTTP_X_API_KEY=token, **FROM)
    client.post("/api/v1/auth/api-keys", {"name": "child"})
    assert events(owner) == ["key_made", "key_first_used", "key_made"]
    child = SecurityEvent.objects.about(owner).first()
    assert (child.key_name, child.actor, child.address) == ("child", None, "203.0.113.7")
    assert child.detail == "may: everything, with the key “laptop”"


@pytest.mark.parametrize("state", ["revoked", "expired", "shut"])
def test_a_key_that_opens_nothing_any_more_is_its_owners(owner, lines, state):
    key, token = key_create(user=owner, name="laptop")
    if state == "revoked":
        key_revoke(key=key)
    elif state == "expired":
        type(key).objects.update(expiry=timezone.now())
    else:
        User.objects.update(is_active=False)
    for _ in range(5):
        answer = APIClient(HTTP_X_API_KEY=token, **FROM).get("/api/v1/auth/me")
        assert answer.status_code == 401
    event = SecurityEvent.objects.get(kind="key_failed")
    assert (event.user, event.key, event.count) == (owner, key, 4)  # at least
    assert {"shut": "closed"}.get(state, state) in event.detail
    assert lines() == ["key failed user=olive address=203.0.113.7"] * 5


def test_bad_keys_of_an_address_are_one_row_a_minute(django_assert_max_num_queries):
    client = APIClient(**FROM)
    with django_assert_max_num_queries(150):  # one look-up per key, one row, and six updates of its count
        for number in range(100):
            client.get("/api/v1/auth/me", headers={"X-API-Key": f"ap_{number:064}"})
    event = SecurityEvent.objects.get()
    assert (event.kind, event.user, event.count) == ("key_failed", None, 64)


def test_a_network_of_ipv6_is_one_address(owner):
    for number in range(50):
        client = APIClient(REMOTE_ADDR=f"2001:db8:1:{number:x}::{number:x}")
        client.get("/api/v1/auth/me", headers={"X-API-Key": "ap_guess"})
    assert SecurityEvent.objects.filter(kind="key_failed").count() == 1


def bad_key(address):
    APIClient(REMOTE_ADDR=address).get("/api/v1/auth/me", headers={"X-API-Key": "ap_guess"})


def test_failures_of_all_addresses_are_bounded(monkeypatch, lines):
    monkeypatch.setattr(recording, "ROWS_OF_FAILURES", Rate(10, 3600))
    for number in range(30):
        bad_key(f"192.0.2.{number}")
    assert SecurityEvent.objects.count() == 10
    assert sum(line.startswith("key failed") for line in lines()) == 30
    assert [line for line in lines() if "until it ends" in line] == [
        "10 failures were recorded within an hour; until it ends, further ones appear only in this log."
    ]


def test_one_address_does_not_use_up_the_room_of_all(monkeypatch, owner):
    monkeypatch.setattr(recording, "ROWS_OF_A_NETWORK", Rate(5, 3600))
    for number in range(8):
        key, token = key_create(user=User.objects.create_user(f"u{number}"), name="x")
        key_revoke(key=key)
        APIClient(**FROM).get("/api/v1/auth/me", headers={"X-API-Key": token})
    assert SecurityEvent.objects.filter(kind="key_failed").count() == 5
    bad_key("192.0.2.9")
    assert SecurityEvent.objects.filter(kind="key_failed").count() == 6


def test_a_cache_that_fails_makes_no_fault_of_a_refusal(monkeypatch, owner, lines):
    def fail(*args, **kwargs):
        raise OSError("no cache")

    monkeypatch.setattr(cache, "incr", fail, raising=False)
    monkeypatch.setattr(recording, "count_call", fail)
    assert ask_token(password="guess", **FROM).status_code == 401
    assert "sign-in failed user=olive address=203.0.113.7" in lines()


def test_a_database_that_fails_makes_no_fault_of_a_refusal(monkeypatch, owner):
    def fail(*args, **kwargs):
        raise OSError("no disk")

    monkeypatch.setattr(SecurityEvent, "save", fail)
    assert ask_token(password="guess", **FROM).status_code == 401


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("olive", "olive"),
        ("olive@example.org", "olive@example.org"),
        ("", "-"),
        ("a b", '"a b"'),
        ("x\nsign-in failed user=y address=192.0.2.1", '"x\\nsign-in failed user=y address=192.0.2.1"'),
        ('say "x"', '"say \\"x\\""'),
        ("zoë", '"zo\\u00eb"'),
        ("a\u2028b\x85c\x1b[31m", '"a\\u2028b\\u0085c\\u001b[31m"'),
    ],
)
def test_a_name_ends_neither_its_line_nor_its_place(name, shown):
    assert quoted(name) == shown
    assert len(quoted(name).splitlines()) == 1


def test_what_a_client_says_of_itself_is_cleaned(rf, owner):
    agent = "ap_" + "0" * 60 + " \x00\n" + "x" * 1000
    event = security_event_record(
        kind=Kind.SIGNED_IN, user=owner, request=rf.get("/", HTTP_USER_AGENT=agent), detail="y" * 1000
    )
    event.refresh_from_db()
    assert event.user_agent.startswith("ap_… x")
    assert (len(event.user_agent) <= 200, len(event.detail)) == (True, 200)


def test_ones_own_new_password(owner, events):
    client = Client(**FROM)
    sign_in(client=client)
    fields = {"old_password": PASSWORD, "new_password1": "velvet-groove-77"}
    client.post("/account/password", fields | {"new_password2": "velvet-groove-77", "old_password": "guess"})
    client.post("/account/password", fields | {"new_password2": "velvet-groove-77"})
    told = ["signed_in", "password_check_failed", "password_changed", "signed_out_everywhere"]
    assert events(owner) == told  # a new password ends all other sessions


def test_a_wrong_password_in_the_admin_is_recorded_as_well(staff, client, events):
    client.force_login(staff)
    fields = {
        "old_password": "guess",
        "new_password1": "velvet-groove-77",
        "new_password2": "velvet-groove-77",
    }
    assert client.get(reverse("admin:password_change")).status_code == 200
    assert client.post(reverse("admin:password_change"), fields).status_code == 200
    client.post(reverse("admin:password_change"), fields | {"old_password": PASSWORD})
    assert events(staff) == ["signed_in", "password_check_failed", "password_changed"]


def test_a_password_set_by_staff(owner, staff, client, events):
    client.force_login(staff)
    form = {"password1": "velvet-groove-77", "password2": "velvet-groove-77", "usable_password": "true"}
    client.post(reverse("admin:auth_user_password_change", args=[owner.pk]), form)
    assert events(owner) == ["password_reset_by_staff"]
    assert SecurityEvent.objects.about(owner).first().actor_name == "stella"


def test_a_password_set_on_the_command_line(owner, events):
    owner.set_password("battery staple")
    owner.save()
    owner.set_unusable_password()
    owner.save(update_fields=["password"])
    assert events(owner) == ["password_reset_by_staff"] * 2


def test_a_stored_hash_that_is_brought_up_to_date_is_no_new_password(owner, events, settings):
    """Django rehashes at sign-in when its hash settings have changed."""
    User.objects.filter(pk=owner.pk).update(password=make_password(PASSWORD))
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher", "django.contrib.auth.hashers.MD5PasswordHasher",
    ]  # fmt: skip
    before = User.objects.get(pk=owner.pk).password
    sign_in()
    assert User.objects.get(pk=owner.pk).password != before
    assert events(owner) == ["signed_in"]


def test_permissions_of_a_user(owner, events):
    owner.is_staff = True
    owner.save()
    group = Group.objects.create(name="Choir")
    owner.groups.add(group)
    owner.groups.add(group)  # no change
    group.user_set.remove(owner)
    owner.user_permissions.set([Permission.objects.get(codename="view_job")])
    owner.user_permissions.clear()
    owner.save()
    details = SecurityEvent.objects.about(owner).filter(kind="permissions_changed").order_by("id")
    assert list(details.values_list("detail", flat=True)) == [
        "staff: yes", "groups: +Choir", "groups: −Choir", "permissions: +view_job", "permissions: −view_job",
    ]  # fmt: skip


def test_permissions_changed_in_the_admin_have_an_actor(owner, staff, client):
    client.force_login(staff)
    group = Group.objects.create(name="Choir")
    form = {
        "username": "olive", "is_active": "on", "is_superuser": "on", "groups": [group.pk],
        "date_joined_0": f"{owner.date_joined:%Y-%m-%d}", "date_joined_1": f"{owner.date_joined:%H:%M:%S}",
        "auth_token_set-TOTAL_FORMS": "0", "auth_token_set-INITIAL_FORMS": "0",
    }  # fmt: skip
    assert client.post(reverse("admin:accounts_user_change", args=[owner.pk]), form).status_code == 302
    found = SecurityEvent.objects.filter(kind="permissions_changed").order_by("id")
    assert [(event.user, event.actor, event.detail) for event in found] == [
        (owner, staff, "superuser: yes"), (owner, staff, "groups: +Choir"),
    ]  # fmt: skip
    group_form = {"name": "Choir", "permissions": [Permission.objects.get(codename="view_job").pk]}
    client.post(reverse("admin:auth_group_change", args=[group.pk]), group_form)
    event = SecurityEvent.objects.first()
    assert (event.user, event.actor, event.detail) == (None, staff, "group Choir: +view_job")


def test_an_account_is_shut_and_opened(owner, events):
    for is_active in (False, False, True):
        owner.is_active = is_active
        owner.save()
    assert events(owner) == ["account_shut", "account_opened"]


def test_signing_up_is_recorded(db):
    words = {"password1": "velvet groove 77", "password2": "velvet groove 77"}
    Client(**FROM).post("/sign-up", {"username": "nora", **words})
    nora = User.objects.get(username="nora")
    made, signed_in = SecurityEvent.objects.about(nora).order_by("id")
    assert (made.kind, made.address, signed_in.kind) == ("account_made", "203.0.113.7", "signed_in")


def test_the_first_admin_and_a_key_from_the_command_line(db, events, capsys):
    call_command("createadmin")
    call_command("createkey", "robot")
    rows = SecurityEvent.objects.order_by("id").values_list("kind", "username", "detail", "address")
    assert list(rows) == [
        ("account_made", "admin", "staff, superuser", None), ("key_made", "admin", "may: everything", None),
        ("account_made", "robot", "", None), ("key_made", "robot", "may: everything", None),
    ]  # fmt: skip
    written = str(list(SecurityEvent.objects.values()))
    assert not [word for word in capsys.readouterr().out.split() if len(word) > 12 and word in written]


def test_what_happened_to_a_deleted_user_stays_under_their_name(owner, staff, client):
    client.force_login(owner)
    key_create(user=owner, name="laptop")
    client.force_login(staff)
    client.post(reverse("admin:accounts_user_delete", args=[owner.pk]), {"post": "yes"})
    rows = SecurityEvent.objects.filter(username="olive").order_by("id")
    assert [(event.kind, event.user) for event in rows] == [
        ("account_made", None), ("signed_in", None), ("key_made", None), ("account_deleted", None),
    ]  # fmt: skip
    assert rows.last().actor == staff


def test_second_factors_report_here(rf, owner, events, lines):
    added, removed, failed, used = signals = [Signal() for _ in range(4)]
    connect_factors(added=added, removed=removed, failed=failed, recovery_code_used=used)
    request = rf.get("/", **FROM)
    factor = type("Factor", (), {"name": "phone"})()
    for signal in signals:
        signal.send(User, user=owner, request=request, factor=factor if signal is added else None)
    assert events(owner) == ["factor_added", "factor_removed", "factor_failed", "recovery_code_used"]
    assert SecurityEvent.objects.get(kind="factor_added").detail == "phone"
    assert lines() == ["factor failed user=olive address=203.0.113.7"]


def test_an_event_is_never_changed(owner):
    event = security_event_record(kind=Kind.SIGNED_IN, user=owner)
    with pytest.raises(TypeError, match="never changed"):
        event.save()


def test_every_failure_has_its_words():
    assert {kind for kind in Kind if kind.endswith(("_failed", "_refused"))} == set(FAILURES)


def test_what_is_too_old_goes_by_and_by(owner, settings, monkeypatch):
    settings.SECURITY_LOG_DAYS = "30"
    monkeypatch.setattr(recording, "PURGED_AT_ONCE", 2)
    SecurityEvent.objects.all().delete()
    for age_days in (31, 40, 50, 29, 0):
        event = security_event_record(kind=Kind.SIGNED_IN, user=owner, detail=str(age_days))
        moment = timezone.now() - timedelta(days=age_days)
        SecurityEvent.objects.filter(pk=event.pk).update(at=moment)
    assert [security_events_purge() for _ in range(3)] == [2, 1, 0]
    assert set(SecurityEvent.objects.values_list("detail", flat=True)) == {"29", "0"}


def test_the_workers_sweep_does_it(owner, monkeypatch):
    from jobs.worker import process

    SecurityEvent.objects.update(at=timezone.now() - timedelta(days=400))
    monkeypatch.setattr(process, "close_old_connections", lambda: None)
    process._sweep()
    assert not SecurityEvent.objects.exists()
