"""Everything that comes is UTF-8."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


def utf8_alone(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: what a client calls its encoding is passed over, as RFC 8259 has it for JSON. Django
    would decode the query by it too, and Python knows encodings that are none of text ("hex", "rot13")."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.encoding is not None:
            request.encoding = "utf-8"
        return get_response(request)

    return answer
