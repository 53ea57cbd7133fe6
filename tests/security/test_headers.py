"""Headers of every response, for any client and any error."""

import pytest
from django.test import Client

from tests.pages.conftest import _Reader
from tests.security.test_browsers import ADMIN
from tests.support.addresses import ADDRESSES, BY_TOKEN, EVERYTHING

pytestmark = pytest.mark.django_db

SECRET = "whatever stood in memory"


def is_page(answer):
    return answer.headers.get("Content-Type", "").startswith("text/html")


def policy_of(answer):
    parts = (part.split() for part in answer["Content-Security-Policy"].split(";"))
    return {name: set(sources) for name, *sources in parts}


def judge(answer, address):
    """Check what must hold for every response."""
    policy = policy_of(answer)
    assert policy["default-src"] == {"'self'"}, address
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == {"'none'"}
    assert policy["form-action"] == {"'self'"}
    for sources in policy.values():
        assert not sources & {"'unsafe-inline'", "'unsafe-eval'", "*"}, address
    assert not {"script-src", "style-src"} & set(policy), "default-src holds for them"
    assert answer["X-Content-Type-Options"] == "nosniff", address
    assert answer["Referrer-Policy"] == "same-origin", address
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin", address
    assert answer.has_header("Cache-Control"), address
    if is_page(answer) and answer.content:
        reader = _Reader()
        reader.feed(answer.content.decode())
        assert not reader.refused, address


@pytest.fixture
def users(owner, staff):
    stranger, mine, mighty = Client(), Client(), Client()
    mine.force_login(owner)
    mighty.force_login(staff)
    return stranger, mine, mighty


def test_every_address_has_the_headers_that_protect(users, belongings):
    pages = 0
    for client in users[:2]:
        for address in ADDRESSES:
            if address.name in BY_TOKEN:
                continue
            answer = client.get(address.fill(belongings.ids))
            judge(answer, address)
            pages += is_page(answer)
    assert pages > 10


def test_the_admin_has_them_too(users):
    pages = 0
    for address in EVERYTHING:
        if address in ADMIN and "<" not in address.route:
            answer = users[2].get(address.route)
            judge(answer, address)
            pages += is_page(answer) and answer.status_code == 200
    assert pages > 20


@pytest.mark.parametrize(
    ("path", "status", "headers"),
    [
        ("/nowhere", 404, {}),
        ("/tracks/1", 404, {}),
        ("/account/keys", 405, {}),
        ("/sign-in", 400, {"Host": "evil.example"}),
        ("/api/v1/nowhere", 404, {}),
        ("/api/v1/music/jobs", 400, {"Host": "evil.example"}),
        ("/s/unknown", 404, {}),
        ("/audio/unknown/x.wav", 404, {}),
    ],
)
def test_refusals_have_them_and_tell_nothing(users, path, status, headers):
    answer = users[1].get(path, headers=headers)
    assert answer.status_code == status
    judge(answer, path)
    assert not [word for word in ("Traceback", "django", "evil.example") if word in answer.content.decode()]


def test_a_form_without_its_token_gets_a_page_with_them(owner):
    answer = Client(enforce_csrf_checks=True).post("/sign-in", {"username": "olive"})
    assert answer.status_code == 403
    judge(answer, "/sign-in")


def test_too_many_tries_get_a_page_with_them(client, db):
    for _ in range(11):
        answer = client.post("/sign-in", {"username": "olive", "password": "guess"})
    assert answer.status_code == 429
    judge(answer, "/sign-in")


@pytest.mark.parametrize(
    ("path", "broken"),
    [
        ("/queue", "library.views.queue.UserQueue"),
        ("/api/v1/auth/me", "audiomusic.accounts.api.auth.Me.get_object"),
        ("/admin/", "django.contrib.admin.sites.AdminSite.get_app_list"),
    ],
)
def test_a_fault_tells_a_stranger_nothing(users, monkeypatch, path, broken):
    def fail(*arguments, **options):
        raise RuntimeError(SECRET)

    monkeypatch.setattr(broken, fail)
    users[2].raise_request_exception = False
    answer = users[2].get(path)
    assert answer.status_code == 500
    judge(answer, path)
    text = answer.content.decode()
    assert SECRET not in text and "RuntimeError" not in text and "Traceback" not in text
    if path.startswith("/api/"):
        assert answer.json()["code"] == "server_error"


def test_a_song_leads_no_one_to_its_link(users, belongings):
    """A shared song's address is its key; no host of its cover may see that address."""
    page = users[0].get(f"/s/{belongings.share.token}")
    assert page.status_code == 200
    judge(page, "shared")
    assert (page["Cache-Control"], page["X-Robots-Tag"]) == ("private, no-store", "noindex")
