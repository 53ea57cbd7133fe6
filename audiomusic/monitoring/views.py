"""`/healthz`, `/readyz` and `/metrics`: plain answers for machines that watch the server."""

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

#: What a proxy adds: a caller behind one on this machine is not this machine.
FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Whether this process answers. It asks no database: who restarts what is not alive must not do so
    because a database is away."""
    return JsonResponse({"status": "live"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Whether a job could be taken now: 503, with what is missing, where it could not. What exactly is wrong
    with it is said to those who may see the figures; addresses and paths stand in such sentences."""
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
    """The figures as Prometheus reads them. Who may not see them does not learn that they are there."""
    if not may_see_metrics(request):
        raise Http404
    text = generate_latest(_http_registry()) + generate_latest(_job_registry())
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def may_see_metrics(request: HttpRequest) -> bool:
    """With the key (AUDIOMUSIC_METRICS_KEY), or, where none is set, from this machine itself."""
    key = settings.METRICS_KEY
    if key:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and constant_time_compare(given.strip(), key)
    if any(name in request.headers for name in FORWARDED):
        return False
    address = client_address(request)
    return address is not None and ip_address(address).is_loopback


def _http_registry() -> CollectorRegistry:
    """All web processes of this host together, where `manage.py serve` gave them a folder; else this one."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library types it not
    return registry


def _job_registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(JobCollector())
    return registry
