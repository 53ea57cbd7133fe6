"""The generation endpoints in the API's description."""

import pytest

from audiomusic.http.openapi import KeptGenerator
from jobs.specs.parameters import TASKS

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def schema():
    return KeptGenerator().get_schema()


@pytest.fixture
def body_of(schema):
    """body_of(task): the schema of what its endpoint takes."""

    def read(task):
        operation = schema["paths"][f"/api/v1/music/{task}"]["post"]
        reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        return schema["components"]["schemas"][reference.rpartition("/")[2]]

    return read


@pytest.mark.parametrize("task", TASKS)
def test_it_describes_each_generation_endpoint_with_its_limits(body_of, task):
    fields = body_of(task)["properties"]
    assert [name for name in fields if "x-alias-of" not in fields[name]] == list(TASKS[task].names)
    assert body_of(task)["additionalProperties"] is False
    longest = 120 if task == "text2samples" else 600
    assert fields["duration"]["anyOf"][1]["maximum"] == longest
    assert fields["format"]["enum"] == ["flac", "wav", "mp3", "ogg"]


@pytest.mark.parametrize("task", TASKS)
def test_a_needed_parameter_may_come_under_any_of_its_names(body_of, task):
    names = [name for choice in body_of(task)["anyOf"] for name in choice["required"]]
    assert names == (["query", "prompt", "caption"] if task == "simple" else ["caption", "prompt"])


def test_a_voice_alone_cannot_be_instrumental(body_of):
    assert body_of("lyric2vocals")["properties"]["instrumental"]["enum"] == [False, None]
    assert body_of("prompt2instrumental")["properties"]["instrumental"]["enum"] == [True, None]
