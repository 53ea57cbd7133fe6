"""The page of a song's score: what it shows, what it reports about a text, and the jobs it creates."""

import pytest

from jobs.models import Job
from tests.support.tool_songs import tool_song

pytestmark = pytest.mark.django_db


@pytest.fixture
def song(owner):
    return tool_song(owner)


@pytest.fixture
def page(client, owner, song):
    client.force_login(owner)
    return f"/tracks/{song.id}/score"


def abc_of(client, page):
    return client.get(page).context["abc"]


def test_it_shows_the_text_and_leads_there_from_the_song(client, page, song):
    html = client.get(page).content.decode()
    assert "V: Vocal" in html and "Recording it costs 495 credits" in html and ".musicxml" in html
    assert page in client.get(f"/tracks/{song.id}").content.decode()


def test_a_text_is_checked_bar_by_bar(client, page):
    text = abc_of(client, page)
    good = client.post(page, {"abc": text.replace("\n", "\r\n"), "check": "1"}).content.decode()
    assert "Recording it costs 495 credits" in good
    bad = client.post(page, {"abc": text.replace("|", "z8 |", 1), "check": "1"}).content.decode()
    assert "<strong>Bar 1, Vocal (line" in bad and "Enter 4 beats instead of 5." in bad and "costs" not in bad


def test_it_records_what_was_edited(client, page, song):
    text = abc_of(client, page)
    answer = client.post(page, {"abc": text, "record": "1"})
    job = Job.objects.get(source_job=song)
    assert answer.status_code == 302 and answer["Location"] == f"/tracks/{job.id}" and job.task == "record"
    wrong = client.post(page, {"abc": "X:1", "record": "1"})
    assert wrong.status_code == 422 and "Enter at least one bar" in wrong.content.decode()
    assert Job.objects.filter(source_job=song).count() == 1


def test_it_changes_in_words(client, page, song):
    answer = client.post(page, {"revise": "1", "instruction": "make it higher", "section": "Chorus"})
    job = Job.objects.get(source_job=song)
    assert answer.status_code == 302 and job.task == "revise" and job.params["section"] == "Chorus"
    for instruction, words in (
        ("", "This field is empty. Please write something."),
        ("fly", "Choose one of these changes"),
    ):
        refused = client.post(page, {"revise": "1", "instruction": instruction})
        assert refused.status_code == 422 and words in refused.content.decode()
        assert 'aria-invalid="true"' in refused.content.decode()


def test_markup_in_a_score_is_words(client, page):
    hostile = 'X:1\nT:</textarea><script>alert(1)</script>\nM:4/4\nL:1/4\nQ:1/4=90\nK:C\n"<b>"C4 |'
    for more in ({"check": "1"}, {"record": "1"}):
        html = client.post(page, {"abc": hostile, **more}).content.decode()
        assert "<script>alert" not in html and "</textarea><" not in html


def test_a_song_without_a_score_has_no_such_page(client, owner, page):
    job = Job.objects.create(user=owner, task="text2music", song_type="song", status="COMPLETED")
    assert client.get(f"/tracks/{job.id}/score").status_code == 404
    assert client.put(page).status_code == 405
