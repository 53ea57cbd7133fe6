"""Work on songs over HTTP: one action per tool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from audiomusic.accounts.idempotency import idempotent, once_in_a_burst
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.http.metadata import BriefMetadata
from audiomusic.http.openapi import ERROR, IDEMPOTENCY_KEY, answers, schema_of
from jobs.api.hearing import heard_answer
from jobs.api.openapi import GENERATED, NOT_FOUND
from jobs.api.refusals import refusals_answered
from jobs.api.serializers import (
    AnalyzeSerializer,
    CoverSerializer,
    EditSerializer,
    ExtendSerializer,
    ExtractSerializer,
    ReferenceSerializer,
    RepaintSerializer,
    RetakeSerializer,
    ReworkSerializer,
)
from jobs.models import Task
from jobs.representations import job_body
from jobs.storage.links import site_url
from jobs.tools.analysis import AnalysisBody, take_analysis
from jobs.tools.estimates import PendingBody
from jobs.tools.extraction import stem_job_create
from jobs.tools.foreign import foreign_job_create
from jobs.tools.foreign_stems import foreign_stem_job_create
from jobs.tools.rework import rework_job_create
from jobs.tools.sound import sound_job_create
from jobs.tools.sound_engines import sound_engine
from jobs.tools.sources import Source, source_of

Handler = Callable[..., Any]
FOLLOWED = "Returns the job immediately; follow it with `GET /api/v1/music/jobs/{job_id}/status`."
MESSAGES = {
    "retake": "Retake started", "repaint": "Repaint started", "extend": "Extension started",
    "edit": "Edit started", "cover": "Cover started", "reference": "Reference generation started",
}  # fmt: skip


def rework_action(
    serializer_class: type[ReworkSerializer], description: str, scope: str
) -> Callable[[Handler], Handler]:
    """Decorate the action of one tool, at the path of its task's name."""
    table = serializer_class.table
    describe = extend_schema(
        summary=table.summary,
        description=f"{description} {FOLLOWED}",
        operation_id=f"{table.task}_song",
        tags=["tools"],
        parameters=[IDEMPOTENCY_KEY],
        request=serializer_class,
        responses=GENERATED | NOT_FOUND,
    )
    route = action(
        detail=False,
        methods=["post"],
        url_path=table.task,
        serializer_class=serializer_class,
        throttle_scope=scope,
    )
    return lambda handler: describe(route(once_in_a_burst(idempotent(handler))))


