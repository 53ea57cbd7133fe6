"""Passkeys in real Chromium, whose virtual authenticator acts as the device (WebAuthn over CDP)."""

import pytest
from playwright.sync_api import expect

from audiomusic.accounts.factors.models import Passkey
from audiomusic.accounts.factors.services import has_factor, recovery_codes_left
from audiomusic.accounts.factors.signals import factor_failed
from audiomusic.accounts.models import ApiKey
from tests.browser.test_confirm_pages import age_session

DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


class Device:
    """A virtual authenticator in the browser."""

    def __init__(self, page, **options):
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable")
        added = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE | options})
        self.id = added["authenticatorId"]

    def credentials(self):
        return self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]

    def hold(self, credential):
        self.cdp.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": credential})

    def set_verified(self, is_verified):
        self.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": is_verified})


@pytest.fixture
def device(page):
    return Device(page)


def add_passkey(page, name="Laptop"):
    page.goto("/account")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def test_nothing_is_sent_before_the_script_is_there(page, device, owner):
    """Before the page's script is loaded, a click would submit the form without the device's response."""
    page.route("**/passkeys.*js", lambda route: None)
    page.goto("/account/factors/passkey", wait_until="commit")
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()
    expect(page.get_by_role("button", name="Create passkey")).to_be_hidden()


def sign_out(page):
    page.goto("about:blank")  # an open page would notice and redirect to the sign-in page
    page.context.clear_cookies()


def give_password(page):
    page.goto("/sign-in")
    page.get_by_label("Username").fill("olive")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()


def expect_home(page):
    expect(page.get_by_role("heading", name="Library")).to_be_visible()


def test_a_passkey_is_added_and_is_the_second_step(page, device, owner):
    add_passkey(page)
    assert len(device.credentials()) == 1
    passkey = Passkey.objects.get(user=owner)
    assert (passkey.name, passkey.last_used_at) == ("Laptop", None)
    assert recovery_codes_left(owner) == 10
    sign_out(page)
    give_password(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/")
    passkey.refresh_from_db()
    assert passkey.last_used_at is not None and passkey.sign_count > 0
    page.goto("/account")
    expect(page.locator("li.factor").filter(has_text="Laptop")).to_contain_text("Passkey, added")


def test_it_signs_in_without_name_and_password(page, device, owner):
    add_passkey(page)
    sign_out(page)
    page.goto("/sign-in?next=/queue")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/queue")


def test_without_name_and_password_the_device_must_know_its_owner(page, device, owner, complaints):
    add_passkey(page)
    sign_out(page)
    device.set_verified(False)
    page.goto("/sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("The device did not create a passkey")
    page.goto("/account")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_it_confirms_who_is_there(page, device, owner):
    add_passkey(page)
    age_session(page)
    page.goto("/account")
    page.get_by_label("What is it for?").fill("robot")
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_role("heading", name="Confirm it’s you")).to_be_visible()
    assert not ApiKey.objects.exists()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("Your new key “robot”.")).to_be_visible()


def test_a_device_that_was_copied_is_noticed(page, device, owner):
    """A copied device's counter is behind the last one seen."""
    add_passkey(page)
    Passkey.objects.update(sign_count=1000)
    sign_out(page)
    give_password(page)
    failures = []

    def receive(user, **values):
        failures.append(user)

    factor_failed.connect(receive)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("The passkey was not accepted")
    factor_failed.disconnect(receive)
    assert failures == [owner]


def test_anothers_device_opens_nothing(page, device, owner, other, open_page):
    """With Otto's passkey in place of Olive's, the browser finds none of those requested."""
    add_passkey(page)
    theirs = open_page(other)
    Device(theirs)
    add_passkey(theirs, "Otto's")
    sign_out(theirs)
    give_password(theirs)
    theirs.get_by_role("button", name="Use a passkey").click()
    expect(theirs.get_by_role("alert")).to_contain_text("The device did not create a passkey")


def test_the_same_device_is_not_added_twice(page, device, owner):
    add_passkey(page)
    page.goto("/account/factors/passkey")
    page.get_by_label("Name").fill("Again")
    page.get_by_role("button", name="Create passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("already has a passkey for your account")
    assert Passkey.objects.count() == 1


def test_it_is_removed_after_a_question_that_names_it(page, device, owner):
    add_passkey(page)
    page.goto("/account")
    page.get_by_role("link", name="Rename or remove Laptop").click()
    page.get_by_role("button", name="Remove “Laptop”").click()
    expect(page.get_by_text("“Laptop” is removed.")).to_be_visible()
    assert not has_factor(owner)
