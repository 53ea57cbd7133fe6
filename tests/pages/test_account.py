"""The user's own account: keys, credits, password, sessions."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audiomusic.accounts.credits.ledger import credits_charge, credits_grant, credits_reserve
from audiomusic.accounts.credits.usage import DAYS, spent_by_day, usage_chart
from audiomusic.accounts.models import ApiKey, CreditEntry, SecurityEvent
from audiomusic.accounts.security_log.events import Kind
from audiomusic.accounts.security_log.recording import security_event_record
from audiomusic.accounts.security_log.rows import SHOWN, SHOWN_FAILURES
from audiomusic.accounts.sessions.user_sessions import browser_words, sessions_of
from jobs.models import StorageTotal

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def signed_in(client, owner):
    client.force_login(owner)
    return client


def spend(user, amount):
    credits_grant(user=user, amount=amount)
    credits_reserve(user=user, amount=amount, reference=f"job:{amount}")
    credits_charge(user=user, reference=f"job:{amount}", reserved=amount, amount=amount)


def test_it_shows_everything(signed_in, refused_by_policy):
    page = signed_in.get("/account")
    for heading in ("Credits", "API keys", "Password", "Active sessions"):
        assert f">{heading}</h2>" in page.content.decode()
    assert refused_by_policy(page) == []
    assert "no-store" in page["Cache-Control"]


def test_a_player_password_is_made_shown_once_and_revoked(signed_in, owner, refused_by_policy):
    made = signed_in.post("/account/players", {"player-name": "my phone"})
    text = made.content.decode()
    [password] = re.findall(r'aria-label="The new player password"', text) and re.findall(
        r'readonly value="([a-z2-9]{26})"', text
    )
    assert refused_by_policy(made) == [] and "no-store" in made["Cache-Control"]
    page = signed_in.get("/account").content.decode()
    assert "my phone" in page and password not in page and "http://testserver" in page
    row = owner.player_passwords.get()
    answer = signed_in.post(f"/account/players/{row.pk}/revoke")
    assert answer["Location"] == "/account" and not owner.player_passwords.exists()
    page = signed_in.get("/account").content.decode()
    assert "no longer works" in page and "Player password revoked" in page
    assert signed_in.post("/account/players", {"player-name": ""}).status_code == 400


def test_it_tells_what_songs_take_and_what_is_allowed(signed_in, owner, settings):
    page = signed_in.get("/account").content.decode()
    assert ">Storage</h2>" in page and "<dd>0 B</dd>" in page and "room-bar" not in page
    StorageTotal.objects.create(user=owner, byte_count=1_900_000_000)
    settings.STORAGE_PER_USER = "2GB"
    page = signed_in.get("/account").content.decode()
    assert "<dd>1.9 GB</dd>" in page and "<dd>2 GB</dd>" in page
    assert 'class="room-bar is-short" value="95" max="100"' in page and "95 % is used." in page
    owner.storage_limit_mb = 1000
    owner.save()
    assert "100 % is used: you cannot make new songs" in signed_in.get("/account").content.decode()


def test_it_asks_strangers_to_sign_in(client, db):
    assert client.get("/account")["Location"] == "/sign-in?next=/account"


def test_a_key_is_shown_once_and_works(signed_in, owner):
    answer = signed_in.post("/account/keys", {"name": "laptop", "scope": "music:read", "days": "30"})
    token = answer.context["token"]
    assert token in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    key = ApiKey.objects.get(user=owner)
    assert (key.name, key.scopes) == ("laptop", ["music:read"])
    assert timedelta(days=29) < key.expiry - timezone.now() < timedelta(days=31)
    page = signed_in.get("/account").content.decode()
    assert token not in page
    assert "laptop" in page
    assert Client().get("/api/v1/music/jobs", headers={"X-API-Key": token}).status_code == 200


@pytest.mark.parametrize("wrong", [{"name": ""}, {"scope": "everything"}, {"days": "5"}])
def test_a_wrong_key_is_refused(signed_in, wrong):
    answer = signed_in.post("/account/keys", {"name": "laptop", "scope": "*", "days": "0"} | wrong)
    assert answer.status_code == 400
    assert 'class="field-errors"' in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_a_revoked_key_opens_nothing(signed_in, owner):
    token = signed_in.post("/account/keys", {"name": "laptop", "scope": "*", "days": "0"}).context["token"]
    key = ApiKey.objects.get()
    answer = signed_in.post(f"/account/keys/{key.pk}/revoke", follow=True)
    assert "“laptop” no longer works" in answer.content.decode()
    assert Client().get("/api/v1/music/jobs", headers={"X-API-Key": token}).status_code == 401


def test_nobody_revokes_anothers_key(client, signed_in, other):
    signed_in.post("/account/keys", {"name": "laptop", "scope": "*", "days": "0"})
    client.force_login(other)
    assert client.post(f"/account/keys/{ApiKey.objects.get().pk}/revoke").status_code == 404
    assert ApiKey.objects.get().is_usable


def test_credits_are_drawn_by_day(owner, signed_in):
    spend(owner, 300)
    spend(owner, 100)
    CreditEntry.objects.filter(spent=100).update(created_at=timezone.now() - timedelta(days=3))
    CreditEntry.objects.filter(spent=300).update(created_at=timezone.now())
    days = spent_by_day(owner)
    assert len(days) == DAYS
    assert [spent for _, spent in days if spent] == [100, 300]
    assert max(piece.height for column in usage_chart(days).columns for piece in column.pieces) == 120
    assert "400 credits spent in the last 30 days" in signed_in.get("/account").content.decode()


def test_a_new_password_ends_other_sessions(signed_in, owner):
    elsewhere = Client()
    elsewhere.force_login(owner)
    fields = {"old_password": "correct horse", "new_password1": "velvet-groove-77"}
    answer = signed_in.post("/account/password", fields | {"new_password2": "velvet-groove-77"}, follow=True)
    assert "Your password is changed" in answer.content.decode()
    assert signed_in.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    owner.refresh_from_db()
    assert owner.check_password("velvet-groove-77")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"old_password": "wrong"}, "Your old password was entered incorrectly"),
        ({"new_password2": "other-groove-78"}, "The two password fields didn’t match"),
    ],
)
def test_a_wrong_password_changes_nothing(signed_in, owner, changes, sentence):
    fields = {"old_password": "correct horse", "new_password1": "velvet-groove-77"}
    answer = signed_in.post("/account/password", fields | {"new_password2": "velvet-groove-77"} | changes)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    owner.refresh_from_db()
    assert owner.check_password("correct horse")


def test_every_browser_is_listed_and_the_others_can_be_signed_out(owner, other):
    here, there, stranger = Client(headers={"User-Agent": FIREFOX}), Client(), Client()
    for client, user in ((here, owner), (there, owner), (stranger, other)):
        client.post("/sign-in", {"username": user.username, "password": "correct horse"})
    sessions = sessions_of(owner, this_key=here.session.session_key)
    assert [(each.browser, each.is_this) for each in sessions] == [
        ("Firefox on Linux", True), ("A browser", False),
    ]  # fmt: skip
    assert "Firefox on Linux" in here.get("/account").content.decode()
    answer = here.post("/account/sessions/end", follow=True)
    assert "Signed out of 1 other place." in answer.content.decode()
    assert [client.get("/account").status_code for client in (here, there, stranger)] == [200, 302, 200]


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("", "A browser"),
    ],
)
def test_browsers_are_known_by_what_they_say(agent, words):
    assert browser_words(agent) == words


def test_the_pages_take_no_get_where_they_change_something(signed_in):
    for path in ("keys", "password", "sessions/end"):
        assert signed_in.get(f"/account/{path}").status_code == 405


def test_what_happened_is_told_with_place_and_means(owner, refused_by_policy):
    client = Client(REMOTE_ADDR="203.0.113.7", headers={"User-Agent": FIREFOX})
    for password in ("guess", "guess", "correct horse"):
        client.post("/sign-in", {"username": "olive", "password": password})
    token = client.post("/account/keys", {"name": "laptop", "scope": "*", "days": "0"}).context["token"]
    program = Client(REMOTE_ADDR="198.51.100.9", headers={"User-Agent": "curl/8.5 x", "X-API-Key": token})
    program.post("/api/v1/auth/api-keys", {"name": "child"}, content_type="application/json")
    page = client.get("/account")
    rows = [(row.what, row.count, row.source, row.means) for row in page.context["events"]]
    assert rows == [
        ("API key made: “child”", 1, "198.51.100.9", "curl/8.5"),
        ("API key used for the first time: “laptop”", 1, "198.51.100.9", "curl/8.5"),
        ("API key made: “laptop”", 1, "203.0.113.7", "Firefox on Linux"),
        ("Signed in", 1, "203.0.113.7", "Firefox on Linux"),
        ("Sign-in failed", 2, "203.0.113.7", "Firefox on Linux"),
        ("Account made", 1, "", ""),
    ]  # fmt: skip
    text = page.content.decode()
    assert "from 198.51.100.9, with curl/8.5. May: everything, with the key “laptop”" in text
    assert '<span class="badge">2 times</span>' in text
    assert "<small>from 198.51.100.9</small>" in text  # in the list of keys
    assert refused_by_policy(page) == []
    assert token not in text


def test_guesses_do_not_push_a_sign_in_out_of_the_log(signed_in, owner):
    for number in range(100):
        security_event_record(kind=Kind.SIGN_IN_FAILED, user=owner, address=f"192.0.2.{number}")
    rows = signed_in.get("/account").context["events"]
    assert [row.what for row in rows].count("Sign-in failed") == SHOWN_FAILURES
    assert [row.what for row in rows][-2:] == ["Signed in", "Account made"]


def test_the_log_has_an_end(signed_in, owner):
    for _ in range(60):
        security_event_record(kind=Kind.SIGNED_IN, user=owner)
    assert len(signed_in.get("/account").context["events"]) == SHOWN


def test_signing_out_elsewhere_is_recorded(signed_in, owner):
    signed_in.post("/account/sessions/end")
    [event] = SecurityEvent.objects.filter(kind="signed_out_everywhere")
    assert (event.user, event.detail) == (owner, "sessions: 0")


def test_revoking_a_key_asks_first_and_names_it(signed_in, owner):
    assert "You have no API keys yet." in signed_in.get("/account").content.decode()
    signed_in.post("/account/keys", {"name": "laptop", "scope": "*", "days": "0"})
    key = ApiKey.objects.get()
    page = signed_in.get(f"/account/keys/{key.pk}/revoke").content.decode()
    assert "Revoke the key “<bdi>laptop</bdi>”?" in page
    assert "last used never" in page
    assert ApiKey.objects.get().is_usable
    page = signed_in.post(f"/account/keys/{key.pk}/revoke", follow=True).content.decode()
    assert "You have no active API keys." in page


def test_revoking_a_player_password_asks_first_and_names_it(signed_in, owner, other):
    signed_in.post("/account/players", {"player-name": "my phone"})
    path = f"/account/players/{owner.player_passwords.get().pk}/revoke"
    assert "Revoke the player password “<bdi>my phone</bdi>”?" in signed_in.get(path).content.decode()
    assert owner.player_passwords.exists()
    signed_in.force_login(other)
    assert signed_in.get(path).status_code == 404
