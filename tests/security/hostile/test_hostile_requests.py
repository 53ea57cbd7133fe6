"""Whatever is sent to the API, it responds in its own format and never with a server error."""

import random
from wsgiref.util import setup_testing_defaults

import pytest
from django.test import Client

from audiomusic.accounts.services import key_create
from audiomusic.bench.faults.fuzz import ends_key, fault_of
from audiomusic.bench.faults.fuzz_cases import CONTENT_TYPES, HEADERS, Case, make_case, operations_of
from audiomusic.http.openapi import KeptGenerator
from audiomusic.wsgi import application, force_utf8
from presets.services import presets_sync

CASES = 200


@pytest.fixture(scope="module")
def operations():
    return operations_of(KeptGenerator().get_schema())


def served(client):
    """Make the client's requests pass through the web server's UTF-8 filter."""
    handler = client.handler
    front = force_utf8(lambda environ, start_response: handler(environ))
    client.handler = lambda environ: front(environ, None)
    return client


@pytest.fixture
def fault(owner, caplog):
    """fault(case): what is wrong with the response, or nothing."""
    presets_sync()
    client = served(Client(raise_request_exception=False))
    _, key = key_create(user=owner, name="hostile")

    def ask(case):
        headers = {"X-API-Key": key, **case.headers}
        answer = client.generic(
            case.method, case.path, case.body, content_type=case.content_type, headers=headers
        )
        return fault_of(answer.status_code, answer.headers.get("Content-Type", ""), answer.content)

    return ask


def test_hostile_requests_are_answered_in_form(fault, operations):
    draw = random.Random(7)
    cases = [make_case(draw, operations) for _ in range(CASES)]
    found = {str(case): wrong for case in cases if not ends_key(case) and (wrong := fault(case))}
    assert not found


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_every_kind_of_body_is_taken_or_refused(fault, content_type):
    body = b'{"caption": "calm piano", "instrumental": true}'
    assert not fault(Case("POST", "/api/v1/music/text2music", body, content_type))
    assert not fault(Case("GET", "/api/v1/music/jobs?search=%E9%ff", b"", content_type))


@pytest.mark.parametrize("charset", ["hex", "rot13", "zlib", "idna", "undefined", "utf-16", "utf-8"])
def test_what_a_client_calls_its_encoding_is_passed_over(db, charset):
    """Call the application as the web server does: Django decodes the query before any middleware runs."""
    environ, statuses = {}, []
    setup_testing_defaults(environ)
    environ |= {"PATH_INFO": "/api/v1/music/jobs", "QUERY_STRING": "search=%E9%FF", "CONTENT_LENGTH": "0"}
    environ["CONTENT_TYPE"] = f"application/json; Charset={charset}"
    list(application(environ, lambda status, headers: statuses.append(status)))
    assert statuses == ["401 Unauthorized"]


@pytest.mark.parametrize("number", range(len(HEADERS)))
def test_every_header_is_taken_or_refused(fault, number):
    assert not fault(
        Case("POST", "/api/v1/music/text2music", b'{"caption": "calm"}', headers=HEADERS[number])
    )
    assert not fault(Case("GET", "/api/v1/music/jobs", headers=HEADERS[number]))
