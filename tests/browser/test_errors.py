"""Server and network errors: each shows a sentence and a way to continue."""

import pytest
from playwright.sync_api import expect

from jobs.models import Job
from tests.jobs.api.conftest import job_row  # noqa: F401

#: What the browser and htmx log themselves about a failed request.
ITS_OWN_WORDS = ("Failed to load resource", "htmx:", "Response Status Error Code", "net::ERR_")


@pytest.fixture
def failing(page, complaints):
    """A page whose browser may log failed requests."""
    yield page
    assert all(any(mark in text for mark in ITS_OWN_WORDS) for text in complaints)
    complaints.clear()


def test_a_song_that_went_elsewhere_leads_to_the_page_that_says_so(failing, make_song):
    make_song("Tide")
    failing.goto("/")
    Job.objects.all().delete()
    failing.get_by_role("link", name="Tide").click()
    expect(failing.get_by_role("heading", name="Page not found")).to_be_visible()
    failing.get_by_role("link", name="Back to the songs").click()
    expect(failing.get_by_role("heading", name="Library")).to_be_visible()


def test_a_server_that_is_away_is_said_to_be(failing, make_song):
    make_song("Tide")
    failing.goto("/")
    failing.context.set_offline(True)
    failing.get_by_role("link", name="Create").first.click()
    expect(failing.get_by_text("The server cannot be reached. Is it running?")).to_be_visible()
    failing.context.set_offline(False)
    failing.get_by_role("link", name="Create").first.click()
    expect(failing.get_by_role("heading", name="New song")).to_be_visible()


def test_a_bar_that_cannot_move_says_why(failing, owner, job_row):  # noqa: F811
    job_row(owner, status="PROCESSING", stage="rendering", progress=40, display_name="Tide")
    failing.route("**/queue/state", lambda route: route.abort())
    failing.goto("/queue")
    expect(failing.get_by_text("The server is not responding")).to_be_visible()
    failing.unroute("**/queue/state")
    expect(failing.get_by_text("Playing the instruments")).to_be_visible()


def test_a_song_that_could_not_be_deleted_stays_and_is_named(failing, make_song):
    for name in ("Tide", "Ebb"):
        make_song(name)
    failing.route("**/jobs/bulk/delete", lambda route: route.abort())
    failing.goto("/")
    failing.get_by_label("More for Tide").click()
    failing.get_by_role("button", name="Delete").click()
    expect(failing.get_by_text("“Tide” was not deleted: The server cannot be reached.")).to_be_visible()
    expect(failing.locator(".row:visible")).to_have_count(2)
    for name in ("Ebb", "Tide"):
        failing.get_by_role("checkbox", name=name).check()
    failing.get_by_role("toolbar").get_by_role("button", name="Delete").click()
    expect(failing.get_by_text("“Ebb” and “Tide” were not deleted: The server")).to_be_visible()
    failing.unroute("**/jobs/bulk/delete")
    failing.route("**/jobs/bulk/restore", lambda route: route.fulfill(status=500, body=""))
    failing.get_by_label("More for Tide").click()
    failing.get_by_role("button", name="Delete").click()
    expect(failing.get_by_text("“Tide” deleted.")).to_be_visible()
    failing.get_by_role("button", name="Undo").click()
    failed = "“Tide” could not be restored: The server returned an error (500)."
    expect(failing.get_by_text(failed)).to_be_visible()
