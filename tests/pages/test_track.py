"""The page of one song: requested values, used values, its score, and access rights."""

import re

import pytest

from library.views.track import settings_of
from tests.jobs.api.conftest import job_row  # noqa: F401


@pytest.fixture
def song(owner, job_row):  # noqa: F811
    return job_row(
        owner,
        status="COMPLETED",
        lyrics="[Verse]\nDown by the water",
        params={"prompt": "a sea shanty", "bpm": 120, "shift": 2.0, "seed": -1},
        effective={
            "caption": "a sea shanty", "bpm": 118.0, "seeds": [41], "engine_version": "1.0",
            "not_applied": {"shift": "The studio engine has no use for it."},
        },
    )  # fmt: skip


@pytest.fixture
def page(client, owner, song):
    client.force_login(owner)
    return client.get(f"/tracks/{song.id}")


def test_it_shows_the_song(page, refused_by_policy):
    text = page.content.decode()
    assert "Harbour lights" in text
    assert "Down by the water" in text
    assert "FLAC" in text
    assert refused_by_policy(page) == []


def test_it_tells_what_was_asked_from_what_was_used(song):
    rows = {row.label: row for row in settings_of(song)}
    assert (rows["Tempo (bpm)"].asked, rows["Tempo (bpm)"].used) == ("120", "118")
    assert (rows["Style"].asked, rows["Style"].used) == ("a sea shanty", "a sea shanty")
    assert (rows["Seed"].asked, rows["Seed"].used) == ("", "41")
    assert rows["Shift"].note == "The studio engine has no use for it."
    assert rows["Shift"].used == ""
    assert "Guidance scale" not in rows


def test_it_tells_what_became_of_each_wish(client, owner, song, refused_by_policy):
    song.effective |= {
        "conformance": [
            {"take": take, "wish": "<b>ohne", "asked": "no drums", "found": "2 hits", "ok": take == 1}
            for take in (1, 2)
        ],
        "not_understood": ["glorp"],
    }
    song.save()
    client.force_login(owner)
    page = client.get(f"/tracks/{song.id}")
    text = page.content.decode()
    assert "Your request" in text and "1 of 2 met" in text and "“<bdi>glorp</bdi>”" in text
    assert "&lt;b&gt;ohne" in text and "<b>ohne" not in text
    assert "<td>2</td>" in text, "takes are told apart"
    assert refused_by_policy(page) == []


def test_without_wishes_it_shows_no_table_of_them(page):
    assert "Your request" not in page.content.decode()


def test_it_shows_what_it_was_made_from_and_turned_into(client, owner, song, job_row):  # noqa: F811
    child = job_row(owner, display_name="Second wind", source_job=song)
    client.force_login(owner)
    assert "Second wind" in client.get(f"/tracks/{song.id}").content.decode()
    assert "Made from" in client.get(f"/tracks/{child.id}").content.decode()


def test_its_score_is_read_by_the_takes_own_link(client, owner, song):
    song.takes.update(has_score=True)
    client.force_login(owner)
    shown = client.get(f"/tracks/{song.id}").content.decode()
    assert "Score" in shown
    assert re.search(r'data-score-take="1" data-url="[^"]*/score/[^"]+\.json"', shown)


def test_a_take_without_a_score_shows_none(page):
    assert "Score" not in page.content.decode()


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING", "FAILED", "CANCELLED"])
def test_it_shows_every_state(client, owner, job_row, status):  # noqa: F811
    job = job_row(owner, status=status, error_message="It broke." if status == "FAILED" else "")
    client.force_login(owner)
    page = client.get(f"/tracks/{job.id}")
    assert page.status_code == 200
    assert ("It broke." in page.content.decode()) == (status == "FAILED")
    assert 'id="share"' not in page.content.decode()


def test_somebody_elses_song_is_not_there(client, other, song):
    client.force_login(other)
    assert client.get(f"/tracks/{song.id}").status_code == 404
    assert client.get(f"/tracks/{2**70}").status_code == 404


def test_it_asks_strangers_to_sign_in(client, song):
    assert client.get(f"/tracks/{song.id}")["Location"] == f"/sign-in?next=/tracks/{song.id}"
