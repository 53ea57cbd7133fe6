"""Jobs in the API: list, show, change, cancel, retry and delete, and likes and dislikes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from audiomusic.accounts.idempotency import idempotent
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.db.compiled import CompiledQuery
from audiomusic.http.exceptions import Conflict
from audiomusic.http.metadata import BriefMetadata
from audiomusic.http.openapi import IDEMPOTENCY_KEY, TOTAL_COUNT
from audiomusic.http.renderers import etag_json_response
from jobs.api.openapi import (
    BAD_STATE,
    CONFLICT,
    IF_NONE_MATCH,
    JOB_ALONE,
    JOB_ANSWER,
    JOB_MESSAGE,
    NO_ROOM,
    NOT_MODIFIED,
)
from jobs.api.refusals import refusals_answered
from jobs.api.serializers import JobPatchSerializer
from jobs.counts import JobCounts, tags_held
from jobs.models import Job, Status
from jobs.services import (
    JobInUse,
    JobNotCancellable,
    JobNotRetryable,
    job_cancel,
    job_delete,
    job_patch,
    job_retry,
)
from library.api.filters import JobFilterBackend
from library.api.openapi import (
    COUNTS,
    INTERACTION,
    INTERACTION_PARAMETER,
    SEARCH_CORRECTED,
    STATISTICS,
)
from library.api.pagination import SkipLimitPagination
from library.api.serializers import JobSerializer
from library.models import Reaction
from library.query.conditions import Liked
from library.query.filters import CountsFilterSet, JobDetailFilterSet, JobFilterSet, LikedFilterSet
from library.query.job_query import JobQuery
from library.services import NoSuchJob, reaction_clear, reaction_set

NOT_FOUND = "Music job not found"

#: Plural keys of the counts by song type.
PLURALS = {"song": "songs"}

read_job = CompiledQuery(lambda job_id, user_id: Job.objects.filter(id=job_id, user=user_id), 1, 2)


class NotRetryable(APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "job_not_failed"


def by_song_type(job_counts: JobCounts, **fields: str) -> dict[str, int]:
    return {PLURALS.get(word, word): count for word, count in job_counts.by("song_type", **fields).items()}


class JobViewSet(mixins.ListModelMixin, GenericViewSet):  # type: ignore[type-arg]
    """The caller's jobs; jobs of other users do not exist."""

    serializer_class = JobSerializer
    metadata_class = BriefMetadata  # type: ignore[assignment]  # the stubs ask for an instance
    filter_backends = [JobFilterBackend]
    filterset_class = JobFilterSet
    pagination_class: type[SkipLimitPagination] | None = SkipLimitPagination
    lookup_url_kwarg = "job_id"
    lookup_value_converter = "row_id"
    throttle_scope: str | None = None

    def get_queryset(self) -> JobQuery:  # type: ignore[override]  # filters and pagination expect it
        return JobQuery(user_of(self.request))

    def narrowed(self) -> JobQuery:
        """Return the caller's jobs, narrowed by the query string."""
        return cast(JobQuery, self.filter_queryset(self.get_queryset()))  # type: ignore[arg-type]  # as above

    def get_object(self) -> Job:
        found = read_job(self.kwargs["job_id"], self.request.user.id)
        if not found:
            raise NotFound(NOT_FOUND)
        return found[0]

    def job_answer(self, job: Job, message: str) -> Response:
        """The response of every endpoint that starts or stops a job."""
        return Response({"job": self.get_serializer(job).data, "message": message})

    @extend_schema(
        summary="Your jobs, newest first",
        tags=["jobs"],
        operation_id="list_jobs",
        parameters=[TOTAL_COUNT, SEARCH_CORRECTED],
        responses=JOB_ALONE,
    )
    def list(self, request: Request) -> Response:
        """You can combine all filters. Pages neither repeat nor skip a job."""
        return super().list(request)

    @extend_schema(
        summary="A job",
        description="If you poll, send the ETag back to get 304 while nothing has changed.",
        tags=["jobs"],
        parameters=[IF_NONE_MATCH, INTERACTION_PARAMETER],
        responses=JOB_ALONE | NOT_MODIFIED,
    )
    def retrieve(self, request: Request, job_id: int) -> HttpResponse:
        job = self.get_object()
        if "include_interactions" in request.query_params:  # most polls skip the form
            self.add_interaction(job)
        return etag_json_response(request, self.get_serializer(job).data)

    def add_interaction(self, job: Job) -> None:
        """Include the caller's reaction, if the query asks for it."""
        self.filterset_class, self.pagination_class = JobDetailFilterSet, None
        if self.narrowed().with_interactions:
            reaction = Reaction.objects.filter(job=job, user=user_of(self.request))
            job.interaction = reaction.values_list("value", flat=True).first()

    @extend_schema(
        summary="A job",
        description="If you poll, send the ETag back to get 304 while nothing has changed.",
        tags=["jobs"],
        parameters=[IF_NONE_MATCH, INTERACTION_PARAMETER],
        responses=JOB_ALONE | NOT_MODIFIED,
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def status(self, request: Request, job_id: int) -> HttpResponse:
        """The same job, at the address for polling."""
        return self.retrieve(request, job_id)

    @extend_schema(
        summary="Rename a job or change its picture",
        tags=["jobs"],
        operation_id="change_job",
        request=JobPatchSerializer,
        responses=JOB_ALONE,
    )
    def partial_update(self, request: Request, job_id: int) -> Response:
        """You can change only its name and its picture."""
        job = self.get_object()
        serializer = JobPatchSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(self.get_serializer(job_patch(job=job, **serializer.changes())).data)

    @extend_schema(
        summary="Delete a job and its audio",
        tags=["jobs"],
        operation_id="delete_job",
        responses=JOB_MESSAGE | CONFLICT,
    )
    def destroy(self, request: Request, job_id: int) -> Response:
        """A running job is cancelled first. The source of an unfinished job cannot be deleted."""
        try:
            job_delete(job=self.get_object())
        except JobInUse as error:
            raise Conflict(str(error), code="source_in_use") from None
        return Response({"message": "Job deleted successfully"})

    @extend_schema(
        summary="Stop a job",
        tags=["jobs"],
        operation_id="cancel_job",
        request=None,
        responses=JOB_ANSWER | CONFLICT,
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, job_id: int) -> Response:
        """Releases the reserved credits. Repeating it changes nothing."""
        try:
            job = job_cancel(job=self.get_object())
        except JobNotCancellable as error:
            raise Conflict(str(error), code="job_finished") from None
        is_done = job.status == Status.CANCELLED
        return self.job_answer(job, "Job cancelled" if is_done else "The job is being stopped")

    @extend_schema(
        summary="Try a failed job again",
        tags=["jobs"],
        operation_id="retry_job",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses=JOB_ANSWER | BAD_STATE | NO_ROOM,
    )
    @action(detail=True, methods=["post"], throttle_scope="retry")
    @idempotent
    def retry(self, request: Request, job_id: int) -> Response:
        """Uses the same seeds, and the credits that were reserved at first."""
        try:
            with refusals_answered():
                job = job_retry(job=self.get_object())
        except JobNotRetryable as error:
            raise NotRetryable(str(error)) from None
        return self.job_answer(job, "Music generation started again")

    @extend_schema(
        summary="Like a job", tags=["likes"], operation_id="like_job", request=None, responses=INTERACTION
    )
    @action(detail=True, methods=["post"])
    def like(self, request: Request, job_id: int) -> Response:
        """Repeating it changes nothing."""
        return self.react(reaction_set, job_id, value=Reaction.Value.LIKE)

    @extend_schema(
        summary="Remove a like or dislike",
        tags=["likes"],
        operation_id="clear_reaction",
        responses=INTERACTION,
    )
    @like.mapping.delete
    def clear_reaction(self, request: Request, job_id: int) -> Response:
        """Repeating it changes nothing."""
        return self.react(reaction_clear, job_id)

    @extend_schema(
        summary="Dislike a job",
        tags=["likes"],
        operation_id="dislike_job",
        request=None,
        responses=INTERACTION,
    )
    @action(detail=True, methods=["post"])
    def dislike(self, request: Request, job_id: int) -> Response:
        """Repeating it changes nothing."""
        return self.react(reaction_set, job_id, value=Reaction.Value.DISLIKE)

    def react(self, act: Callable[..., Any], job_id: int, **options: Any) -> Response:
        """Set or clear the caller's reaction. Repeating it changes nothing."""
        try:
            act(job_id=job_id, user=self.request.user, **options)
        except NoSuchJob:
            raise NotFound(NOT_FOUND) from None
        return Response({"job_id": job_id, "interaction": options.get("value")})

    @extend_schema(
        summary="How many jobs you have",
        tags=["jobs"],
        operation_id="count_jobs",
        responses=COUNTS,
        filters=True,
    )
    @action(detail=False, methods=["get"], filterset_class=CountsFilterSet, pagination_class=None)
    def counts(self, request: Request) -> Response:
        """Counts all jobs, or those with a status or of a type."""
        jobs = self.narrowed()
        chosen = {name: value for each in jobs.conditions for name, value in (each.cells or {}).items()}
        return Response(
            {
                "total": jobs.total,
                "by_task": jobs.job_counts.by("task", **chosen),
                "by_song_type": by_song_type(jobs.job_counts, **chosen),
                "filters": {name: chosen.get(name) for name in ("status", "song_type")},
            }
        )


class LikedViewSet(mixins.ListModelMixin, GenericViewSet):  # type: ignore[type-arg]
    """The jobs that the caller likes."""

    serializer_class = JobSerializer
    metadata_class = BriefMetadata  # type: ignore[assignment]  # the stubs ask for an instance
    filter_backends = [JobFilterBackend]
    filterset_class = LikedFilterSet
    pagination_class = SkipLimitPagination

    def get_queryset(self) -> JobQuery:  # type: ignore[override]  # filters and pagination expect it
        return JobQuery(user_of(self.request)).where(Liked(True))

    @extend_schema(
        summary="The jobs you like, newest first",
        tags=["likes"],
        operation_id="list_liked",
        parameters=[TOTAL_COUNT],
        responses=JOB_ALONE,
    )
    def list(self, request: Request) -> Response:
        """Filtered by status and type."""
        return super().list(request)


class FilterStatisticsView(APIView):
    @extend_schema(
        summary="Filters for your jobs, with counts",
        tags=["jobs"],
        operation_id="filter_statistics",
        responses=STATISTICS,
    )
    def get(self, request: Request) -> Response:
        job_counts, held = JobCounts.of_user(user_of(request)), tags_held(user_of(request))
        return Response(
            {
                "total_tracks": job_counts.count(),
                "liked_count": job_counts.count(is_liked=True),
                "song_types": by_song_type(job_counts),
                "available_filters": {
                    "song_types": sorted(job_counts.by("song_type")),
                    "interactions": sorted(filter(None, job_counts.by("interaction"))),
                    "statuses": sorted(status.lower() for status in job_counts.by("status")),
                    **{
                        f"{kind}s": held.get(kind, [])
                        for kind in ("language", "genre", "emotion", "occasion", "tag")
                    },
                },
            }
        )
