"""Staff at work in the admin: they filter, retry, cancel, and try a preset."""

import re

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from playwright.sync_api import expect

from audiomusic.devtools.browser import wait_until
from jobs.models import AudioFile, Job, Take
from jobs.worker.claims import job_claim
from presets.models import Preset
from tests.browser.test_for_everybody import settle, violations

LIST = "/admin/jobs/job/"


@pytest.fixture
def desk(open_page, staff):
    return open_page(staff)


@pytest.fixture
def songs(make_song):
    """Create a finished song, a failed one and a waiting one."""
    song = make_song(
        "Tide", lyrics="[Verse]\nDown by the water", params={"caption": "calm piano", "shift": 3}
    )
    failed = make_song("Broken", status="FAILED", error_code="engine_failed", error_message="It burned down.")
    return song, failed, make_song("Patience", status="PENDING", progress=None)


def test_staff_filter_retry_and_cancel(open_page, staff, songs):
    page = open_page()
    page.goto(LIST)
    page.get_by_label("Username").fill("stella")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(3)
    page.get_by_role("link", name="Failed", exact=True).click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.get_by_label(re.compile("for an action - .*Broken")).check()
    page.get_by_label("Action:").select_option("retry")
    page.get_by_role("button", name="Go").click()
    page.get_by_role("button", name="Retry 1 job").click()
    expect(page.get_by_text("1 job was put back into the queue.")).to_be_visible()
    assert Job.objects.get(display_name="Broken").status == "PENDING"
    page.goto(f"{LIST}?q=patience")
    page.get_by_role("link", name="Patience").click()
    page.get_by_role("link", name="Cancel…").click()
    page.get_by_role("button", name="Cancel 1 job").click()
    expect(page.locator(".job-status")).to_have_text("Cancelled")
    assert Job.objects.get(display_name="Patience").status == "CANCELLED"


def test_a_song_is_heard_in_its_row(desk, songs):
    desk.goto(LIST)
    desk.evaluate("document.querySelector('#result_list audio').play()")
    wait_until(desk, "document.querySelector('#result_list audio').currentTime > 0.2")


def test_a_preset_is_tried(desk, presets, sound):
    rock = Preset.objects.get(name="Rock")
    desk.goto(f"/admin/presets/preset/{rock.pk}/change/")
    desk.get_by_role("link", name="Try", exact=True).click()
    desk.get_by_role("button", name="Make a sample").click()
    expect(desk.get_by_role("status")).to_have_text("Waiting for a worker")
    job = job_claim(lease_token="me")
    expect(desk.get_by_role("status")).to_have_text("Being made: planning")
    make_by_hand(job, sound)
    expect(desk.get_by_role("status")).to_have_text("Finished")
    wait_until(desk, "document.querySelector('.trial audio').currentTime > 0.2")


def make_by_hand(job, sound):
    """Create the take and complete the job, as a worker does."""
    take = Take.objects.create(job=job, index=1, seed=1, duration_s=4.0, peaks=[0.5])
    name = default_storage.save(f"browser/{job.id}.mp3", ContentFile(sound))
    AudioFile.objects.create(take=take, format="mp3", storage_name=name, byte_count=len(sound), sha256="1")
    Job.objects.filter(id=job.id).update(status="COMPLETED", progress=100, lease_owner="", lease_until=None)


def test_axe_finds_nothing(desk, songs, presets):
    song, failed, _ = songs
    found = []
    for address in (LIST, f"{LIST}{song.id}/change/", f"{LIST}{failed.id}/do/retry/"):
        desk.emulate_media(color_scheme="light")
        desk.goto(address)
        found += violations(desk)
        desk.emulate_media(color_scheme="dark")
        settle(desk)
        found += violations(desk, "color-contrast")
    assert found == []
