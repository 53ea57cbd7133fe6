"""`bench pages` and `pictures`: every page that they request exists."""

import pytest
from django.urls import resolve

from audiomusic.bench.fixtures.demo_data import SONGS, TOOLS, WAITING
from audiomusic.bench.pages.benchmark import page_calls
from audiomusic.bench.pages.pictures import SHOTS
from tests.jobs.api.conftest import api, generate, job_row  # noqa: F401
from tests.jobs.conftest import fake_engine  # noqa: F401
from tests.support.tool_songs import tool_song


def test_every_measured_page_answers(client, staff, job_row):  # noqa: F811
    job = job_row(staff, status="COMPLETED")
    client.force_login(staff)
    calls = page_calls(job.id)
    assert len({call.name for call in calls}) == len(calls)
    for call in calls:
        assert client.get(call.paths[0]).status_code == 200


def test_every_picture_is_of_a_page_that_can_be_opened(client, staff):
    client.force_login(staff)
    places = dict.fromkeys(("song", "other", "user", "playlist", "smart_list", "preset"), 1)
    places |= {"shared": "/s/token", "shared_playlist": "/s/token"}
    for shot in SHOTS:
        path = shot.path.format(**places)
        assert path == "/nowhere" or resolve(path.split("?")[0])
        assert client.get(path).status_code in (200, 302, 404), path  # the row may not exist


def test_no_two_pictures_have_one_name():
    assert len({shot.name for shot in SHOTS}) == len(SHOTS)


@pytest.mark.parametrize(("tool", "body"), TOOLS)
def test_every_rework_of_the_pictures_may_be_asked_for(api, owner, tool, body):  # noqa: F811
    answer = api.post(f"/api/v1/music/{tool}", {"source_job_id": tool_song(owner).id, **body})
    assert answer.status_code == 200, answer.json()


@pytest.mark.parametrize(
    ("task", "body"), [*SONGS, WAITING], ids=lambda part: part if isinstance(part, str) else ""
)
def test_every_song_of_the_pictures_may_be_asked_for(generate, fake_engine, task, body):  # noqa: F811
    answer = generate(task, **body)
    assert answer.status_code == 200, answer.json()
