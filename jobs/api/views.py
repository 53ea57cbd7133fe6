"""Jobs over HTTP: ask for one, look at it, change it, stop it, take it away."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiomusic.accounts.credits import NotEnoughCredits
from audiomusic.accounts.idempotency import CreatingView
from audiomusic.exceptions import Conflict, PaymentRequired, TooManyWaiting
from audiomusic.openapi import IDEMPOTENCY_KEY
from audiomusic.prepared import PreparedRead
from audiomusic.renderers import json_bytes
from audiomusic.row_ids import MAX_ID
from jobs.api.representations import JobBody, job_representation, queue_positions, takes_of
from jobs.api.schema import (
    BAD_STATE,
    CONFLICT,
    GENERATED,
    IF_NONE_MATCH,
    JOB_ALONE,
    JOB_ANSWER,
    JOB_MESSAGE,
    NOT_MODIFIED,
)
from jobs.api.serializers import GenerationSerializer, JobPatchSerializer
from jobs.links import site_url
from jobs.models import Job, Status
from jobs.services import (
    JobNotCancellable,
    JobNotRetryable,
    WaitingLimitReached,
    job_cancel,
    job_create,
    job_delete,
    job_patch,
    job_retry,
)

read_job = PreparedRead(lambda job_id, user_id: Job.objects.filter(id=job_id, user=user_id), 1, 2)


class NotRetryable(APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "job_not_failed"


def find_job(request: Request, job_id: int) -> Job:
    """The caller's own job; anybody else's does not exist for them."""
    found = read_job(job_id, request.user.id) if job_id <= MAX_ID else []
    if not found:
        raise NotFound("Music job not found")
    return found[0]


def job_body(request: Request, job: Job) -> JobBody:
    """The job object, with what has to be read for it."""
    return job_representation(
        job,
        base_url=site_url(request),
        takes=takes_of(job),
        queue_position=queue_positions([job]).get(job.id),
    )


def job_answer(request: Request, job: Job, message: str) -> Response:
    """The answer of everything that sets a job going or stops it."""
    return Response({"job": job_body(request, job), "message": message})


class GenerationView(CreatingView):
    """One generation endpoint; its serializer says which."""

    required_scopes = {"POST": "music:generate"}
    throttle_scope = "generation"
    serializer_class: type[GenerationSerializer]

    def read(self, request: Request, **kwargs: Any) -> GenerationSerializer:
        serializer = self.serializer_class(data=request.data)
        serializer.is_valid(raise_exception=True)
        return serializer

    def create(self, request: Request, asked: GenerationSerializer) -> Response:
        try:
            job = job_create(
                user=request.user, task=asked.table.task, wishes=asked.wishes(), params=request.data
            )
        except NotEnoughCredits as error:
            raise PaymentRequired(required=error.required, available=error.available) from None
        except WaitingLimitReached as error:
            raise TooManyWaiting(str(error)) from None
        return job_answer(request, job, "Music generation started")


def generation_view(serializer: type[GenerationSerializer]) -> Any:
    """The view of one generation endpoint, described in the schema."""
    table = serializer.table

    class View(GenerationView):
        serializer_class = serializer

        @extend_schema(
            summary=table.summary,
            description="Answers at once with the job; `GET /api/v1/music/jobs/{job_id}/status` follows it.",
            operation_id=f"generate_{table.task}",
            tags=["generation"],
            parameters=[IDEMPOTENCY_KEY],
            request=serializer,
            responses=GENERATED,
        )
        def post(self, request: Request, **kwargs: Any) -> HttpResponse:
            return super().post(request, **kwargs)

    return View.as_view()


class JobView(APIView):
    """One job. Its answer carries an ETag, so a client that asks again pays little."""

    required_scopes = {"GET": "music:read", "PATCH": "music:generate", "DELETE": "music:generate"}

    @extend_schema(
        summary="A job",
        description="Clients that poll send the ETag back and get 304 while nothing changes.",
        tags=["jobs"],
        parameters=[IF_NONE_MATCH],
        responses=JOB_ALONE | NOT_MODIFIED,
    )
    def get(self, request: Request, job_id: int) -> HttpResponse:
        return tagged_json(request, self.body(request, find_job(request, job_id)))

    def body(self, request: Request, job: Job) -> Any:
        return job_body(request, job)

    @extend_schema(
        summary="Rename a job or change its picture",
        tags=["jobs"],
        operation_id="change_job",
        request=JobPatchSerializer,
        responses=JOB_ALONE,
    )
    def patch(self, request: Request, job_id: int) -> Response:
        job = find_job(request, job_id)
        serializer = JobPatchSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(job_body(request, job_patch(job=job, **serializer.changes())))

    @extend_schema(
        summary="Delete a job and its audio",
        tags=["jobs"],
        operation_id="delete_job",
        responses=JOB_MESSAGE,
    )
    def delete(self, request: Request, job_id: int) -> Response:
        job_delete(job=find_job(request, job_id))
        return Response({"message": "Job deleted successfully"})


class JobStatusView(JobView):
    """The same job at the address that clients poll."""

    http_method_names = ["get", "head", "options"]


class JobCancelView(APIView):
    required_scopes = {"POST": "music:generate"}

    @extend_schema(
        summary="Stop a job",
        tags=["jobs"],
        operation_id="cancel_job",
        request=None,
        responses=JOB_ANSWER | CONFLICT,
    )
    def post(self, request: Request, job_id: int) -> Response:
        try:
            job = job_cancel(job=find_job(request, job_id))
        except JobNotCancellable as error:
            raise Conflict(str(error), code="job_finished") from None
        is_done = job.status == Status.CANCELLED
        return job_answer(request, job, "Job cancelled" if is_done else "The job is being stopped")


class JobRetryView(CreatingView):
    required_scopes = {"POST": "music:generate"}
    throttle_scope = "retry"

    @extend_schema(
        summary="Try a failed job again",
        tags=["jobs"],
        operation_id="retry_job",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses=JOB_ANSWER | BAD_STATE,
    )
    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        return super().post(request, **kwargs)

    def read(self, request: Request, **kwargs: Any) -> Job:
        return find_job(request, kwargs["job_id"])

    def create(self, request: Request, asked: Job) -> Response:
        try:
            job = job_retry(job=asked)
        except JobNotRetryable as error:
            raise NotRetryable(str(error)) from None
        except WaitingLimitReached as error:
            raise TooManyWaiting(str(error)) from None
        return job_answer(request, job, "Music generation started again")


def tagged_json(request: Request, body: Any) -> HttpResponse:
    """`body` as JSON with an ETag; 304 where the caller holds it already. Rendered here, not by
    DRF: this is the answer that every client polls for."""
    content = json_bytes(body)
    etag = f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'
    if etag in request.headers.get("If-None-Match", ""):
        response = HttpResponse(status=status.HTTP_304_NOT_MODIFIED)
    else:
        response = HttpResponse(content, content_type="application/json")
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response
