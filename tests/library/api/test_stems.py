"""GET /jobs/{id}/stems: the stems of a song, and which of them have been made."""

import pytest

from tests.support.studio_songs import studio_song

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(owner, client_of):
    return client_of(owner)


def stems_of(api, job, query=""):
    return api.get(f"/api/v1/music/jobs/{job.id}/stems{query}")


def extraction(owner, song, stems, mode, track_name=None, take=1):
    return studio_song(
        owner, task="extract", song_type="edits", source_job=song, takes=len(stems), display_name="Stems",
        effective={
            "stems": stems, "source": {"take": take},
            "operation": {"name": "extract", "mode": mode, "track_name": track_name},
        },
    )  # fmt: skip


def test_it_tells_what_plays_in_each(api, owner):
    song = studio_song(owner)
    body = stems_of(api, song).json()
    assert (body["job_id"], body["take"]) == (song.id, 1)
    assert {stem["track_name"]: stem["instruments"] for stem in body["stems"]} == {
        "vocals": ["lead voice"], "drums": ["crash", "kick", "snare", "closed_hat", "open_hat"],
        "bass": ["electric_bass"], "keyboard": ["piano"],
    }  # fmt: skip
    assert all(stem["job_id"] is stem["url"] is None for stem in body["stems"])
    assert body["stems_job_id"] is body["stems_zip_url"] is body["project_zip_url"] is None


def test_it_links_what_was_made_of_this_take(api, owner):
    song = studio_song(owner, takes=2)
    bass = extraction(owner, song, [["bass"]], "stem", "bass")
    extraction(owner, song, [["keyboard"]], "stem", "keyboard", take=2)
    extraction(owner, song, [["drums"]], "without", "bass")  # a mix without one part is no stem
    body = stems_of(api, song).json()
    made = {stem["track_name"]: stem["job_id"] for stem in body["stems"]}
    assert made == {"vocals": None, "drums": None, "bass": bass.id, "keyboard": None}
    assert body["stems_zip_url"] is None


def test_all_stems_are_there_as_a_zip(api, owner):
    song = studio_song(owner)
    whole = extraction(owner, song, [["vocals"], ["drums"], ["bass"], ["keyboard"]], "all")
    body = stems_of(api, song).json()
    assert body["stems_job_id"] == whole.id
    assert [(stem["job_id"], stem["take"]) for stem in body["stems"]] == [(whole.id, n) for n in (1, 2, 3, 4)]
    assert body["stems_zip_url"].startswith(f"http://testserver/archive/{whole.id}-1-stems-")
    assert body["project_zip_url"].startswith(f"http://testserver/archive/{whole.id}-1-project-")


def test_a_song_of_another_engine_has_none(api, owner):
    assert stems_of(api, studio_song(owner, engine="acestep", has_score=False)).json()["stems"] == []


def test_it_refuses_what_is_not_there(api, owner, other):
    assert stems_of(api, studio_song(other)).status_code == 404
    song = studio_song(owner)
    assert stems_of(api, song, "?take=2").json()["errors"] == {
        "take": ["Expected a take from 1 to 1, got 2."]
    }
    for query in ("?take=0", "?take=x", "?take=1e3", "?take=99999999999999999999", "?taek=1"):
        assert stems_of(api, song, query).status_code == 400
    waiting = studio_song(owner, status="PENDING")
    assert stems_of(api, waiting).json()["code"] == "source_not_completed"
