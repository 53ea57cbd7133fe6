"""A proxy that names the user in a header: trusted only on its own connections."""

import pytest
from django.core.checks import run_checks
from django.test import Client

from audiomusic.accounts.external import proxy
from audiomusic.accounts.factors.reauthentication import CONFIRMED_AT
from audiomusic.accounts.models import User
from tests.support.totp import add_app, code_of

pytestmark = pytest.mark.django_db
PROXY, STRANGER = "10.0.3.7", "192.0.2.9"


@pytest.fixture(autouse=True)
def behind_a_proxy(settings):
    settings.PROXIES = "1"
    settings.PROXY_USER_HEADER = "X-Remote-User"
    settings.PROXY_ADDRESSES = ["10.0.3.0/24", "fd00:7::1"]
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", proxy.BACKEND]


def ask(name="olive", address=PROXY, client=None, **headers):
    """Return the user whom the account page sees, or None."""
    client = client or Client()
    named = {"X-Remote-User": name} if name is not None else {}
    answer = client.get("/account", headers=named | headers, REMOTE_ADDR=address)
    return answer.wsgi_request.user.get_username() or None if answer.status_code == 200 else None


@pytest.mark.parametrize("address", [PROXY, "10.0.3.255", "fd00:7::1", "::ffff:10.0.3.7"])
def test_whom_the_proxy_names_is_signed_in(owner, address):
    assert ask(address=address) == "olive"


@pytest.mark.parametrize(
    "address", [STRANGER, "127.0.0.1", "::1", "10.0.4.1", "fd00:7::2", "", "unix:", "10.0.3.7, x"]
)
def test_nobody_else_is_believed(owner, address):
    assert ask(address=address) is None


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP"])
def test_what_headers_say_of_an_address_does_not_count(owner, header):
    assert ask(address=STRANGER, **{header: PROXY}) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROXIES", "0"), ("PROXIES", "some"), ("PROXY_ADDRESSES", []), ("PROXY_ADDRESSES", ["nowhere"]),
        ("PROXY_ADDRESSES", ["10.0.3.7/24"]), ("PROXY_USER_HEADER", ""), ("PROXY_USER_HEADER", "X-Other"),
    ],
)  # fmt: skip
def test_where_the_settings_are_not_sound_nobody_is(owner, settings, name, value):
    setattr(settings, name, value)
    assert ask() is None


@pytest.mark.parametrize("name", ["", " ", "olive,olive", "olive, eve", "ol ive", "o\x00", "x" * 151, "'--"])
def test_what_is_no_name_signs_nobody_in(owner, settings, name):
    settings.PROXY_SIGN_UP = "on"
    assert ask(name) is None
    assert User.objects.count() == 1


def test_an_account_is_made_only_where_that_is_allowed(db, settings):
    assert ask("nadia") is None
    settings.PROXY_SIGN_UP = "on"
    assert ask("nadia") == "nadia"
    user = User.objects.get(username="nadia")
    assert not (user.has_usable_password() or user.is_staff or user.is_superuser)


def test_an_account_that_is_shut_stays_shut(owner):
    User.objects.update(is_active=False)
    assert ask() is None


def test_a_session_ends_where_the_proxy_names_nobody(owner):
    browser = Client()
    assert ask(client=browser) == "olive"
    assert ask(name=None, client=browser) is None


def test_nor_does_its_cookie_open_anything_past_the_proxy(owner):
    browser = Client()
    assert ask(client=browser) == "olive"
    assert ask(client=browser, address=STRANGER) is None


def test_another_name_is_another_user(owner, other):
    browser = Client()
    assert ask(client=browser) == "olive"
    key = browser.session.session_key
    assert ask("otto", client=browser) == "otto"
    assert browser.session.session_key != key


def test_past_the_proxy_the_password_still_signs_in(owner):
    browser = Client(REMOTE_ADDR=STRANGER)
    form = {"username": "olive", "password": "correct horse"}
    assert browser.post("/sign-in", form).status_code == 302
    assert browser.get("/account").status_code == 200


def test_sign_up_still_works_with_two_ways_to_sign_in(db):
    form = {"username": "new", "password1": "velvet groove 77", "password2": "velvet groove 77"}
    assert Client(REMOTE_ADDR=STRANGER).post("/sign-up", form).status_code == 302


def test_forms_still_need_their_token(owner):
    browser = Client(enforce_csrf_checks=True, REMOTE_ADDR=PROXY, headers={"X-Remote-User": "olive"})
    assert browser.post("/account/keys", {"name": "x", "scope": "*", "days": "0"}).status_code == 403
    answer = browser.post("/api/v1/auth/api-keys", {"name": "x"}, content_type="application/json")
    assert answer.status_code == 403


def test_who_came_this_way_is_not_asked_again_unless_they_have_a_factor(owner):
    browser = Client(REMOTE_ADDR=PROXY, headers={"X-Remote-User": "olive"})
    key = {"name": "x", "scope": "*", "days": "0"}
    browser.get("/account")
    session = browser.session
    session[CONFIRMED_AT] -= 3600
    session.save()
    assert browser.post("/account/keys", key).context["token"]
    add_app(owner)
    assert "Confirm it’s you" in browser.post("/account/keys", key).content.decode()


def test_staff_need_a_factor_of_their_own_where_that_is_required(staff, settings):
    settings.STAFF_FACTOR = "required"
    browser = Client(REMOTE_ADDR=PROXY, headers={"X-Remote-User": "stella"})
    assert browser.get("/admin/", follow=True).redirect_chain[-1][0] == "/account#factors-section"
    app = add_app(staff)
    answer = browser.get("/admin/", follow=True)
    answer = browser.post(answer.context["action"], {"confirm_code": code_of(app)}, follow=True)
    assert (answer.redirect_chain[-1][0], answer.status_code) == ("/admin/", 200)


def test_the_settings_are_sound():
    assert [each for each in run_checks() if each.id.startswith("audiomusic.")] == []
