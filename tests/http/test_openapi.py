"""The OpenAPI schema: valid, complete, exact and readable."""

import io
import re
from itertools import combinations
from typing import Literal

import pytest
from django.core.management import call_command
from django.urls import URLPattern, get_resolver
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from audiomusic.http import openapi
from audiomusic.http.openapi import METHODS, KeptGenerator, schema_of
from jobs.api.docs import _fields
from jobs.specs.parameters import TASKS

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def schema():
    return KeptGenerator().get_schema()


@pytest.fixture(scope="module")
def operations(schema):
    return {
        (method, path): operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


@pytest.fixture
def page():
    answer = APIClient().get("/api/docs")
    assert answer.status_code == 200
    return answer.content.decode()


def every_address():
    """Yield each path of the API, as the schema writes it."""

    def walk(patterns, start=""):
        for pattern in patterns:
            path = start + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
            else:
                yield from walk(pattern.url_patterns, path)

    found = {path for path in walk(get_resolver().url_patterns) if path.startswith("/api/v1/")}
    return {path.replace("{pk}", "{id}") for path in found}


def test_anybody_may_read_it(schema):
    answer = APIClient().get("/api/schema")
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")
    assert answer.json()["info"]["title"] == "AudioMusic"


def test_it_is_valid_and_made_without_a_warning(monkeypatch):
    monkeypatch.setattr(KeptGenerator, "_kept", None)
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=io.StringIO())


def test_it_is_openapi(schema):
    validate_schema(schema)


def test_every_address_is_described(schema):
    assert set(schema["paths"]) == every_address()


def test_every_operation_has_a_name_a_group_and_words(schema, operations):
    groups = {tag["name"] for tag in schema["tags"]}
    names = [operation["operationId"] for operation in operations.values()]
    assert len(names) == len(set(names))
    for operation in operations.values():
        assert operation["summary"]
        assert set(operation["tags"]) <= groups


def test_every_refusal_has_the_contract_s_body(operations):
    for (method, path), operation in operations.items():
        for status, answer in operation["responses"].items():
            if status[0] != "4":
                continue
            wanted = "PaymentRequired" if status == "402" else "Error"
            if "/v3/" in path:
                wanted = "ScoreError"
            reference = answer["content"]["application/json"]["schema"]["$ref"]
            assert reference.endswith(f"/{wanted}"), (method, path, status)


#: Endings of paths that respond with a file, which JSON Schema does not describe.
FILES = (".m3u8", ".zip", "/zip")


def test_every_answer_has_a_schema(operations):
    for (method, path), operation in operations.items():
        for status, answer in operation["responses"].items():
            is_file = status == "200" and path.endswith(FILES)
            if status not in ("204", "304") and not is_file:
                shape = answer["content"]["application/json"]["schema"]
                assert shape, (method, path, status)
                assert shape.get("$ref") or shape.get("type") in ("array", "object"), (method, path)


def test_every_secured_operation_tells_of_its_refusals(operations):
    for operation in operations.values():
        assert "429" in operation["responses"]
        if operation.get("security"):
            assert {"401", "403"} <= set(operation["responses"])
            assert operation["security"][0] == {"apiKey": []}


def test_limits_are_told_in_headers(operations):
    answers = operations["get", "/api/v1/music/presets"]["responses"]
    assert "X-RateLimit-Remaining" in answers["200"]["headers"]
    assert {"Retry-After", "X-RateLimit-Reset"} <= set(answers["429"]["headers"])


@pytest.mark.parametrize("leaf", [*TASKS, "jobs/{job_id}/retry"])
def test_creating_requests_take_an_idempotency_key(operations, leaf):
    operation = operations["post", f"/api/v1/music/{leaf}"]
    key = next(each for each in operation["parameters"] if each["name"] == "Idempotency-Key")
    assert key["in"] == "header"
    assert (key["schema"]["minLength"], key["schema"]["maxLength"]) == (1, 200)
    assert {"409", "422"} <= set(operation["responses"])
    assert "Idempotent-Replayed" in operation["responses"]["200"]["headers"]


def test_the_job_is_closed_and_whole(schema):
    job = schema["components"]["schemas"]["Job"]
    assert job["additionalProperties"] is False
    assert set(job["properties"]) - set(job["required"]) == {"interaction"}
    assert job["properties"]["takes"] == {"type": "array", "items": {"$ref": "#/components/schemas/Take"}}
    assert "CANCELLED" in job["properties"]["status"]["enum"]


def test_only_presets_and_tasks_that_exist_are_allowed(schema):
    body = schema["components"]["schemas"]["Text2Music"]["properties"]
    names, null = body["genre_preset"]["oneOf"]
    assert (len(names["enum"]), null) == (24, {"type": "null"})
    assert (body["duration"]["minimum"], body["duration"]["maximum"]) == (-1, 600)
    assert body["duration"]["not"] == {"exclusiveMinimum": -1, "exclusiveMaximum": 1}
    assert body["prompt"]["x-alias-of"] == "caption"


