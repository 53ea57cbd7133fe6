"""The admin's front page and its pages of people, for every eye and screen."""

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import expect

from audiomusic.accounts.credits import credits_grant
from audiomusic.accounts.services import key_create
from jobs.beats import beat_write
from jobs.leases import new_owner
from jobs.models import Job
from tests.browser.test_for_everybody import PHONE, settle, violations

FRONT = reverse("admin:index")


@pytest.fixture
def addresses(make_song, owner, staff):
    """Pages with something on them."""
    cache.clear()
    make_song("Tide", stage_s={"planning": 0.2, "rendering": 3.5})
    make_song("Broken", status="FAILED", error_code="timed_out", error_message="Too slow.")
    make_song("Going", status="PROCESSING", stage="rendering", progress=30, lease_owner=new_owner())
    Job.objects.filter(status="PROCESSING").update(started_at="2026-01-01T00:00:00Z")
    make_song("Next", status="PENDING")
    beat_write()
    credits_grant(user=owner, amount=500)
    key, _ = key_create(user=owner, name="laptop")
    return [
        FRONT,
        reverse("admin:accounts_user_changelist"),
        reverse("admin:accounts_user_credits", args=[owner.pk]),
        reverse("admin:accounts_apikey_change", args=[key.pk]),
    ]


def test_axe_finds_nothing(open_page, staff, addresses, complaints):
    page, found = open_page(staff), []
    for address in addresses:
        page.emulate_media(color_scheme="light")
        page.goto(address)
        assert complaints == []
        found += violations(page)
        page.emulate_media(color_scheme="dark")
        settle(page)
        found += violations(page, "color-contrast")
        # axe's own: it asks for what forms.css imports as if that lay beside the page, and writes styles.
        complaints.clear()
    assert found == []


def test_a_phone_holds_the_front_page(open_page, staff, addresses):
    phone = open_page(staff, **PHONE)
    phone.goto(FRONT)
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]


def test_a_failure_leads_to_its_jobs_and_back_to_the_library(open_page, staff, addresses):
    page = open_page(staff)
    page.goto(FRONT)
    page.get_by_role("link", name="timed_out").click()
    expect(page.get_by_role("link", name="Broken")).to_be_visible()
    expect(page.get_by_role("link", name="Tide")).to_have_count(0)
    page.get_by_role("link", name="Back to the library").click()
    page.wait_for_url("**/")


def test_a_key_is_revoked_after_a_question(open_page, staff, addresses, owner):
    page = open_page(staff)
    page.goto(addresses[-1])
    page.get_by_role("button", name="Revoke this key").click()
    page.get_by_role("button", name="Revoke 1 key").click()
    expect(page.locator(".messagelist")).to_contain_text("1 keys were revoked.")
