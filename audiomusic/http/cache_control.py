"""Who may cache a response. Unless a view decides otherwise, only the client that sent the request, and only
with revalidation.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

PAGE = "private, no-cache"  # the browser may keep it for its back button
API = "private, no-store"  # the caller's identity is in a header that shared caches ignore


def default_cache_control(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware: add Cache-Control to each response without one. Static files are answered before it."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = API if request.path_info.startswith("/api/") else PAGE
        return response

    return answer
