"""The admin's front page and user pages: accessibility and every screen size."""

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django_q.models import Task
from playwright.sync_api import expect

from audiomusic.accounts.credits.ledger import credits_grant
from audiomusic.accounts.groups import OPERATORS
from audiomusic.accounts.players.services import player_password_create
from audiomusic.accounts.security_log.events import Kind
from audiomusic.accounts.security_log.recording import security_event_record
from audiomusic.accounts.services import key_create
from jobs.heartbeat import heartbeat_write
from jobs.models import Job
from jobs.worker.lease import new_lease_token
from library.services import share_create
from presets.models import Adapter, Preset
from tests.browser.conftest import WISHES
from tests.browser.test_for_everybody import MAX_SHIFT, PHONE, SHIFTS, settle, violations

FRONT = reverse("admin:index")


#: Admin pages, one of each kind; "{…}" stands for the primary key of such a row.
PAGES = (
    "/admin/",
    "/admin/accounts/user/",
    "/admin/accounts/user/{user}/change/",
    "/admin/accounts/user/{user}/credits/",
    "/admin/accounts/user/{user}/rates/",
    "/admin/accounts/user/{user}/history/",
    "/admin/accounts/apikey/?q=laptop",
    "/admin/accounts/apikey/{key}/change/",
    "/admin/accounts/playerpassword/",
    "/admin/library/sharelink/?q=olive",
    "/admin/accounts/securityevent/",
    "/admin/accounts/securityevent/?username=olive&kind__exact=key_failed",
    "/admin/accounts/securityevent/{event}/change/",
    "/admin/accounts/creditentry/",
    "/admin/accounts/creditentry/add/",
    "/admin/auth/group/{group}/change/",
    "/admin/presets/preset/?q=rock",
    "/admin/presets/preset/{preset}/change/",
    "/admin/presets/adapter/",
    "/admin/presets/adapter/{adapter}/delete/",
    "/admin/django_q/failure/{failure}/change/",
    "/admin/password_change/",
)
#: Those of them with colours that no other page has.
COLOURED = ("/admin/", "/admin/accounts/user/{user}/change/", "/admin/presets/adapter/{adapter}/delete/")


#: A plan of realistic length, and more settings than anyone reads.
MANY_SETTINGS = {
    "plan": {"sections": [{"label": "Verse", "lines": ["down by the water"] * 8}] * 12},
    **{f"setting_{number}": "as the server chose" for number in range(40)},
    "seeds": [41], "genres": [], "emotions": [], "occasions": [],
    **WISHES,
}  # fmt: skip
LISTS = tuple(
    f"/admin/{name}/"
    for name in ("jobs/job", "accounts/user", "accounts/creditentry", "presets/preset", "accounts/apikey")
)
MAX_JOB_PAGE_PX = 2400
#: The column headings beyond the right edge of the list's box.
CUT_HEADS = """() => {
    const edge = document.querySelector("#changelist").getBoundingClientRect().right;
    const isCut = (head) => head.getBoundingClientRect().right > edge + 1;
    const heads = [...document.querySelectorAll("#result_list thead th")];
    return heads.filter(isCut).map((head) => head.innerText);
}"""


