"""The stems of a song on its page, with a hand on the mouse."""

from playwright.sync_api import expect

from jobs.models import Job
from tests.support.studio_songs import studio_song


def test_one_part_is_asked_for_and_leads_to_its_own_page(page, transactional_db, owner):
    song = studio_song(owner)
    page.goto(f"/tracks/{song.id}")
    expect(page.get_by_text("electric bass", exact=True)).to_be_visible()
    page.get_by_role("button", name="Make the song without Vocals").click()
    expect(page.get_by_role("heading", name="Rainy Day – without vocals")).to_be_visible()
    job = Job.objects.get(source_job=song)
    assert job.effective["stems"] == [["drums", "bass", "keyboard"]]
    page.get_by_role("link", name="Rainy Day", exact=True).click()
    expect(page.get_by_role("heading", name="Stems")).to_be_visible()


def test_what_was_made_is_saved_from_there(page, transactional_db, owner):
    song = studio_song(owner)
    studio_song(
        owner, task="extract", source_job=song, takes=4,
        effective={
            "stems": [["vocals"], ["drums"], ["bass"], ["keyboard"]], "source": {"take": 1},
            "operation": {"name": "extract", "mode": "all"},
        },
    )  # fmt: skip
    page.goto(f"/tracks/{song.id}")
    project = page.get_by_role("link", name="Project for a studio program")
    assert "/archive/" in project.get_attribute("href")
    expect(page.get_by_role("link", name="Save Keyboard as WAV")).to_be_visible()
