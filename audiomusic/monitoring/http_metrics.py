"""Request metrics for `/metrics`.

Alternative: django-prometheus 2.5. Its two middlewares keep some twenty series per view and method (body
sizes, streaming, exceptions by class) and wrap the database, cache and models, none of which is used here.
Its dashboards are drawn from these two series.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "OTHER"  # clients can invent methods, and each would become a series
UNKNOWN_VIEW = ""  # an unknown URL, or a static file
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter(
    "audiomusic_http_requests", "Responses, by URL pattern name.", ["method", "view", "status"]
)
DURATIONS = Histogram(
    "audiomusic_http_request_duration_seconds", "Time from a complete request to its response.", ["view"],
    buckets=SECONDS,
)  # fmt: skip


def count_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware, before all others: count each response and measure its time."""

    def answer(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = get_response(request)
        view = view_name(request)
        method = request.method if request.method in METHODS else OTHER
        REQUESTS.labels(method, view, response.status_code).inc()
        DURATIONS.labels(view).observe(time.perf_counter() - began)
        return response

    return answer


def view_name(request: HttpRequest) -> str:
    """Return the name of the URL pattern, never the URL itself, which may contain secrets."""
    match = request.resolver_match
    return (match.view_name or UNKNOWN_VIEW) if match else UNKNOWN_VIEW