@pytest.fixture
def rows(make_song, presets, owner):
    """Create something to see on each page. Return kind -> primary key."""
    cache.clear()
    song = make_song("Tide", takes=3, stage_s={"planning": 0.2, "rendering": 3.5}, effective=MANY_SETTINGS)
    share_create(job=song, days=7)
    player_password_create(user=owner, name="Symfonium on the phone")
    make_song("Broken", status="FAILED", error_code="timed_out", error_message="Too slow.")
    make_song("Going", status="PROCESSING", stage="rendering", progress=30, lease_owner=new_lease_token())
    Job.objects.filter(status="PROCESSING").update(started_at="2026-01-01T00:00:00Z")
    make_song("Next", status="PENDING")
    heartbeat_write()
    credits_grant(user=owner, amount=500)
    now = timezone.now()
    failure = Task.objects.create(
        id="0a", name="make songs", func="jobs.tasks.make_next", success=False, started=now, stopped=now,
        result="database is locked : Traceback (most recent call last): …",
    )  # fmt: skip
    return {
        "user": owner.pk,
        "event": security_event_record(kind=Kind.KEY_FAILED, user=owner, address="203.0.113.7").pk,
        "key": key_create(user=owner, name="laptop")[0].pk,
        "song": song.pk,
        "group": Group.objects.get(name=OPERATORS).pk,
        "preset": Preset.objects.get(name="Rock").pk,
        "adapter": Adapter.objects.create(name="Choir", folder="/adapters/choir").pk,
        "failure": failure.pk,
    }


def test_axe_finds_nothing(open_page, staff, rows, complaints):
    page, found = open_page(staff), []
    for address in PAGES:
        page.emulate_media(color_scheme="light")
        assert page.goto(address.format(**rows)).status == 200, address
        assert complaints == [], address
        if address not in COLOURED:  # the same on every page, and checked on the coloured ones
            page.evaluate("document.querySelector('.staff-nav')?.remove()")
        found += violations(page)
        if address in COLOURED:
            page.emulate_media(color_scheme="dark")
            settle(page)
            found += violations(page, "color-contrast")
    assert found == []


def test_a_phone_holds_the_pages_and_a_row_says_all(open_page, staff, rows):
    phone, wide = open_page(staff, **PHONE), []
    for address in (FRONT, "/admin/jobs/job/{song}/change/", "/admin/accounts/user/{user}/change/", LISTS[0]):
        phone.goto(address.format(**rows))
        width = phone.evaluate("document.documentElement.scrollWidth")
        wide += [(address, width)] if width > PHONE["viewport"]["width"] else []
    assert wide == []
    row = phone.locator("#result_list tbody tr").filter(has_text="Tide")
    for words in ("olive", "Ready", "text2music", "just now"):
        expect(row.get_by_text(words)).to_be_visible()
    assert row.locator("audio").bounding_box()["width"] > 250


def test_lists_keep_their_columns_and_stand_still(open_page, staff, rows):
    page, cut, moved = open_page(staff), {}, {}
    for address in LISTS:
        page.goto(address)
        cut |= {address: heads} if (heads := page.evaluate(CUT_HEADS)) else {}
        moved |= {address: shift} if (shift := page.evaluate(SHIFTS)) >= MAX_SHIFT else {}
    assert (cut, moved) == ({}, {})


def test_a_jobs_page_can_be_overlooked(open_page, staff, rows):
    page = open_page(staff)
    page.goto(f"/admin/jobs/job/{rows['song']}/change/")
    assert page.evaluate("document.documentElement.scrollHeight") <= MAX_JOB_PAGE_PX
    titles = page.locator(".job-page h2").all_inner_texts()
    assert titles[:4] == ["Request", "Result", "Takes", "Attempts"]
    assert page.locator(".take audio").first.bounding_box()["width"] > 400


def test_a_failure_leads_to_its_jobs_and_back_to_the_library(open_page, staff, rows):
    page = open_page(staff)
    page.goto(FRONT)
    page.get_by_role("link", name="timed_out").click()
    expect(page.get_by_role("link", name="Broken")).to_be_visible()
    expect(page.get_by_role("link", name="Tide")).to_have_count(0)
    page.get_by_role("link", name="Back to the library").click()
    page.wait_for_url("**/")


def test_a_key_is_revoked_after_a_question(open_page, staff, rows):
    page = open_page(staff)
    page.goto(reverse("admin:accounts_apikey_change", args=[rows["key"]]))
    page.get_by_role("button", name="Revoke this key").click()
    page.get_by_role("button", name="Revoke 1 key").click()
    expect(page.locator(".messagelist")).to_contain_text("1 key was revoked.")
