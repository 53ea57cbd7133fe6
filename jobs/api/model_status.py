"""The state of the server: its engines and workers, its capabilities, and whether it is healthy."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

import psutil
from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiomusic.engines.registry import ENGINES
from audiomusic.http.openapi import answers
from jobs.drafts.language_model import language_model_options
from jobs.health import engine_body, health_of
from jobs.heartbeat import live_workers
from jobs.models import AudioFormat, Job, WorkerHeartbeat
from jobs.representations import iso_utc
from jobs.specs.build import resolve_engine
from jobs.specs.parameters import MODEL_VERSIONS, TASKS
from jobs.specs.tool_parameters import TOOLS


class ToolBody(TypedDict):
    """What an engine can do to existing songs, and to which."""

    name: str
    sources: list[Literal["own", "foreign"]]


WRITING_ENGINE = "studio"  # the engine that uses the language model


class EngineBody(TypedDict):
    name: str
    label: str
    version: str
    tasks: list[str]
    tools: list[ToolBody]
    unused_parameters: list[str]
    needs_weights: bool
    loaded: bool
    device: str | None
    dtype: str | None
    quantization: str | None
    variant: str | None
    memory_bytes: int | None


class LanguageModelBody(TypedDict):
    """The language model that writes missing lyrics. `state`: the outcome of its latest song."""

    model: str
    state: Literal["unused", "answers", "fails"]
    reason: str | None


class MemoryBody(TypedDict):
    machine_total_bytes: int
    machine_available_bytes: int
    web_process_bytes: int
    workers_bytes: int


class WorkerBody(TypedDict):
    seen_at: str
    memory_bytes: int


class ParameterBody(TypedDict):
    """A parameter of a generation endpoint; fields that do not apply are omitted."""

    name: str
    kind: str
    required: NotRequired[bool]
    default: Any
    minimum: NotRequired[float]
    maximum: NotRequired[float]
    choices: NotRequired[list[str]]
    aliases: NotRequired[list[str]]
    help: str


class CapabilitiesBody(TypedDict):
    """What can be requested; `limits`: the parameters of each task."""

    tasks: list[str]
    tools: list[str]
    formats: list[str]
    model_versions: list[str]
    limits: dict[str, list[ParameterBody]]


class ModelStatusBody(TypedDict):
    """The state of the server, with the reason if it is not healthy."""

    health: Literal["healthy", "degraded", "unavailable"]
    reason: str | None
    version: str
    engine: str
    label: str
    device: str | None
    loaded: bool
    engines: list[EngineBody]
    language_model: LanguageModelBody | None
    memory: MemoryBody
    queue_depth: int
    jobs_being_made: int
    live_workers: int
    workers: list[WorkerBody]
    capabilities: CapabilitiesBody


def memory_body(workers: list[WorkerHeartbeat]) -> dict[str, int]:
    machine = psutil.virtual_memory()
    return {
        "machine_total_bytes": machine.total,
        "machine_available_bytes": machine.available,
        "web_process_bytes": psutil.Process().memory_info().rss,
        "workers_bytes": sum(worker.memory_bytes for worker in workers),
    }


def language_model_body(loaded: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """Return the language model's state as reported by workers; it is not called here. None: none is
    configured, and the built-in writer is used."""
    options = language_model_options()
    if options is None:
        return None
    facts = loaded.get(WRITING_ENGINE, {}).get("language_model") or {}
    return {"model": options.model, "state": "unused", "reason": None} | facts


def capabilities() -> dict[str, Any]:
    """Return what can be requested: the parameter tables as JSON."""
    return {
        "tasks": list(TASKS),
        "formats": list(AudioFormat.values),
        "model_versions": [*MODEL_VERSIONS, *ENGINES],
        "tools": list(TOOLS),
        "limits": {task: table.describe()["parameters"] for task, table in {**TASKS, **TOOLS}.items()},
    }


def model_status() -> dict[str, Any]:
    workers = list(live_workers())
    loaded = {name: facts for worker in workers for name, facts in worker.engines_loaded.items()}
    current = resolve_engine(None)
    health = health_of(workers)
    return {
        "health": health.state,
        "reason": health.reason,
        "version": settings.VERSION,
        "engine": current.name,
        "label": current.label,
        "device": loaded.get(current.name, {}).get("device"),
        "loaded": current.name in loaded,
        "engines": [engine_body(entry, loaded) for entry in ENGINES.values()],
        "language_model": language_model_body(loaded),
        "memory": memory_body(workers),
        "queue_depth": Job.objects.waiting().count(),
        "jobs_being_made": Job.objects.being_made().count(),
        "live_workers": len(workers),
        "workers": [
            {"seen_at": iso_utc(worker.beat_at), "memory_bytes": worker.memory_bytes} for worker in workers
        ],
        "capabilities": capabilities(),
    }


class ModelStatusView(APIView):
    required_scopes = {"GET": "music:read"}

    @extend_schema(
        summary="Engines, workers, limits and health",
        tags=["music"],
        operation_id="model_status",
        responses=answers(ModelStatusBody),
    )
    def get(self, request: Request) -> Response:
        return Response(model_status())
