"""Attacks by another site through a browser: submitting forms, redirecting, planting a session."""

from urllib.parse import quote

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from tests.support.addresses import ADDRESSES, API, CLOSED, EVERYTHING, PAGES, PUBLIC, UNSAFE

pytestmark = pytest.mark.django_db

ELSEWHERE = [
    "https://evil.example/", "//evil.example/", "///evil.example", "\\\\evil.example", "/\\evil.example",
    "/\t/evil.example", "http:evil.example", "https:///evil.example", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "data:text/html,x", "//testserver@evil.example/", "https://testserver.evil.example/",
    " //evil.example", "\x00//evil.example", "https://testserver@evil.example/",
]  # fmt: skip
PASSWORD = "correct horse"
ADMIN = [
    address for address in EVERYTHING if address.route.startswith("/admin/") and "(?P" not in address.route
]


@pytest.fixture
def lured(staff, belongings):
    """A browser with a superuser signed in, led here by another site: it has no form token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff)
    return client


def in_admin(route):
    """Fill in any id: the form is refused before its row is looked up."""
    for parameter in ("<path:object_id>", "<path:content_type_id>", "<id>"):
        route = route.replace(parameter, "1")
    return route


def test_no_form_of_another_site_is_taken(lured, belongings, rows):
    before = rows()
    for address in [*PAGES, *API]:
        if address.name in ("token", "token-refresh"):
            continue  # they read and set no cookie
        for verb in UNSAFE:
            answer = getattr(lured, verb)(address.fill(belongings.ids), {})
            assert answer.status_code in (403, 405), (address, verb, answer.status_code)
    assert rows() == before


def test_no_form_of_another_site_is_taken_in_the_admin(lured, rows):
    before = rows()
    assert len(ADMIN) > 50
    for address in ADMIN:
        answer = lured.post(in_admin(address.route), {})
        assert answer.status_code in (403, 405), (address, answer.status_code)
    assert rows() == before


def test_signing_in_sets_no_cookie_where_no_form_token_is_asked(client, owner):
    answer = client.post("/api/v1/auth/token", {"username": "olive", "password": PASSWORD})
    assert answer.status_code == 200 and not answer.cookies
    assert answer["Cache-Control"] == "private, no-store"


def test_a_form_from_another_site_is_refused_though_it_guessed_the_token(owner):
    client = Client(enforce_csrf_checks=True)
    client.get("/sign-in")
    token = client.cookies["csrftoken"].value
    form = {"username": "olive", "password": PASSWORD, "csrfmiddlewaretoken": token}
    refused = client.post("/sign-in", form, headers={"Origin": "https://evil.example"})
    assert refused.status_code == 403
    assert client.post("/sign-in", form, headers={"Origin": "http://testserver"}).status_code == 302


def test_other_sites_may_read_nothing(client, owner):
    """No response has CORS headers, whatever the origin."""
    client.force_login(owner)
    for address in CLOSED:
        if not address.parameters:
            answer = client.options(
                address.route,
                headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"},
            )
            assert not [name for name in answer.headers if name.lower().startswith("access-control")], address


@pytest.mark.parametrize("target", ELSEWHERE)
def test_signing_in_leads_nowhere_else(client, staff, target):
    answer = client.post("/sign-in", {"username": "stella", "password": PASSWORD, "next": target})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    client.force_login(staff)
    assert client.get("/sign-in", {"next": target})["Location"] == "/"


@pytest.mark.parametrize("target", ELSEWHERE)
def test_the_admins_door_leads_to_signing_in_and_nowhere_else(client, staff, target):
    for answer in (
        client.get("/admin/login/", {"next": target}),
        client.post(f"/admin/login/?next={quote(target)}"),
    ):
        assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=/admin/")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_signing_up_and_out_lead_nowhere_else(client, db, target):
    words = {"username": "nova", "password1": "velvet groove 77", "password2": "velvet groove 77"}
    assert client.post("/sign-up", {**words, "next": target})["Location"] == "/"
    assert client.get("/sign-up", {"next": target})["Location"] == "/"
    assert client.post("/sign-out", {"next": target})["Location"] == "/sign-in"


def planted(client):
    """Put a session that an attacker knows into the visitor's browser."""
    session = SessionStore()
    session["planted"] = True
    session.create()
    client.cookies["sessionid"] = session.session_key
    return session.session_key


def attacker_is_signed_in(key):
    client = Client()
    client.cookies["sessionid"] = key
    return client.get("/queue/state").status_code == 200


@pytest.mark.parametrize(
    ("door", "form"),
    [
        ("/sign-in", {"username": "stella", "password": PASSWORD}),
        ("/sign-up", {"username": "n", "password1": "velvet groove 77", "password2": "velvet groove 77"}),
    ],
)
def test_a_planted_session_is_left_behind(client, staff, door, form):
    key = planted(client)
    assert client.post(door, form).status_code == 302
    assert client.cookies["sessionid"].value != key
    assert not attacker_is_signed_in(key)
    assert attacker_is_signed_in(client.cookies["sessionid"].value)  # so that the line above proves something


def test_a_session_ends_on_the_server_when_somebody_signs_out(client, owner):
    client.force_login(owner)
    key = client.cookies["sessionid"].value
    assert attacker_is_signed_in(key)
    client.post("/sign-out")
    assert not attacker_is_signed_in(key)


def test_a_new_password_ends_a_stolen_session(client, owner):
    client.force_login(owner)
    stolen = client.cookies["sessionid"].value
    words = {"new_password1": "velvet groove 77", "new_password2": "velvet groove 77"}
    assert client.post("/account/password", {"old_password": PASSWORD, **words}).status_code == 302
    assert not attacker_is_signed_in(stolen)
    assert client.get("/account").status_code == 200


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client, owner):
    client.get("/sign-in")
    client.post("/sign-in", {"username": "olive", "password": PASSWORD})
    session, token = client.cookies["sessionid"], client.cookies["csrftoken"]
    assert session["httponly"] and session["samesite"] == token["samesite"] == "Lax"
    assert session["path"] == "/" and not session["domain"]


def test_what_is_public_is_meant_to_be(client, db):
    """Every address open to strangers is listed, with its reason."""
    opened = {
        address.name
        for address in ADDRESSES
        if not address.parameters and client.get(address.route).status_code not in (302, 401)
    }
    posted = {"account-keys", "account-password"}  # 405 only for signed-in users
    assert opened <= PUBLIC - posted
