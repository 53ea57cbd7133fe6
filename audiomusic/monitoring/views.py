"""`/healthz`, `/readyz` and `/metrics`: plain responses for monitoring."""

from __future__ import annotations

import os
from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from audiomusic.http.client_address import client_address
from audiomusic.monitoring.job_metrics import JobCollector
from audiomusic.monitoring.readiness import READINESS

#: Headers that a proxy adds: a client behind a proxy on this machine is not local.
FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Return whether this process responds. It does not query the database, because a supervisor must not
    restart the server when only the database is down.
    """
    return JsonResponse({"status": "live"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Return whether the server can accept a job now, or 503 with the failed checks.

    Only callers who may see the metrics get the reasons, because they contain addresses and paths.
    """
    problems = READINESS.problems()
    is_ready = not any(problems.values())
    body: dict[str, object] = {
        "status": "ready" if is_ready else "unavailable",
        "checks": {name: "unavailable" if found else "ready" for name, found in problems.items()},
    }
    if not is_ready and may_see_metrics(request):
        body["reasons"] = [sentence for found in problems.values() for sentence in found]
    return JsonResponse(body, status=200 if is_ready else 503)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics in Prometheus format. Callers who may not see them get 404."""
    if not may_see_metrics(request):
        raise Http404
    text = generate_latest(_http_registry()) + generate_latest(_job_registry())
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def may_see_metrics(request: HttpRequest) -> bool:
    """Return whether the request has the key (AUDIOMUSIC_METRICS_KEY) or, if none is set, comes from this
    machine.
    """
    key = settings.METRICS_KEY
    if key:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and constant_time_compare(given.strip(), key)
    if any(name in request.headers for name in FORWARDED):
        return False
    address = client_address(request)
    return address is not None and ip_address(address).is_loopback


def _http_registry() -> CollectorRegistry:
    """Return the registry of all web processes of this host if `manage.py serve` gave them a folder;
    otherwise that of this one.
    """
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library types it not
    return registry


def _job_registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(JobCollector())
    return registry
