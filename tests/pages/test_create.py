"""The form that asks for a song, and what it would come to."""

import json
import re

import pytest

from jobs.specs.parameters import TASKS
from library.views.create_options import KEYSCALES, SONG_KINDS
from tests.jobs.api.conftest import job_row  # noqa: F401

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def page_of(client):
    """page_of(user, query=""): the form as that user gets it."""

    def get(user, query=""):
        client.force_login(user)
        return client.get(f"/create{query}")

    return get


@pytest.fixture
def estimate(client, owner):
    client.force_login(owner)
    return lambda **asked: client.post("/create/estimate", {"task": "text2music"} | asked)


def table_in(page, name):
    return json.loads(re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', page)[1])


def test_it_asks_strangers_to_sign_in(client, db):
    assert client.get("/create")["Location"] == "/sign-in?next=/create"


def test_it_offers_every_kind(page_of, owner):
    page = page_of(owner).content.decode()
    for kind in SONG_KINDS:
        assert (f'name="kind" value="{kind.name}"' in page) == (kind.name != "simple")
    assert 'name="mode" value="simple"' in page


def test_it_keeps_to_a_strict_policy(page_of, owner, refused_by_policy):
    assert refused_by_policy(page_of(owner)) == []


def test_it_carries_the_limits_of_each_endpoint(page_of, owner):
    table = table_in(page_of(owner).content.decode(), "song-kinds")
    assert table["simple"]["prompt_field"] == "query"
    assert table["simple"]["bounds"]["query"] == [1, 1000]
    assert table["song"]["bounds"]["caption"] == [1, 2048]
    assert table["samples"]["bounds"]["duration"] == [1, 120]
    assert "lyrics" not in table["simple"]["bounds"]


def test_every_kind_is_sent_to_an_endpoint_that_is_there():
    for kind in SONG_KINDS:
        assert kind.prompt_field in TASKS[kind.task].names


def test_the_keys_are_spelled_as_the_api_spells_them():
    assert len(KEYSCALES) == len(set(KEYSCALES)) == 24
    assert {"C Major", "Eb Major", "F# Minor"} <= set(KEYSCALES)


def test_it_offers_the_genre_presets(page_of, owner, rock):
    page = page_of(owner).content.decode()
    assert 'name="genre_preset" value="Rock"' in page
    assert 'name="genre_preset" value="Custom"' not in page


def test_it_escapes_a_hostile_preset(page_of, owner, rock):
    rock.label = rock.description = HOSTILE
    rock.save()
    assert HOSTILE not in page_of(owner).content.decode()


def test_it_shows_the_range_of_every_model_setting(page_of, owner):
    page = page_of(owner).content.decode()
    assert 'id="guidance_scale" name="guidance_scale"' in page
    assert "1 to 30" in page
    assert "No effect here." in page


def test_it_recalls_an_earlier_song(page_of, owner, job_row):  # noqa: F811
    job = job_row(owner, task="text2rap", params={"caption": "boom bap", "bpm": 90, "lyrics": None})
    recalled = table_in(page_of(owner, f"?from={job.id}").content.decode(), "recalled")
    assert recalled == {"kind": "rap", "request": {"caption": "boom bap", "bpm": 90}}


def test_it_recalls_nobody_elses_song(page_of, owner, other, job_row):  # noqa: F811
    assert page_of(other, f"?from={job_row(owner).id}").status_code == 404


@pytest.mark.parametrize("number", ["x", "-1", "9" * 30, "²"])
def test_it_leaves_out_a_number_that_is_none(page_of, owner, number):
    assert page_of(owner, f"?from={number}").status_code == 200


def test_the_estimate_is_that_of_the_services(estimate):
    answer = estimate(duration=60, batch_size=2).json()
    assert answer == {"duration": "1:00", "is_asked": True, "takes": 2, "credits": 1980}


def test_without_words_they_are_written(estimate):
    assert estimate().json()["duration"] == "1:56"
    assert estimate(instrumental="true").json()["duration"] == "1:40"
    assert estimate(lyrics="One line").json()["duration"] == "0:24"


@pytest.mark.parametrize(
    "wrong", [{"task": "nothing"}, {"duration": "-3"}, {"batch_size": "9"}, {"lyrics": "x" * 10_001}]
)
def test_the_estimate_refuses_what_no_request_may_say(estimate, wrong):
    answer = estimate(**wrong)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [*wrong]
