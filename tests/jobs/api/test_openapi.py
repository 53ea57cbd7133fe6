"""The generation endpoints in the OpenAPI schema."""

import pytest
from jsonschema import Draft202012Validator

from audiomusic.http.openapi import KeptGenerator
from jobs.specs.parameters import TASKS

pytestmark = pytest.mark.django_db


def is_valid(value, schema):
    return Draft202012Validator(schema).is_valid(value)


@pytest.fixture(scope="module")
def schema():
    return KeptGenerator().get_schema()


@pytest.fixture
def body_of(schema):
    """body_of(task): the request schema of its endpoint."""

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
    assert fields["duration"]["maximum"] == longest
    assert fields["format"]["enum"] == ["flac", "wav", "mp3", "ogg"]


@pytest.mark.parametrize("task", TASKS)
def test_a_needed_parameter_may_come_under_any_of_its_names(body_of, task):
    names = ["query", "prompt", "caption"] if task == "simple" else ["caption", "prompt"]
    rule = {word: body_of(task)[word] for word in ("if", "then")}
    assert not is_valid({}, rule)
    for name in names:
        assert is_valid({name: "waltz"}, rule)


def test_a_voice_alone_cannot_be_instrumental(body_of):
    for task, only in (("lyric2vocals", False), ("prompt2instrumental", True)):
        field = body_of(task)["properties"]["instrumental"]
        assert [value for value in (False, True, None) if is_valid(value, field)] == [only, None]
