"""The account pages in the browser: what they show only once, and what they ask before deleting."""

import re

from playwright.sync_api import expect

from audiomusic.accounts.models import SecurityEvent
from audiomusic.accounts.security_log.events import Kind
from audiomusic.accounts.security_log.recording import security_event_record
from jobs.webhooks.models import WebhookDelivery
from tests.browser.test_for_everybody import settle, violations

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SECRET = re.compile(r"^whsec_[\w-]{43}$")


def test_a_webhook_is_made_tried_and_deleted(page):
    page.goto("/account")
    section = page.get_by_role("region", name="Webhooks")
    section.get_by_label("URL to call").fill("https://127.0.0.1/hook")
    section.get_by_role("button", name="Add webhook").click()
    expect(section.get_by_text("127.0.0.1 is a private address")).to_be_visible()
    expect(section.get_by_label("URL to call")).to_be_focused()
    section.get_by_label("URL to call").fill("https://robot.example.org/song")
    section.get_by_label("A song was cancelled").uncheck()
    section.get_by_role("button", name="Add webhook").click()
    expect(section.get_by_label("The new secret")).to_have_value(SECRET)
    expect(section.get_by_text("Called when a song is ready, failed")).to_be_visible()
    section.get_by_role("button", name="Send a test").click()
    expect(section.get_by_text("In progress", exact=True)).to_be_visible()
    delivered = {"at": "2026-01-01T00:00:00Z", "status_code": 200, "error": None, "duration_ms": 34}
    WebhookDelivery.objects.update(status="delivered", next_try_at=None, log=[delivered])
    expect(section.get_by_text("200 in 34 ms")).to_be_visible()
    section.get_by_role("button", name="Send again").click()
    expect(section.get_by_text("In progress", exact=True)).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    section.get_by_role("button", name="Delete").click()
    expect(section.get_by_text("No webhooks yet")).to_be_visible()


def fill_log(owner, rf):
    """Record twelve events, with every kind that is drawn differently."""
    here = rf.get("/", REMOTE_ADDR="203.0.113.7", HTTP_USER_AGENT=FIREFOX)
    there = rf.get("/", REMOTE_ADDR="2001:db8:85a3:8d3:1319:8a2e:370:7348", HTTP_USER_AGENT="curl/8.5")
    for _ in range(9):
        security_event_record(kind=Kind.SIGNED_IN, user=owner, request=here)
    security_event_record(kind=Kind.PASSWORD_CHANGED, user=owner, request=here)
    security_event_record(
        kind=Kind.PERMISSIONS_CHANGED, user=owner, request=there, detail="groups: +Operators"
    )
    guess = security_event_record(kind=Kind.SIGN_IN_FAILED, user=owner, request=there)
    SecurityEvent.objects.filter(pk=guess.pk).update(count=16)


def test_the_log_tells_what_happened_and_more_when_asked(open_page, owner, rf):
    fill_log(owner, rf)
    page = open_page(owner, viewport={"width": 390, "height": 844})
    page.goto("/account")
    section = page.get_by_role("region", name="Security log")
    expect(section.get_by_text("Sign-in failed")).to_be_visible()
    expect(section.get_by_text("16 times")).to_be_visible()
    expect(section.get_by_text("from 203.0.113.7, with Firefox on Linux").first).to_be_visible()
    expect(section.get_by_text("Account made")).to_be_hidden()
    section.get_by_text("Earlier events").click()
    expect(section.get_by_text("Account made")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.set_viewport_size({"width": 1280, "height": 800})
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    settle(page)
    assert violations(page, "color-contrast") == []
