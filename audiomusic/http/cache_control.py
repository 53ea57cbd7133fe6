"""Who may keep an answer. Where a view says nothing, only the one who asked, and never unasked again."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

PAGE = "private, no-cache"  # a browser may keep it for the way back
API = "private, no-store"  # who asks shows in a header that shared caches do not look at


def default_cache_control(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware: a Cache-Control for each answer that has none. Static files come before it."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = API if request.path_info.startswith("/api/") else PAGE
        return response

    return answer
