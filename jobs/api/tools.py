"""Work on a song over HTTP: one action for each tool."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from audiomusic.accounts.idempotency import idempotent
from audiomusic.accounts.models import User
from audiomusic.http.metadata import BriefMetadata
from audiomusic.http.openapi import IDEMPOTENCY_KEY
from jobs.api.openapi import GENERATED, NOT_FOUND
from jobs.api.refusals import refusals_answered
from jobs.api.serializers import ExtractSerializer
from jobs.representations import job_body
from jobs.storage.links import site_url
from jobs.tools.extraction import stem_job_create
from jobs.tools.sources import source_of


class ToolViewSet(GenericViewSet):  # type: ignore[type-arg]
    """Each action makes a job that works on a song of the caller's."""

    metadata_class = cast(Any, BriefMetadata)  # the stubs want an instance
    throttle_scope = "generation"
    validation_code = "validation_error"  # what clients of these endpoints know it by

    @extend_schema(
        summary=ExtractSerializer.table.summary,
        description=(
            "True parts of a song that this server's studio made, not a separation: as long as the song, in "
            "time with it, and they add up to it. Answers at once with the job; "
            "`GET /api/v1/music/jobs/{job_id}/status` follows it."
        ),
        operation_id="extract_stem",
        tags=["tools"],
        parameters=[IDEMPOTENCY_KEY],
        request=ExtractSerializer,
        responses=GENERATED | NOT_FOUND,
    )
    @action(detail=False, methods=["post"], url_path="extract-stem", serializer_class=ExtractSerializer)
    @idempotent
    def extract_stem(self, request: Request) -> Response:
        asked = cast(ExtractSerializer, self.get_serializer(data=request.data))
        asked.is_valid(raise_exception=True)
        user = cast(User, request.user)
        with refusals_answered():
            take = source_of(asked.validated_data, user=user, base_url=site_url(request)).take
            job = stem_job_create(user=user, take=take, wishes=asked.wishes(), params=request.data)
        return Response(
            {"job": job_body(job, base_url=site_url(request)), "message": "Stem extraction started"}
        )
