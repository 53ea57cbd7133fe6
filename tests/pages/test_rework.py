"""Reworking a song from its page: the panels, the price, the job, and what is refused."""

import re

import pytest

from jobs.models import Job
from library.views.rework_forms import REWORK_FORMS
from tests.support.page_text import text_of
from tests.support.studio_songs import studio_song
from tests.support.tool_songs import LYRICS, tool_song

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
SENT = {
    "part": {"repainting_start": "4", "repainting_end": "8", "snap": "bar", "caption": "calm strings"},
    "words": {"edit_target_lyrics": "The water runs below the bridge\nThe city is asleep"},
    "take": {"retake_variance": "0.3", "batch_size": "2"},
    "longer": {"left_extend_length": "0", "right_extend_length": "12", "caption": "a quiet end"},
    "style": {"caption": "jazz trio", "audio_cover_strength": "0.9"},
    "sound": {"caption": "a song about rain"},
    "mix": {"edit_target_prompt": "louder drums"},
}
TASKS = ["repaint", "edit", "retake", "extend", "cover", "reference", "edit"]


@pytest.fixture
def song(owner):
    return tool_song(owner)


def test_the_songs_page_leads_there(browser, song, refused_by_policy):
    page = browser.get(f"/tracks/{song.id}")
    assert f'hx-get="/tracks/{song.id}/work"' in page.content.decode()
    assert not refused_by_policy(page)


@pytest.mark.parametrize("tool", REWORK_FORMS)
def test_each_tool_has_a_panel(browser, song, tool, refused_by_policy):
    panel = browser.get(f"/tracks/{song.id}/work/{tool}", headers=HTMX)
    assert panel.status_code == 200 and not refused_by_policy(panel)
    assert REWORK_FORMS[tool].help in text_of(panel) and "<html" not in panel.content.decode()


@pytest.mark.parametrize(("tool", "task"), [*zip(SENT, TASKS, strict=True)])
def test_it_makes_the_job_that_the_api_makes(browser, song, tool, task):
    answer = browser.post(f"/tracks/{song.id}/work/{tool}", SENT[tool])
    job = Job.objects.get(source_job=song)
    assert answer["Location"] == f"/tracks/{job.id}"
    assert (job.task, job.status) == (task, "PENDING")
    assert job.params["source_job_id"] == song.id and job.params["source_take"] == 1


def test_a_script_is_sent_on_by_its_header(browser, song):
    answer = browser.post(f"/tracks/{song.id}/work/take", SENT["take"], headers=HTMX)
    assert answer["HX-Redirect"] == f"/tracks/{Job.objects.get(source_job=song).id}"


def test_a_marked_stretch_moves_to_the_nearest_bars(browser, song):
    sent = SENT["part"] | {"repainting_start": "4.3", "repainting_end": "8.1"}
    browser.post(f"/tracks/{song.id}/work/part", sent)
    window = Job.objects.get(source_job=song).effective["window"]
    assert window["start_s"] != 4.3 and window["end_s"] != 8.1


def test_the_price_is_told_before_and_nothing_is_made(browser, song, settings):
    settings.CREDITS = "1000"
    sent = SENT["part"] | {"snap": "none", "price": "1"}
    answer = browser.post(f"/tracks/{song.id}/work/part", sent, headers=HTMX)
    assert text_of(answer) == "66 credits"  # 4 s at 990 a minute
    assert not Job.objects.filter(source_job=song).exists()


def test_edges_that_move_are_told_before(browser, song):
    sent = SENT["part"] | {"snap": "line", "price": "1", "repainting_start": "8", "repainting_end": "10"}
    told = text_of(browser.post(f"/tracks/{song.id}/work/part", sent, headers=HTMX))
    assert re.search(r"From \d\.\d\d to \d+\.\d\d s, so that no sung line is cut", told), told


def test_words_that_do_not_fit_are_told_before(browser, song):
    sent = {"edit_target_lyrics": "[Verse]\none\ntwo\nthree\nfour\n[Chorus]\nfive", "price": "1"}
    told = text_of(browser.post(f"/tracks/{song.id}/work/words", sent, headers=HTMX))
    assert "room for 2 line(s), the words have 4: there is none for 'three'" in told
    assert not Job.objects.filter(source_job=song).exists()


def test_words_that_need_other_notes_are_told_before(browser, song):
    sent = {"edit_target_lyrics": LYRICS.replace("The town is fast asleep", "The town sleeps"), "price": "1"}
    told = text_of(browser.post(f"/tracks/{song.id}/work/words", sent, headers=HTMX))
    assert "“The town sleeps”: about 3 syllables on 6 notes; notes are tied" in told
    same = {"edit_target_lyrics": LYRICS.replace("town", "moon"), "price": "1"}
    assert "syllable" not in text_of(browser.post(f"/tracks/{song.id}/work/words", same, headers=HTMX))


def test_what_cannot_be_done_is_said_beside_its_field(browser, song):
    sent = SENT["part"] | {"repainting_start": "8", "repainting_end": "4", "snap": "none"}
    answer = browser.post(f"/tracks/{song.id}/work/part", sent)
    assert answer.status_code == 200 and "Enter a beginning before the end" in text_of(answer)
    assert not Job.objects.filter(source_job=song).exists()


def test_anothers_song_does_not_exist(client, other, song):
    client.force_login(other)
    assert client.get(f"/tracks/{song.id}/work").status_code == 404
    assert client.post(f"/tracks/{song.id}/work/take", SENT["take"]).status_code == 404
    assert client.get(f"/tracks/{song.id}/compare/{song.id}").status_code == 404


@pytest.mark.parametrize("path", ["work/banjo", "work/part?take=9", "work/part?take=x", "work?take=-1"])
def test_there_is_no_such_tool_or_take(browser, song, path):
    assert browser.get(f"/tracks/{song.id}/{path}").status_code == 404


def test_a_song_without_a_score_has_no_such_panel(browser, owner):
    song = studio_song(owner, has_score=False)
    assert "/work" not in browser.get(f"/tracks/{song.id}").content.decode()
    assert browser.get(f"/tracks/{song.id}/work").status_code == 404


def test_without_scripts_it_is_a_page(browser, song):
    page = browser.get(f"/tracks/{song.id}/work")
    assert "<html" in page.content.decode() and "Edit Rainy Day" in text_of(page)
