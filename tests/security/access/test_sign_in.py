"""Guessing passwords: on the page and at the API, by name and by address, and with forged headers."""

import re

import pytest
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.test import Client

from audiomusic.accounts.login_throttle import THROTTLED_VIEWS
from audiomusic.accounts.models import User
from audiomusic.http.throttling import client_key
from tests.support.addresses import EVERYTHING
from tests.support.totp import add_app, code_of, no_longer_refused, wrong_code_of

pytestmark = pytest.mark.django_db

GUESSES = 10  # per name and minute
OF_AN_ADDRESS = 60
OF_A_SITE = 120
LOOKING = (AuthenticationForm, PasswordChangeForm)
FORM_TOKEN = re.compile(r"\b\w{64}\b")


def page(client, name="olive", password="guess", **headers):
    return client.post("/sign-in", {"username": name, "password": password}, headers=headers)


def api(client, name="olive", password="guess", **headers):
    return client.post(
        "/api/v1/auth/token",
        {"username": name, "password": password},
        content_type="application/json",
        headers=headers,
    )


WAYS = pytest.mark.parametrize("way", [page, api])


@WAYS
def test_guesses_at_a_name_are_counted_wherever_they_come_from(owner, way):
    for number in range(GUESSES):
        answer = way(Client(REMOTE_ADDR=f"192.0.2.{number}"))
        assert answer.status_code in (200, 401)
    answer = way(Client(REMOTE_ADDR="198.51.100.1"), password="correct horse")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 60
    assert "sessionid" not in answer.cookies


def test_page_and_api_count_together(client, staff):
    for way in (api, page):
        for _ in range(6):
            answer = way(client, "stella")
    assert answer.status_code == 429
    assert "Too many attempts" in answer.content.decode()
    assert page(client, "stella", "correct horse").status_code == 429


def test_the_admin_has_no_door_of_its_own(client, staff):
    """The admin checks no password: everyone signs in on the page that counts guesses."""
    answer = client.post("/admin/login/", {"username": "stella", "password": "correct horse"})
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=/admin/")
    assert "sessionid" not in answer.cookies


def test_a_name_is_the_same_however_it_is_spelled(client, owner):
    """Forms normalize ｏｌｉｖｅ to olive before the look-up: 32 spellings are not 320 guesses."""
    for spelling in (
        "olive",
        "OLIVE",
        " olive ",
        "ｏlive",
        "oｌive",
        "olｉve",
        "oliｖe",
        "olivｅ",
        "ｏｌｉve",
        "ｏｌｉｖｅ",
    ):
        assert page(client, spelling).status_code == 200
    assert page(client, "ｏlivｅ", "correct horse").status_code == 429


@WAYS
def test_names_tried_from_one_address_are_counted(owner, way):
    browser = Client(REMOTE_ADDR="192.0.2.7")
    seen = [way(browser, f"name-{number}").status_code for number in range(OF_AN_ADDRESS + 1)]
    assert 429 not in seen[:-1] and seen[-1] == 429
    assert way(Client(REMOTE_ADDR="192.0.2.8")).status_code != 429


def test_a_success_resets_nothing(client, owner, other):
    for _ in range(GUESSES - 1):
        page(client, "otto")
    assert page(Client(), "olive", "correct horse").status_code == 302
    assert page(Client(), "otto", "correct horse").status_code == 302
    assert page(Client(), "otto").status_code == 429


@WAYS
def test_an_address_that_a_client_claims_is_not_believed(owner, way):
    claims = ({"X-Forwarded-For": f"203.0.113.{number}"} for number in range(100))
    seen = [
        way(Client(), f"name-{number}", **next(claims)).status_code for number in range(OF_AN_ADDRESS + 1)
    ]
    assert seen[-1] == 429


def test_behind_a_proxy_what_the_proxy_says_counts(rf, settings):
    said = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "10.9.9.9, 203.0.113.5"}
    assert client_key(rf.get("/", **said)) == "address-127.0.0.1"
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    assert client_key(rf.get("/", **said)) == "address-203.0.113.5"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("192.0.2.7", "192.0.2.7"),
        ("", ""),
    ],
)
def test_a_visitors_whole_network_is_one_address(rf, address, counted):
    assert client_key(rf.get("/", REMOTE_ADDR=address)) == f"address-{counted}"


def test_the_old_password_is_not_guessed_in_a_stolen_session(client, owner):
    client.force_login(owner)
    form = {"old_password": "guess", "new_password1": "velvet groove", "new_password2": "velvet groove"}
    seen = [client.post("/account/password", form).status_code for _ in range(GUESSES + 1)]
    assert seen == [400] * GUESSES + [429]
    owner.refresh_from_db()
    assert owner.check_password("correct horse")


