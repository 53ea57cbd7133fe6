"""Tags of a song over HTTP: list, add and remove."""

from __future__ import annotations

from typing import Any, TypedDict, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.http.exceptions import Conflict
from audiomusic.http.fields import TextField
from audiomusic.http.metadata import BriefMetadata
from audiomusic.http.openapi import ERROR, answers
from jobs.models import Job
from jobs.specs.tags import words_left
from library.api.closed_bodies import ClosedSerializer, read
from library.api.views import NOT_FOUND
from library.tags.services import MOST_TAGS, TooManyTags, job_tags_replace, job_tags_update
from library.tags.words import TagInvalid

TAGS = ["tags"]
MOST_TEXT = 200  # of a submitted tag, before white space and # are stripped


class JobTagsBody(TypedDict):
    """The tags of a song: your own, and the remaining ones from its caption."""

    job_id: int
    tags: list[str]
    genres: list[str]
    emotions: list[str]
    occasions: list[str]


class TagListField(serializers.ListField):
    child = TextField(max_length=MOST_TEXT)


class TagsSerializer(ClosedSerializer):
    """All of your own tags of a song."""

    tags = TagListField(max_length=MOST_TAGS, allow_empty=True)


class TagChangeSerializer(ClosedSerializer):
    """Tags to remove, then tags to add. Adding a removed tag of the caption restores it."""

    add = TagListField(max_length=MOST_TAGS, allow_empty=True, required=False)
    remove = TagListField(max_length=100, allow_empty=True, required=False)


class _Refusals:
    """Converts service exceptions to API errors."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, TagInvalid):
            raise ValidationError({"tags": [str(error)]}) from None
        if isinstance(error, TooManyTags):
            raise Conflict(str(error), code="too_many_tags") from None
        if isinstance(error, Job.DoesNotExist):
            raise NotFound(NOT_FOUND) from None


class JobTagsView(APIView):
    metadata_class = cast(Any, BriefMetadata)  # the stubs want an instance

    @extend_schema(
        operation_id="get_tags", summary="The tags of a song", tags=TAGS, responses=answers(JobTagsBody)
    )
    def get(self, request: Request, job_id: int) -> Response:
        """Returns your own tags, and those that were read from its caption."""
        return Response(tags_body(own_job(request, job_id)))

    @extend_schema(
        operation_id="set_tags",
        summary="Replace your own tags of a song",
        tags=TAGS,
        request=TagsSerializer,
        responses=answers(JobTagsBody) | {409: ERROR},
    )
    def put(self, request: Request, job_id: int) -> Response:
        """Replaces all of your previous tags; the tags of its caption stay."""
        job = own_job(request, job_id)
        tags = read(TagsSerializer, request).validated_data["tags"]
        with _Refusals():
            job = job_tags_replace(job=job, tags=tags)
        return Response(tags_body(job))

    @extend_schema(
        operation_id="change_tags",
        summary="Add tags to a song, or remove some",
        tags=TAGS,
        request=TagChangeSerializer,
        responses=answers(JobTagsBody) | {409: ERROR},
    )
    def patch(self, request: Request, job_id: int) -> Response:
        """Tags of the caption can be removed too. Adding one restores it."""
        job = own_job(request, job_id)
        changes = read(TagChangeSerializer, request).validated_data
        with _Refusals():
            job = job_tags_update(job=job, **changes)
        return Response(tags_body(job))


def own_job(request: Request, job_id: int) -> Job:
    job = Job.objects.of_user(user_of(request)).filter(id=job_id).first()
    if job is None:
        raise NotFound(NOT_FOUND)
    return job


def tags_body(job: Job) -> JobTagsBody:
    return {
        "job_id": job.pk,
        "tags": job.own_tags or [],
        "genres": words_left(job, "genre"),
        "emotions": words_left(job, "emotion"),
        "occasions": words_left(job, "occasion"),
    }
