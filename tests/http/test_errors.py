"""Every error on an API path has the contract's body, whatever raised it."""

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, RequestDataTooBig
from django.http import Http404
from django.test import RequestFactory
from rest_framework import exceptions
from rest_framework.request import Request

from audiomusic.http.errors import api_exception_handler, handle_400, handle_403, handle_404, handle_500
from audiomusic.http.exceptions import Conflict, PaymentRequired


def body_of(error):
    response = api_exception_handler(error, {})
    return response.status_code, response.data


def test_bad_fields_are_listed_by_name():
    status, body = body_of(exceptions.ValidationError({"bpm": ["Too fast."], "seed": ["Not a number."]}))
    assert status == 400
    assert body == {
        "detail": "bpm: Too fast.",
        "code": "invalid",
        "errors": {"bpm": ["Too fast."], "seed": ["Not a number."]},
    }


def test_missing_credits_come_with_their_figures():
    status, body = body_of(PaymentRequired(required=990, available=12))
    assert status == 402
    assert body["required_cents"] == body["required_credits"] == 990
    assert body["available_cents"] == body["available_credits"] == 12
    assert body["code"] == "insufficient_credits"
    assert "990" in body["detail"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (exceptions.NotAuthenticated(), 403, "not_authenticated"),  # 401 if the view names a scheme
        (exceptions.PermissionDenied(), 403, "permission_denied"),
        (exceptions.NotFound(), 404, "not_found"),
        (exceptions.ParseError(), 400, "parse_error"),
        (exceptions.UnsupportedMediaType("text/xml"), 415, "unsupported_media_type"),
        (exceptions.Throttled(wait=3), 429, "throttled"),
        (Conflict(), 409, "conflict"),
        (Http404(), 404, "not_found"),
        (ObjectDoesNotExist(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
    ],
)
def test_every_refusal_has_a_sentence_and_a_code(error, status, code):
    found, body = body_of(error)
    assert body["code"] == code
    assert isinstance(body["detail"], str)
    assert body["detail"]
    if not isinstance(error, exceptions.NotAuthenticated):
        assert found == status


def test_a_body_that_is_too_large_is_read_to_its_end_and_refused():
    request = RequestFactory().post("/api/v1/x", b"x" * 2_000_000, content_type="application/json")
    response = api_exception_handler(RequestDataTooBig(), {"request": Request(request)})
    assert (response.status_code, response.data["code"]) == (413, "payload_too_large")
    assert request.read() == b""


def test_a_fault_of_the_server_is_left_to_django():
    assert api_exception_handler(RuntimeError("secret"), {}) is None


@pytest.mark.parametrize(
    ("handler", "status"), [(handle_400, 400), (handle_403, 403), (handle_404, 404), (handle_500, 500)]
)
def test_outside_of_views_api_paths_still_answer_json(handler, status):
    request = RequestFactory().get("/api/v1/nowhere")
    response = handler(request) if handler is handle_500 else handler(request, Exception("secret"))
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    assert b"secret" not in response.content
