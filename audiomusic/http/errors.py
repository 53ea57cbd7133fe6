"""Error responses, which all have one shape: {"detail": a sentence, "code": snake_case} and, for invalid
fields, "errors": {field: [sentences]}. An API path never returns HTML or a traceback.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from audiomusic.http.exceptions import PayloadTooLarge

SENTENCE_CHARS = 1000  # of one error: some quote the input, which can be of any length
DISCARD_BYTES = 64_000_000  # of a body that is too large
DISCARD_PIECE_BYTES = 65_536


def _flatten(detail: Any) -> list[str]:
    """Return every sentence in a nested DRF detail, in order, without duplicates."""
    if isinstance(detail, dict):
        found = [text for value in detail.values() for text in _flatten(value)]
    elif isinstance(detail, list):
        found = [text for value in detail for text in _flatten(value)]
    else:
        text = str(detail)
        found = [text if len(text) <= SENTENCE_CHARS else text[:SENTENCE_CHARS] + "…"]
    return list(dict.fromkeys(found))


def _validation_body(detail: Any, code: str) -> dict[str, Any]:
    fields = detail if isinstance(detail, dict) else {"non_field_errors": detail}
    errors = {str(name): _flatten(value) for name, value in fields.items()}
    name, sentences = next(iter(errors.items()))
    prefix = "" if name == "non_field_errors" else f"{name}: "
    return {"detail": prefix + sentences[0], "code": code, "errors": errors}


def error_body(error: exceptions.APIException, code: str = "invalid") -> dict[str, Any]:
    """Return the contract's body for a DRF exception. `code` is the view's code for an invalid body."""
    if isinstance(error, exceptions.ValidationError):
        return _validation_body(error.detail, code)
    body = {"detail": _flatten(error.detail)[0], "code": error.get_codes()}
    if isinstance(error, exceptions.AuthenticationFailed) and not isinstance(body["code"], str):
        body["code"] = error.default_code  # a token library nests its codes
    return body | getattr(error, "extra", {})


def _discard_body(request: HttpRequest) -> None:
    """Read what the client is still sending, up to a limit; otherwise it would see a broken connection
    instead of the response.
    """
    for _ in range(DISCARD_BYTES // DISCARD_PIECE_BYTES):
        if not request.read(DISCARD_PIECE_BYTES):
            break


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Handle an error as DRF does, but with the contract's body."""
    if isinstance(error, RequestDataTooBig):
        _discard_body(context["request"]._request)
        error = PayloadTooLarge()
    if isinstance(error, ObjectDoesNotExist):  # another request deleted it in the meantime
        error = Http404()
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.APIException):
        response.data = error_body(error, getattr(context.get("view"), "validation_code", "invalid"))
    else:  # Django's Http404 or PermissionDenied
        code = "not_found" if response.status_code == status.HTTP_404_NOT_FOUND else "permission_denied"
        sentence = str(error) if str(error) and code == "permission_denied" else response.data["detail"]
        response.data = {"detail": str(sentence), "code": code}
    return response


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(("/api/", "/rest/", "/mcp"))


def json_error(status_code: int, detail: str, code: str) -> JsonResponse:
    return JsonResponse({"detail": detail, "code": code}, status=status_code)


def handle_400(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_api(request):
        return defaults.bad_request(request, exception)
    if isinstance(exception, RequestDataTooBig):
        return json_error(413, PayloadTooLarge.default_detail, PayloadTooLarge.default_code)
    return json_error(400, "The request is not valid.", "bad_request")


def handle_403(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_api(request):
        return defaults.permission_denied(request, exception)
    return json_error(403, "You are not allowed to do this.", "permission_denied")


def handle_404(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_api(request):
        return defaults.page_not_found(request, exception)
    return json_error(404, "Not found.", "not_found")


def handle_500(request: HttpRequest) -> HttpResponse:
    if not is_api(request):
        return defaults.server_error(request)
    return json_error(500, "The server failed to answer. The error was logged.", "server_error")
