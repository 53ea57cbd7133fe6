"""The stems of a song on its page: shown, requested, downloaded."""

import re

import pytest

from jobs.models import AudioFile, Job
from jobs.specs.refusals import JobRefused
from jobs.storage.files import StorageRefused
from tests.support.page_text import text_of
from tests.support.studio_songs import studio_song

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def song(owner):
    return studio_song(owner)


def test_the_songs_page_leads_to_them(browser, song, refused_by_policy):
    page = browser.get(f"/tracks/{song.id}")
    assert f'hx-get="/tracks/{song.id}/stems"' in page.content.decode()
    assert not refused_by_policy(page)


@pytest.mark.parametrize("values", [{"engine": "acestep"}, {"has_score": False}, {"task": "extract"}])
def test_a_song_without_stems_has_no_such_panel(browser, owner, values):
    assert "/stems" not in browser.get(f"/tracks/{studio_song(owner, **values).id}").content.decode()


def test_the_panel_shows_each_part_and_what_it_costs(browser, song, refused_by_policy, settings):
    settings.CREDITS = "1000"
    panel = browser.get(f"/tracks/{song.id}/stems", headers=HTMX)
    assert not refused_by_policy(panel)
    text = text_of(panel)
    for words in (
        "Vocals lead voice",
        "Keyboard piano",
        "Bass electric bass",
        "costs 132 credits",
        "Make all",
    ):
        assert words in text
    assert "<html" not in panel.content.decode()


def test_each_take_has_parts_of_its_own(browser, owner):
    song = studio_song(owner, takes=2)
    panel = browser.get(f"/tracks/{song.id}/stems?take=2", headers=HTMX).content.decode()
    assert f"/tracks/{song.id}/stems?take=1" in panel and 'name="take" value="2"' in panel
    browser.post(f"/tracks/{song.id}/stems", {"take": "2", "track_name": "bass"})
    assert Job.objects.get(source_job=song).effective["source"]["take"] == 2


def test_without_scripts_it_is_a_page(browser, song):
    page = browser.get(f"/tracks/{song.id}/stems")
    assert "<html" in page.content.decode() and "Make all stems" in text_of(page)


@pytest.mark.parametrize(
    ("form", "stems"),
    [
        ({"track_name": "bass"}, [["bass"]]),
        ({"track_name": "bass", "mode": "without"}, [["vocals", "drums", "keyboard"]]),
        ({"take": "1"}, [["vocals"], ["drums"], ["bass"], ["keyboard"]]),
    ],
)
def test_asking_leads_to_the_job(browser, song, form, stems):
    answer = browser.post(f"/tracks/{song.id}/stems", form)
    job = Job.objects.get(source_job=song)
    assert answer["Location"] == f"/tracks/{job.id}"
    assert job.effective["stems"] == stems
    assert "Made from" in text_of(browser.get(f"/tracks/{job.id}"))


def test_a_script_is_led_there_too(browser, song):
    answer = browser.post(f"/tracks/{song.id}/stems", {"track_name": "bass"}, headers=HTMX)
    assert answer["HX-Redirect"] == f"/tracks/{Job.objects.get(source_job=song).id}"


@pytest.fixture
def whole(owner, song):
    """Every stem of the song, as FLAC."""
    return studio_song(
        owner, task="extract", source_job=song, takes=4,
        effective={
            "stems": [["vocals"], ["drums"], ["bass"], ["keyboard"]], "source": {"take": 1},
            "operation": {"name": "extract", "mode": "all"},
        },
    )  # fmt: skip


def test_what_was_made_is_linked(browser, song, whole):
    panel = browser.get(f"/tracks/{song.id}/stems", headers=HTMX).content.decode()
    assert f"/archive/{whole.id}-1-stems-" in panel and f"/archive/{whole.id}-1-project-" in panel
    assert f"/audio/{whole.id}-3-wav-" in panel and "Make all stems" not in panel


def sources_of(answer, whole):
    """For each stem in the mixer, return the formats offered to the browser, in order."""
    players = re.findall(r"<audio.*?</audio>", answer.content.decode())
    assert all(f"/audio/{whole.id}-{number}-" in player for number, player in enumerate(players, start=1))
    return [re.findall(r'type="audio/(\w+)"', player) for player in players]


def test_all_stems_can_be_mixed(browser, song, whole, refused_by_policy):
    panel = browser.get(f"/tracks/{song.id}/stems", headers=HTMX)
    assert not refused_by_policy(panel)
    assert sources_of(panel, whole) == [["flac", "mpeg"]] * 4  # stored files come first
    markup = panel.content.decode()
    for words in ("Mute Drums", "Solo Drums", "Volume of Drums", "Play the stems", "Position in the stems"):
        assert f'aria-label="{words}"' in markup
    assert 'max="8.0"' in markup


def test_the_mixer_plays_the_lightest_format_that_every_stem_has(browser, song, whole):
    for take in whole.takes.all():
        for format in ("ogg", "mp3") if take.index > 1 else ("ogg",):
            AudioFile.objects.create(
                take=take, format=format, storage_name=f"{take.id}.{format}", byte_count=1, sha256="0"
            )
    panel = browser.get(f"/tracks/{song.id}/stems", headers=HTMX)
    assert sources_of(panel, whole) == [["ogg", "flac", "mpeg"]] * 4


def test_without_all_stems_there_is_no_mixer(browser, owner, song):
    studio_song(
        owner, task="extract", source_job=song,
        effective={
            "stems": [["bass"]], "source": {"take": 1}, "operation": {"name": "extract", "mode": "stem"},
        },
    )  # fmt: skip
    assert "data-mixer" not in browser.get(f"/tracks/{song.id}/stems", headers=HTMX).content.decode()


def test_a_refusal_is_a_sentence_on_the_panel(browser, song, monkeypatch):
    def refuse(**wishes):
        raise JobRefused("No room.")

    monkeypatch.setattr("library.views.stems.stem_job_create", refuse)
    assert "No room." in text_of(browser.post(f"/tracks/{song.id}/stems", {}, headers=HTMX))


def test_an_absent_part_is_told(browser, song):
    answer = browser.post(f"/tracks/{song.id}/stems", {"track_name": "brass"}, headers=HTMX)
    assert "This song has: vocals, drums, bass, keyboard." in text_of(answer)
    assert Job.objects.count() == 1


def test_a_silent_storage_is_told(browser, song, monkeypatch):
    def refuse(take):
        raise StorageRefused("gone")

    monkeypatch.setattr("jobs.tools.extraction.kept_score", refuse)
    assert "storage is not available" in text_of(browser.get(f"/tracks/{song.id}/stems", headers=HTMX))
    assert "storage is not available" in text_of(browser.post(f"/tracks/{song.id}/stems", {}, headers=HTMX))


@pytest.mark.parametrize(
    ("form", "status"), [({"track_name": "tuba"}, 404), ({"take": "9"}, 404), ({"mode": "solo"}, 404)]
)
def test_what_the_form_does_not_offer_is_not_found(browser, song, form, status):
    assert browser.post(f"/tracks/{song.id}/stems", form).status_code == status


def test_another_users_song_does_not_exist(browser, other):
    theirs = studio_song(other)
    assert browser.get(f"/tracks/{theirs.id}/stems").status_code == 404
    assert browser.post(f"/tracks/{theirs.id}/stems", {"track_name": "bass"}).status_code == 404


def test_an_unfinished_song_has_none(browser, owner):
    assert browser.get(f"/tracks/{studio_song(owner, status='PENDING').id}/stems").status_code == 404
