"""Second factors in the browser: adding an app, downloading codes, and resuming a form after
reauthentication."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from audiomusic.accounts.factors.reauthentication import CONFIRMED_AT
from audiomusic.accounts.factors.services import has_factor
from audiomusic.accounts.models import ApiKey
from audiomusic.accounts.sessions.store import SessionStore
from tests.browser.test_for_everybody import PHONE, settle, violations
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, running_provider
from tests.support.totp import add_app, code_of


def age_session(page):
    """Age the session by an hour, as if the user had been away."""
    [cookie] = [each for each in page.context.cookies() if each["name"] == settings.SESSION_COOKIE_NAME]
    session = SessionStore(cookie["value"])
    session[CONFIRMED_AT] -= 3600
    session.save()


def test_an_app_is_added_and_its_codes_are_downloaded(page, owner):
    page.goto("/account")
    page.get_by_role("link", name="Add an authenticator app").click()
    expect(page.get_by_role("img", name="QR code with the secret")).to_be_visible()
    page.get_by_label("Name").fill("Phone")
    page.get_by_label("The six digits").fill(code_of(owner.totpdevice_set.get()))
    page.get_by_role("button", name="Add app").click()
    shown = page.locator(".codes code").all_inner_texts()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download codes").click()
    assert download.value.suggested_filename == "audiomusic-recovery-codes.txt"
    assert download.value.path().read_text().split() == shown and len(shown) == 10
    page.get_by_role("link", name="I have saved them").click()
    expect(page.get_by_role("link", name="Rename or remove Phone")).to_be_visible()
    assert has_factor(owner)


def test_signing_in_takes_two_steps(open_page, owner):
    app = add_app(owner)
    page = open_page()
    page.goto("/sign-in?next=/queue")
    page.get_by_label("Username").fill("olive")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Sign in").click()
    field = page.get_by_label("Code from your app, or a recovery code")
    expect(field).to_be_focused()
    field.fill(code_of(app))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/queue")


def test_a_form_goes_on_after_the_question(page):
    page.goto("/account")
    age_session(page)
    page.get_by_label("What is it for?").fill("robot")
    page.get_by_role("button", name="Create key").click()
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Your new key “robot”.")).to_be_visible()
    assert ApiKey.objects.get().name == "robot"


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_every_page_is_for_everybody(open_page, owner, width):
    """Check with axe in light and dark, and that pages fit a phone."""
    options = PHONE if width == "phone" else {}
    app = add_app(owner, "The phone with the very long name that somebody gave to it")
    page, stranger = open_page(owner, **options), open_page(**options)
    stranger.goto("/sign-in")
    stranger.get_by_label("Username").fill("olive")
    stranger.get_by_label("Password").fill("correct horse")
    stranger.get_by_role("button", name="Sign in").click()
    pages = [(stranger, None)]
    for address in (
        "/account", "/account/factors/app", "/account/factors/passkey", "/account/factors/codes",
        f"/account/factors/app/{app.pk}",
    ):  # fmt: skip
        pages.append((page, address))
    found = []
    for window, address in pages:
        window.emulate_media(color_scheme="light")
        if address:
            window.goto(address)
        found += look(window)
    page.goto("/account/factors/codes")
    page.get_by_role("button", name="Create new codes").click()
    found += look(page)
    age_session(page)
    page.emulate_media(color_scheme="light")
    page.goto("/account/factors/codes")
    expect(page.get_by_role("heading", name="Confirm it’s you")).to_be_visible()
    found += look(page)
    assert found == []


def look(window):
    found = violations(window)
    if window.evaluate("document.documentElement.scrollWidth") > window.viewport_size["width"]:
        found.append(f"{window.url} is wider than the screen")
    window.emulate_media(color_scheme="dark")
    settle(window)
    return found + violations(window, "color-contrast")


def test_the_way_through_a_provider_and_back(open_page, transactional_db, settings):
    """Check the redirects in a real browser, under the pages' content security policy."""
    with running_provider() as provider:
        settings.OIDC_ISSUER, settings.OIDC_NAME = provider.issuer, "Example login"
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
        settings.OIDC_SIGN_UP = "on"
        page = open_page()
        page.goto("/sign-in?next=/queue")
        assert violations(page) == []
        page.get_by_role("link", name="Sign in with Example login").click()
        page.wait_for_url("**/queue")
        page.goto("/account")
        expect(page.get_by_text("Connected: you can sign in with Example login.")).to_be_visible()
        assert violations(page) == []
