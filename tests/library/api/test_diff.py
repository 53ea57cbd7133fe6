"""GET /jobs/{id}/diff: what differs between two versions of a song."""

import pytest

from tests.support.studio_songs import studio_song
from tests.support.tool_songs import document_of, tool_song

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(owner, client_of):
    return client_of(owner)


@pytest.fixture
def song(owner):
    return tool_song(owner)


def diff(api, song, query):
    return api.get(f"/api/v1/music/jobs/{song.id}/diff?{query}")


def test_a_song_and_itself_are_the_same(api, song):
    body = diff(api, song, f"with={song.id}").json()
    assert body == {
        "job_id": song.id, "take": 1, "with": song.id, "with_take": 1, "is_same": True, "facts": [],
        "words": [], "parts": [], "bars": [],
    }  # fmt: skip


def test_it_tells_facts_words_notes_and_bars(api, owner, song):
    document = document_of()
    track = document["tracks"][0]
    early = {**track, "notes": [[*track["notes"][0][:2], 99.0, *track["notes"][0][3:]], *track["notes"][1:]]}
    other = tool_song(owner, document={**document, "bpm": 99.0, "tracks": [early, *document["tracks"][1:]]})
    type(other).objects.filter(id=other.id).update(lyrics=song.lyrics.replace("bridge", "moon"))
    body = diff(api, song, f"with={other.id}&take=1&with_take=1").json()
    assert not body["is_same"]
    assert [(fact["name"], fact["other"]) for fact in body["facts"]] == [("Tempo", "99 bpm")]
    assert {"kind": "new", "text": "The river runs beneath the moon"} in body["words"]
    [part] = body["parts"]
    assert (part["gone"], part["new"], part["shared"]) == (1, 1, len(track["notes"]) - 1)
    assert len(body["bars"]) == 1 and body["bars"][0][0] == body["bars"][0][1] >= 1


def test_it_refuses_what_is_not_there(api, owner, other, song):
    for query, field in (
        ("", "with"),
        ("with=x", "with"),
        (f"with={song.id}&take=9", "take"),
        ("wiht=1", "wiht"),
    ):
        answer = diff(api, song, query)
        assert answer.status_code == 400 and field in answer.json()["errors"], query
    assert diff(api, song, f"with={song.id}&with_take=7").json()["errors"].keys() == {"with_take"}
    assert diff(api, song, f"with={'9' * 30}").status_code == 400
    for one, two in ((song, tool_song(other)), (tool_song(other), song)):
        assert diff(api, one, f"with={two.id}").status_code == 404
    silent = studio_song(owner, has_score=False)
    assert diff(api, song, f"with={silent.id}").json()["code"] == "engine_cannot"
    waiting = studio_song(owner, status="PENDING")
    assert diff(api, song, f"with={waiting.id}").json()["code"] == "source_not_completed"
