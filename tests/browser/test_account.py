"""One's account in the browser: what it shows once, and what it asks before it deletes."""

import re

from playwright.sync_api import expect

from jobs.webhooks.models import WebhookDelivery

SECRET = re.compile(r"^whsec_[\w-]{43}$")


def test_a_webhook_is_made_tried_and_deleted(page):
    page.goto("/account")
    section = page.get_by_role("region", name="Webhooks")
    section.get_by_label("Call this address").fill("https://127.0.0.1/hook")
    section.get_by_role("button", name="Add webhook").click()
    expect(section.get_by_text("127.0.0.1 is a private address")).to_be_visible()
    expect(section.get_by_label("Call this address")).to_be_focused()
    section.get_by_label("Call this address").fill("https://robot.example.org/song")
    section.get_by_label("A song was cancelled").uncheck()
    section.get_by_role("button", name="Add webhook").click()
    expect(section.get_by_label("The new secret")).to_have_value(SECRET)
    expect(section.get_by_text("Called when a song is ready, failed")).to_be_visible()
    section.get_by_role("button", name="Send a test").click()
    expect(section.get_by_text("On its way", exact=True)).to_be_visible()
    delivered = {"at": "2026-01-01T00:00:00Z", "status_code": 200, "error": None, "duration_ms": 34}
    WebhookDelivery.objects.update(status="delivered", next_try_at=None, log=[delivered])
    expect(section.get_by_text("200 in 34 ms")).to_be_visible()
    section.get_by_role("button", name="Send again").click()
    expect(section.get_by_text("On its way", exact=True)).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    section.get_by_role("button", name="Delete").click()
    expect(section.get_by_text("No program is told yet")).to_be_visible()
