import pytest
from drf_spectacular.validation import validate_schema
from rest_framework.test import APIClient

from jobs.api.parameters import TASKS

pytestmark = pytest.mark.django_db


@pytest.fixture
def schema():
    answer = APIClient().get("/api/schema")
    assert answer.status_code == 200
    return answer.json()


def test_it_is_openapi(schema):
    assert schema["openapi"].startswith("3.1")
    validate_schema(schema)


@pytest.mark.parametrize("task", TASKS)
def test_it_describes_each_generation_endpoint_with_its_limits(schema, task):
    body = schema["paths"][f"/api/v1/music/{task}"]["post"]["requestBody"]["content"]["application/json"]
    component = schema["components"]["schemas"][body["schema"]["$ref"].rpartition("/")[2]]
    assert list(component["properties"]) == list(TASKS[task].names)
    longest = 120 if task == "text2samples" else 600
    assert component["properties"]["duration"]["maximum"] == longest
    formats = schema["components"]["schemas"]["FormatEnum"]["enum"]
    assert formats == ["flac", "wav", "mp3", "ogg"]


def test_it_lists_every_address_of_the_music_api(schema):
    for leaf in ("jobs", "jobs/{job_id}", "jobs/{job_id}/status", "presets", "sample-data", "model/status"):
        assert f"/api/v1/music/{leaf}" in schema["paths"]
