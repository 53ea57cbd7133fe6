"""Score-first music over HTTP: a score is planned, revised and recorded, each as a job of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NotRequired, TypedDict, cast

from django.conf import settings
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from audiomusic.accounts.idempotency import idempotent, once_in_a_burst
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.http.metadata import BriefMetadata
from audiomusic.http.openapi import IDEMPOTENCY_KEY, TOTAL_COUNT, answers, body_ref
from jobs.api.refusals import refusals_answered
from jobs.api.score_serializers import (
    GenerateSerializer,
    PlanSerializer,
    RecordSerializer,
    ReviseSerializer,
    ScoreListSerializer,
    ScoreSerializer,
)
from jobs.models import Job
from jobs.scores.refusals import ScoreRefused
from jobs.scores.representations import ScoreAnswerBody, ScoreJobBody, score_answer_body, score_job_body
from jobs.scores.selectors import score_job, score_jobs
from jobs.scores.services import (
    plan_job_create,
    record_job_create,
    revise_job_create,
    song_job_create,
)
from jobs.scores.sources import written_score
from jobs.storage.links import site_url

Handler = Callable[..., Any]


class AvailabilityBody(TypedDict):
    available: bool
    revise: bool


class ScoreProblemBody(TypedDict):
    """A problem in one bar of a submitted score."""

    bar: int | None
    voice: str | None
    line: int | None
    message: str


class ScoreErrorDetailBody(TypedDict):
    """Details of an error. `message` begins with the code, so that clients show it."""

    code: str
    message: str
    errors: NotRequired[dict[str, list[str]]]
    problems: NotRequired[list[ScoreProblemBody]]
    sections: NotRequired[list[str]]
    understood: NotRequired[list[str]]
    job_id: NotRequired[int]
    required_cents: NotRequired[int]
    available_cents: NotRequired[int]
    required_credits: NotRequired[int]
    available_credits: NotRequired[int]


class ScoreErrorBody(TypedDict):
    """A refusal of score-first music. `detail` is a sentence if the URL does not exist."""

    detail: ScoreErrorDetailBody | str
    code: str


ERROR = body_ref(ScoreErrorBody)
READ_ERRORS = dict.fromkeys((400, 401, 403, 404, 429, 503), ERROR)
WRITE_ERRORS = READ_ERRORS | dict.fromkeys((402, 409, 413, 415, 422), ERROR)
FOLLOWED = "Returns the job immediately; follow it with `GET /api/v1/music/v3/jobs/{job_id}`."


class ScoreRefusal(APIException):
    """A refusal of the services for written scores, as an API error."""

    def __init__(self, error: ScoreRefused) -> None:
        super().__init__(str(error), error.code.lower())
        self.status_code = error.status
        self.extra = error.facts


def posts(
    serializer_class: type[ScoreSerializer], summary: str, description: str, scope: str = "generation"
) -> Callable[[Handler], Handler]:
    """Decorate the action that makes one kind of job."""

    def decorate(handler: Handler) -> Handler:
        name = handler.__name__
        describe = extend_schema(
            summary=summary,
            description=f"{description} {FOLLOWED}",
            operation_id=f"v3_{name}",
            tags=["score-first"],
            parameters=[IDEMPOTENCY_KEY],
            request=serializer_class,
            responses=answers(ScoreJobBody) | WRITE_ERRORS,
        )
        route = action(
            detail=False, methods=["post"], serializer_class=serializer_class, throttle_scope=scope
        )
        return cast(Handler, describe(route(once_in_a_burst(idempotent(handler)))))

    return decorate


class ScoreFirstViewSet(GenericViewSet):  # type: ignore[type-arg]
    """Songs as scores first: plan, revise, record, or all in one request."""

    metadata_class = cast(Any, BriefMetadata)  # the stubs expect an instance
    throttle_scope = "generation"
    validation_code = "validation_error"
    pagination_class = None
    queryset = Job.objects.none()
    list_is_object = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if settings.SCORE_FIRST != "on" and self.action != "availability":
            raise Http404

    def handle_exception(self, exc: Exception) -> Response:
        """Convert every error into this API's format: an object whose message begins with the code."""
        response = super().handle_exception(exc)
        if response.status_code == 429 and self.action == "revise":
            response.data["code"] = "revise_rate_limited"
        response.data = _error_body(response.data, response.status_code)
        return response

    @extend_schema(
        summary="Whether score-first music is available",
        description="Works even if it is switched off.",
        operation_id="v3_availability",
        tags=["score-first"],
        responses=answers(AvailabilityBody) | dict.fromkeys((401, 403, 429), ERROR),
    )
    @action(detail=False, methods=["get"])
    def availability(self, request: Request) -> Response:
        is_on = settings.SCORE_FIRST == "on"
        return Response({"available": is_on, "revise": is_on})

    @posts(
        PlanSerializer,
        "Write a score without audio",
        "Writes the melody, the chords, the lyrics and the whole band of a song, in ABC notation, "
        "MusicXML, MIDI and JSON. The same body with the same `seed` gives the same score.",
    )
    def plan(self, request: Request) -> Response:
        return self._answer(request, plan_job_create)

    @posts(
        ReviseSerializer,
        "Change a score in words",
        "Makes a new score and keeps the old one. Notes outside `section` and `bars` stay the same. `note` "
        "says what changed, and `score_comparison` where.",
        scope="revise",
    )
    def revise(self, request: Request) -> Response:
        return self._answer(request, revise_job_create)

    @posts(
        RecordSerializer,
        "Perform a score",
        "Sings and plays the score note for note. If there is an earlier recording, unchanged bars keep "
        "their samples.",
    )
    def edit(self, request: Request) -> Response:
        return self._answer(request, record_job_create)

    @posts(
        GenerateSerializer,
        "Write and record a score",
        "Does plan and edit in one call. With `abc`, it records that score with the band in the style.",
    )
    def generate(self, request: Request) -> Response:
        return self._answer(request, song_job_create)

    @extend_schema(
        summary="The jobs of score-first music",
        description="Newest first, without the texts of the scores.",
        operation_id="v3_jobs_list",
        tags=["score-first"],
        parameters=[ScoreListSerializer, TOTAL_COUNT],
        responses={200: {"type": "array", "items": body_ref(ScoreJobBody)}} | READ_ERRORS,
    )
    @action(detail=False, methods=["get"], url_path="jobs", url_name="jobs")
    def jobs(self, request: Request) -> Response:
        asked = ScoreListSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        jobs, count = score_jobs(user=user_of(request), **asked.validated_data)
        base_url = site_url(request)
        bodies = [score_job_body(job, base_url=base_url, has_abc=False) for job in jobs]
        return Response(bodies, headers={"X-Total-Count": str(count)})

    @extend_schema(
        summary="One job of score-first music",
        operation_id="v3_job",
        tags=["score-first"],
        responses=answers(ScoreJobBody) | READ_ERRORS,
    )
    @action(detail=False, methods=["get"], url_path="jobs/<row_id:job_id>", url_name="job")
    def job(self, request: Request, job_id: int) -> Response:
        with score_refusals_answered():
            job = score_job(user=user_of(request), job_id=job_id)
            return Response(score_job_body(job, base_url=site_url(request)))

    @extend_schema(
        summary="A job's score",
        description="Works for every finished job with a score, including ordinary songs by the studio.",
        operation_id="v3_score",
        tags=["score-first"],
        responses=answers(ScoreAnswerBody) | READ_ERRORS,
    )
    @action(detail=False, methods=["get"], url_path="jobs/<row_id:job_id>/score", url_name="score")
    def score(self, request: Request, job_id: int) -> Response:
        with score_refusals_answered():
            score = written_score(user=user_of(request), job_id=job_id)
            return Response(score_answer_body(score, base_url=site_url(request)))

    def _answer(self, request: Request, create: Callable[..., Job]) -> Response:
        asked = cast(ScoreSerializer, self.get_serializer(data=request.data))
        asked.is_valid(raise_exception=True)
        with score_refusals_answered():
            job = create(user=user_of(request), wishes=asked.wishes(), params=request.data)
        return Response(score_job_body(job, base_url=site_url(request)))


@contextmanager
def score_refusals_answered() -> Iterator[None]:
    """Like `refusals_answered`, and also convert refusals of written scores."""
    try:
        with refusals_answered():
            yield
    except ScoreRefused as error:
        raise ScoreRefusal(error) from None


def _error_body(body: Any, status_code: int) -> dict[str, Any]:
    data: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    code = str(data.get("code") or f"error_{status_code}")
    name = code.upper()
    facts = {key: value for key, value in data.items() if key not in ("detail", "code")}
    return {"detail": {"code": name, "message": f"{name}: {data.get('detail', '')}", **facts}, "code": code}
