"""Jobs over HTTP: ask for one, look at it, change it, stop it, take it away."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiomusic.accounts.credits import NotEnoughCredits
from audiomusic.exceptions import Conflict, PaymentRequired
from audiomusic.prepared import PreparedRead
from jobs.api.filters import JobFilter, Page
from jobs.api.representations import HEAVY_FIELDS, JobBody, job_representation, queue_positions, takes_of
from jobs.api.schema import JOB_ALONE, JOB_ANSWER, JOB_LIST, MESSAGE
from jobs.api.serializers import GenerationSerializer, JobPatchSerializer
from jobs.links import site_url
from jobs.models import Job, Status, Take
from jobs.services import (
    JobNotCancellable,
    JobNotRetryable,
    job_cancel,
    job_create,
    job_delete,
    job_patch,
    job_retry,
)

MAX_ID = 2**63 - 1  # a larger one is in no database's range
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


def job_body(request: Request, job: Job, **known: Any) -> JobBody:
    """The job object; `known`: what a list has read for all its jobs at once."""
    known = known or {"takes": takes_of(job), "queue_position": queue_positions([job]).get(job.id)}
    return job_representation(job, base_url=site_url(request), **known)


def job_answer(request: Request, job: Job, message: str) -> Response:
    """The answer of everything that sets a job going or stops it."""
    return Response({"job": job_body(request, job), "message": message})


class GenerationView(APIView):
    """One generation endpoint; its serializer says which."""

    required_scopes = {"POST": "music:generate"}
    serializer_class: type[GenerationSerializer]

    def post(self, request: Request) -> Response:
        serializer = self.serializer_class(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            job = job_create(
                user=request.user,
                task=serializer.table.task,
                wishes=serializer.wishes(),
                params=request.data,
            )
        except NotEnoughCredits as error:
            raise PaymentRequired(required=error.required, available=error.available) from None
        return job_answer(request, job, "Music generation started")


def generation_view(serializer: type[GenerationSerializer]) -> Any:
    """The view of one generation endpoint, described in the schema."""
    table = serializer.table

    class View(GenerationView):
        serializer_class = serializer

        @extend_schema(
            summary=table.summary,
            operation_id=f"generate_{table.task}",
            tags=["generation"],
            request=serializer,
            responses=JOB_ANSWER,
        )
        def post(self, request: Request) -> Response:
            return super().post(request)

    return View.as_view()


class JobListView(APIView):
    required_scopes = {"GET": "music:read"}

    @extend_schema(
        summary="Your jobs, newest first",
        tags=["jobs"],
        parameters=[
            OpenApiParameter("skip", int, description="Rows left out; 0."),
            OpenApiParameter("limit", int, description="Rows shown, up to 100; 50."),
            OpenApiParameter("task", str, description="Only this task's."),
            OpenApiParameter("status", str, description="Only with this status."),
        ],
        operation_id="list_jobs",
        responses=JOB_LIST,
    )
    def get(self, request: Request) -> Response:
        page = Page.of(request.query_params)
        mine = Job.objects.of_user(request.user).order_by("-created_at", "-id")
        matches = JobFilter(request.query_params, mine).qs
        takes = Prefetch("takes", Take.objects.defer(*HEAVY_FIELDS))
        jobs = list(page.cut(matches.prefetch_related(takes)))
        places = queue_positions(jobs)
        bodies = [
            job_body(request, job, takes=job.takes.all(), queue_position=places.get(job.id)) for job in jobs
        ]
        return Response(bodies, headers={"X-Total-Count": str(matches.count())})


class JobView(APIView):
    """One job. Its answer carries an ETag, so a client that asks again pays little."""

    required_scopes = {"GET": "music:read", "PATCH": "music:generate", "DELETE": "music:generate"}

    @extend_schema(summary="A job", tags=["jobs"], responses=JOB_ALONE)
    def get(self, request: Request, job_id: int) -> HttpResponse:
        return tagged_json(request, job_body(request, find_job(request, job_id)))

    @extend_schema(summary="Rename a job", tags=["jobs"], request=JobPatchSerializer, responses=JOB_ALONE)
    def patch(self, request: Request, job_id: int) -> Response:
        job = find_job(request, job_id)
        serializer = JobPatchSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(job_body(request, job_patch(job=job, **serializer.changes())))

    @extend_schema(summary="Delete a job and its audio", tags=["jobs"], responses=MESSAGE)
    def delete(self, request: Request, job_id: int) -> Response:
        job_delete(job=find_job(request, job_id))
        return Response({"message": "Job deleted successfully"})


class JobStatusView(JobView):
    """The same job at the address that clients poll."""

    http_method_names = ["get", "head", "options"]


class JobCancelView(APIView):
    required_scopes = {"POST": "music:generate"}

    @extend_schema(summary="Stop a job", tags=["jobs"], request=None, responses=JOB_ANSWER)
    def post(self, request: Request, job_id: int) -> Response:
        try:
            job = job_cancel(job=find_job(request, job_id))
        except JobNotCancellable as error:
            raise Conflict(str(error), code="job_finished") from None
        is_done = job.status == Status.CANCELLED
        return job_answer(request, job, "Job cancelled" if is_done else "The job is being stopped")


class JobRetryView(APIView):
    required_scopes = {"POST": "music:generate"}

    @extend_schema(summary="Try a failed job again", tags=["jobs"], request=None, responses=JOB_ANSWER)
    def post(self, request: Request, job_id: int) -> Response:
        try:
            job = job_retry(job=find_job(request, job_id))
        except JobNotRetryable as error:
            raise NotRetryable(str(error)) from None
        return job_answer(request, job, "Music generation started again")


def tagged_json(request: Request, body: Any) -> HttpResponse:
    """`body` as JSON with an ETag; 304 where the caller holds it already. Rendered here, not by
    DRF: this is the answer that every client polls for."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    etag = f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'
    if etag in request.headers.get("If-None-Match", ""):
        response = HttpResponse(status=status.HTTP_304_NOT_MODIFIED)
    else:
        response = HttpResponse(content, content_type="application/json")
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response
