"""Music generation in the API: one action per generation task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from audiomusic.accounts.idempotency import idempotent
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.http.metadata import BriefMetadata
from audiomusic.http.openapi import IDEMPOTENCY_KEY
from jobs.api.openapi import GENERATED
from jobs.api.refusals import refusals_answered
from jobs.api.serializers import (
    GenerationSerializer,
    Lyric2VocalsSerializer,
    Prompt2InstrumentalSerializer,
    SimpleSerializer,
    Text2MusicSerializer,
    Text2RapSerializer,
    Text2SamplesSerializer,
)
from jobs.representations import job_body
from jobs.services import job_create
from jobs.storage.links import site_url

Handler = Callable[..., Any]


def generation_action(serializer_class: type[GenerationSerializer]) -> Callable[[Handler], Handler]:
    """Decorate the action of one task, at the path of the task's name."""
    table = serializer_class.table
    describe = extend_schema(
        summary=table.summary,
        description="Returns the job immediately; follow it with `GET /api/v1/music/jobs/{job_id}/status`.",
        operation_id=f"generate_{table.task}",
        tags=["generation"],
        parameters=[IDEMPOTENCY_KEY],
        request=serializer_class,
        responses=GENERATED,
    )
    route = action(detail=False, methods=["post"], url_path=table.task, serializer_class=serializer_class)
    return lambda handler: describe(route(idempotent(handler)))


class GenerationViewSet(GenericViewSet):  # type: ignore[type-arg]
    """Each action creates a job of its task, which then waits in the queue."""

    metadata_class = BriefMetadata  # type: ignore[assignment]  # the stubs expect an instance
    throttle_scope = "generation"
    serializer_class: type[GenerationSerializer]

    @generation_action(Text2MusicSerializer)
    def text2music(self, request: Request) -> Response:
        return self.generate(request)

    @generation_action(Prompt2InstrumentalSerializer)
    def prompt2instrumental(self, request: Request) -> Response:
        return self.generate(request)

    @generation_action(Text2RapSerializer)
    def text2rap(self, request: Request) -> Response:
        return self.generate(request)

    @generation_action(Lyric2VocalsSerializer)
    def lyric2vocals(self, request: Request) -> Response:
        return self.generate(request)

    @generation_action(Text2SamplesSerializer)
    def text2samples(self, request: Request) -> Response:
        return self.generate(request)

    @generation_action(SimpleSerializer)
    def simple(self, request: Request) -> Response:
        return self.generate(request)

    def generate(self, request: Request) -> Response:
        asked = cast(GenerationSerializer, self.get_serializer(data=request.data))
        asked.is_valid(raise_exception=True)
        with refusals_answered():
            job = job_create(
                user=user_of(request),
                task=asked.table.task,
                values=asked.generation_params(),
                params=request.data,
            )
        return Response(
            {"job": job_body(job, base_url=site_url(request)), "message": "Music generation started"}
        )