def every_part(schema):
    """Yield each dictionary in the schema."""
    if isinstance(schema, dict):
        yield schema
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from every_part(part)


def test_an_enum_lists_a_word_once_in_one_case_and_nothing_blank(schema):
    enums = [part["enum"] for part in every_part(schema) if isinstance(part.get("enum"), list)]
    assert enums
    for words in enums:
        assert len({str(word).lower() for word in words}) == len(words)
        assert not {None, ""} & set(words)


def test_a_body_is_one_typed_object(schema, operations):
    for (method, path), operation in operations.items():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            body = content["schema"]
            body = schema["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], body)
            assert body["type"] == "object", (method, path)
            assert not {"anyOf", "oneOf"} & body.keys(), (method, path)


def test_what_would_be_sent_twice_or_change_something_has_no_default(schema, operations):
    for body in schema["components"]["schemas"].values():
        for field in body.get("properties", {}).values():
            assert not {"x-alias-of", "default"} <= field.keys()
    for (method, _), operation in operations.items():
        if method == "patch":
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            fields = schema["components"]["schemas"][reference.rpartition("/")[2]]["properties"]
            assert not [name for name, field in fields.items() if "default" in field]


@pytest.mark.parametrize(
    ("hint", "wanted"),
    [
        (int, {"type": "integer"}),
        (str | None, {"type": ["string", "null"]}),
        (list[float], {"type": "array", "items": {"type": "number"}}),
        (dict[str, bool], {"type": "object", "additionalProperties": {"type": "boolean"}}),
        (int | str, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        (int | str | None, {"anyOf": [{"type": ["integer", "null"]}, {"type": "string"}]}),
        (Literal["a"] | None, {"oneOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}),
    ],
)
def test_hints_become_schemas(hint, wanted):
    assert schema_of(hint) == wanted


def test_other_hints_are_refused():
    with pytest.raises(TypeError, match="expected a hint"):
        schema_of(set[int])


def test_the_page_names_every_operation(page, operations):
    for operation in operations.values():
        assert f'id="{operation["operationId"]}"' in page


def test_the_page_tells_ranges_and_examples(page):
    assert "-1, or 1 to 600" in page
    assert "up to 2048 characters" in page
    assert "curl -X POST http://testserver/api/v1/music/text2music" in page
    assert "Also called prompt." in page


def test_every_link_of_the_page_leads_somewhere(page):
    places = set(re.findall(r'id="([^"]+)"', page))
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links - places == set()


def test_the_page_holds_one_script_of_ours_and_nothing_from_elsewhere(page):
    assert re.findall("<script[^>]*>", page) == [
        '<script type="module" src="/static/site/preferences.js">'  # light or dark
    ]
    assert not re.findall(r'(?:src|href)="https?://', page)


def test_the_page_may_only_be_read():
    assert APIClient().post("/api/docs").status_code == 405


def test_the_header_leads_to_it(client, owner):
    client.force_login(owner)
    assert 'href="/api/docs"' in client.get("/").content.decode()


def test_no_answer_is_a_list_of_lists(operations):
    for (method, path), operation in operations.items():
        for answer in operation["responses"].values():
            for content in answer.get("content", {}).values():
                assert content["schema"].get("items", {}).get("type") != "array", (method, path)


def test_each_body_has_a_name_of_its_own(monkeypatch):
    """If two bodies shared a name, generated clients could not send one of them."""
    monkeypatch.setitem(openapi._bodies, "Cover", {"type": "object"})
    monkeypatch.setattr(KeptGenerator, "_kept", None)
    with pytest.raises(ValueError, match="two that are called Cover"):
        KeptGenerator().get_schema()


def test_bodies_are_not_put_together_by_all_of(schema):
    """openapi-generator turns composed schemas into Python that does not import."""
    bodies = schema["components"]["schemas"]
    assert [name for name, body in bodies.items() if {"allOf", "anyOf", "oneOf"} & body.keys()] == []


def test_of_two_needed_choices_each_is_asked_for(schema):
    """One condition is nested in the other."""
    rule = {word: schema["components"]["schemas"]["Cover"][word] for word in ("if", "then", "else")}
    names = {
        "caption": "a",
        "prompt": "a",
        "source_job_id": 1,
        "src_audio_url": "job:1",
        "original_job_id": 1,
    }
    fits = Draft202012Validator(rule).is_valid
    for one, two in combinations(names, 2):
        is_whole = ({one, two} & {"caption", "prompt"}) and ({one, two} - {"caption", "prompt"})
        assert fits({one: names[one], two: names[two]}) == bool(is_whole), (one, two)
    assert not fits({})


def test_the_page_marks_each_of_two_needed_choices(schema):
    bodies = schema["components"]["schemas"]
    for name, needed in (("Cover", {"caption", "src_audio_url"}), ("Plan", {"style"})):
        assert {row.name for row in _fields(bodies[name]) if row.is_required} == needed