class ToolViewSet(GenericViewSet):  # type: ignore[type-arg]
    """Each action creates a job that works on a song of the caller."""

    metadata_class = cast(Any, BriefMetadata)  # the stubs expect an instance
    throttle_scope = "generation"
    validation_code = "validation_error"  # the code that clients of these endpoints expect

    @extend_schema(
        summary=ExtractSerializer.table.summary,
        description=(
            "Makes true stems of a song by this server's studio, not a separation: they are as long as the "
            "song, in time with it, and add up to it. From other audio, it extracts drums, bass and, with a "
            "model that the operator installs, vocals; `effective.operation.method` says how. With "
            "`engine: acestep` and its base weights, a model estimates stems of any audio. "
            "Returns the job immediately; follow it with `GET /api/v1/music/jobs/{job_id}/status`."
        ),
        operation_id="extract_stem",
        tags=["tools"],
        parameters=[IDEMPOTENCY_KEY],
        request=ExtractSerializer,
        responses=GENERATED | NOT_FOUND,
    )
    @action(detail=False, methods=["post"], url_path="extract-stem", serializer_class=ExtractSerializer)
    @once_in_a_burst
    @idempotent
    def extract_stem(self, request: Request) -> Response:
        asked = cast(ExtractSerializer, self.get_serializer(data=request.data))
        asked.is_valid(raise_exception=True)
        user = user_of(request)
        with refusals_answered():
            wishes = asked.wishes()
            source = source_of(asked.validated_data, user=user, base_url=site_url(request))
            engine = sound_engine(
                Task.EXTRACT, source, wishes.get("model_version", ""), mode=wishes.get("mode", "stem")
            )
            wanted: dict[str, Any] = {"user": user, "wishes": wishes, "params": request.data}
            if engine is not None:
                job = sound_job_create(task=Task.EXTRACT, source=source, entry=engine, **wanted)
            elif isinstance(source, Source):
                job = stem_job_create(take=source.take, **wanted)
            else:
                job = foreign_stem_job_create(source=source, **wanted)
        return Response(
            {"job": job_body(job, base_url=site_url(request)), "message": "Stem extraction started"}
        )

    @rework_action(
        RetakeSerializer,
        "Makes the song again with the same words, form, key and tempo. `effective.operation.layers` says "
        "what changed.",
        "retake",
    )
    def retake(self, request: Request) -> Response:
        return self.rework(request)

    @rework_action(
        RepaintSerializer,
        "Outside the range every sample stays the same: `effective.kept` lists the unchanged ranges, each "
        "with the hash of its 24-bit samples.",
        "repaint",
    )
    def repaint(self, request: Request) -> Response:
        return self.rework(request)

    @rework_action(
        ExtendSerializer,
        "The song stays the same sample for sample, except for its closing bars; see `effective.kept`.",
        "extend",
    )
    def extend(self, request: Request) -> Response:
        return self.rework(request)

    @rework_action(
        EditSerializer,
        "Words that do not fit the melody are refused before anything is charged, with the number of "
        "syllables that would fit.",
        "edit",
    )
    def edit(self, request: Request) -> Response:
        return self.rework(request)

    @rework_action(
        CoverSerializer,
        "`audio_cover_strength` sets how much of the melody and the words stays.",
        "generation",
    )
    def cover(self, request: Request) -> Response:
        return self.rework(request)

    @rework_action(
        ReferenceSerializer,
        "Copies genre, band, singer, tempo and mood unless the request sets them; it does not copy the "
        "melody.",
        "generation",
    )
    def reference(self, request: Request) -> Response:
        return self.rework(request)

    @extend_schema(
        summary="Analyze a song: tempo, key, metre, chords, sections, words",
        description=(
            "For a song that this server composed, the result comes from its score: exact, and immediate. "
            "A worker analyzes other audio, and `source` is `estimate`. If that takes longer, the response "
            "is 202 with `Retry-After`; repeat the request to get the result. Free; creates no job."
        ),
        operation_id="analyze_song",
        tags=["tools"],
        request=AnalyzeSerializer,
        responses=answers(AnalysisBody)
        | {202: schema_of(PendingBody), 413: ERROR, 415: ERROR, 429: ERROR}
        | NOT_FOUND,
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="analyze",
        serializer_class=AnalyzeSerializer,
        throttle_scope="analyze",
    )
    def analyze(self, request: Request) -> Response:
        asked = cast(AnalyzeSerializer, self.get_serializer(data=request.data))
        asked.is_valid(raise_exception=True)
        user = user_of(request)
        with refusals_answered():
            source = source_of(
                asked.validated_data, user=user, base_url=site_url(request), url_name=asked.url_name
            )
            if isinstance(source, Source) and source.take.has_score:
                return Response(take_analysis(take=source.take, sent=request.data))
            return heard_answer(source, user=user, sent=request.data)

    def rework(self, request: Request) -> Response:
        asked = cast(ReworkSerializer, self.get_serializer(data=request.data))
        asked.is_valid(raise_exception=True)
        user, base_url = user_of(request), site_url(request)
        with refusals_answered():
            source = source_of(
                asked.validated_data, user=user, base_url=base_url,
                id_name=asked.id_name, url_name=asked.url_name,
            )  # fmt: skip
            wanted: dict[str, Any] = {
                "user": user, "task": str(asked.table.task), "wishes": asked.wishes(), "params": request.data,
            }  # fmt: skip
            engine = sound_engine(wanted["task"], source, wanted["wishes"].get("model_version", ""))
            if engine is not None:
                job = sound_job_create(source=source, entry=engine, **wanted)
            elif isinstance(source, Source):
                job = rework_job_create(take=source.take, **wanted)
            else:
                job = foreign_job_create(source=source, **wanted)
        return Response({"job": job_body(job, base_url=base_url), "message": MESSAGES[str(asked.table.task)]})