def test_accounts_are_not_made_by_the_hundred(db):
    words = {"password1": "velvet groove 77", "password2": "velvet groove 77"}
    seen = [
        Client(REMOTE_ADDR="192.0.2.7").post("/sign-up", {"username": f"bot{number}", **words}).status_code
        for number in range(21)
    ]
    assert seen == [302] * 20 + [429]
    assert User.objects.count() == 20


def test_codes_and_passwords_are_counted_together(owner):
    """An attacker who knows the password does not get ten more guesses at the code."""
    app = add_app(owner)
    browser = Client()
    assert page(browser, password="correct horse")["Location"] == "/sign-in/factor"
    seen = []
    for _ in range(GUESSES):
        no_longer_refused(app)
        seen.append(browser.post("/sign-in/factor", {"code": wrong_code_of(app)}).status_code)
    assert seen == [200] * (GUESSES - 1) + [429]
    no_longer_refused(app)
    assert browser.post("/sign-in/factor", {"code": code_of(app)}).status_code == 429
    assert page(Client(), password="correct horse").status_code == 429


def test_codes_at_the_api_are_counted_too(client, owner):
    app = add_app(owner)
    form = {"username": "olive", "password": "correct horse"}
    seen = []
    for _ in range(GUESSES + 1):
        no_longer_refused(app)
        answer = client.post("/api/v1/auth/token", form | {"otp": wrong_code_of(app)})
        seen.append(answer.status_code)
    assert seen == [401] * GUESSES + [429]


def test_looking_at_a_door_costs_nothing(client, db):
    assert {client.get("/sign-in").status_code for _ in range(OF_AN_ADDRESS + 5)} == {200}


def test_every_door_is_an_address():
    names = {address.name for address in EVERYTHING}
    assert set(THROTTLED_VIEWS) <= names


def test_a_refusal_does_not_say_whether_the_name_exists(client, owner):
    User.objects.create_user("gone", password="correct horse", is_active=False)
    for way in (page, api):
        told = {
            FORM_TOKEN.sub("", way(client, name).content.decode()).replace(name, "?")
            for name in ("olive", "nobody", "gone")
        }
        assert len(told) == 1, way


def test_a_name_and_its_address_are_one_counter(client, owner):
    """Otherwise each account would allow twice as many guesses."""
    for number in range(GUESSES):
        api(client, "olive" if number % 2 else " OLIVE@example.org ")
    assert api(client, "olive", "correct horse").status_code == 429
    assert api(client, "olive@example.org", "correct horse").status_code == 429
    assert page(client, "olive", "correct horse").status_code == 429


def test_an_address_that_no_one_account_has_counts_as_it_is_typed(client, owner):
    User.objects.create_user("double", "olive@example.org", "correct horse")
    for _ in range(GUESSES):
        api(client, "olive@example.org")
    assert api(client, "olive", "correct horse").status_code == 200
    assert api(client, "OLIVE@EXAMPLE.ORG").status_code == 429


@WAYS
@pytest.mark.parametrize("name", ["", "\0", "a\0b", "\ud800", "x" * 5000, "@", "@@@"])
def test_no_name_breaks_the_counting(db, way, name):
    if name == "\ud800" and way is page:
        pytest.skip("no form can carry it")
    assert way(Client(), name).status_code in (200, 400, 401)


@WAYS
def test_networks_of_one_ipv6_site_are_counted_together(owner, way):
    seen = [
        way(Client(REMOTE_ADDR=f"2001:db8:1:{number:x}::7"), f"name-{number}").status_code
        for number in range(OF_A_SITE + 1)
    ]
    assert 429 not in seen[:-1] and seen[-1] == 429
    assert way(Client(REMOTE_ADDR="2001:db8:2::7")).status_code != 429


def test_accounts_are_not_made_from_every_network_of_a_site(db):
    words = {"password1": "velvet groove 77", "password2": "velvet groove 77"}
    seen = [
        Client(REMOTE_ADDR=f"2001:db8:1:{number:x}::7").post("/sign-up", {"username": f"b{number}", **words})
        for number in range(41)
    ]
    assert [answer.status_code for answer in seen] == [302] * 40 + [429]


def test_the_admins_own_change_of_a_password_counts_with_the_others(client, staff):
    client.force_login(staff)
    form = {"old_password": "guess", "new_password1": "velvet groove", "new_password2": "velvet groove"}
    for path in ("/admin/password_change/", "/account/password") * (GUESSES // 2):
        assert client.post(path, form).status_code in (200, 400)
    assert client.post("/admin/password_change/", form).status_code == 429
    assert page(Client(), "stella", "correct horse").status_code == 429


def test_every_form_that_looks_at_a_password_is_a_door():
    """This includes every view that uses Django's password forms."""
    looking = {
        address.name
        for address in EVERYTHING
        if address.view and issubclass(getattr(address.view, "form_class", None) or object, LOOKING)
    }
    assert "sign-in" in looking
    assert looking <= set(THROTTLED_VIEWS)
