"""A song's own cover over HTTP: upload and removal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, TypedDict, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiomusic.engines.covers.bounds import MAX_BYTES, READABLE, PictureUnusable
from audiomusic.http.metadata import BriefMetadata
from audiomusic.http.openapi import ERROR, Facts, answers
from jobs.api.storage_refusals import storage_refusals_answered
from jobs.covers.services import cover_clear, cover_set
from jobs.models import Job
from jobs.storage.copies import encoder_turn
from jobs.storage.links import cover_url, site_url
from library.api.tags import own_job
from library.api.views import NOT_FOUND
from library.covers import receive_picture

TAGS = ["jobs"]
MULTIPART_BYTES = 10_000  # overhead of a form around its file


class OwnCoverBody(TypedDict):
    """`cover_url` opens your own cover or the generated one."""

    job_id: int
    cover_url: Annotated[str, Facts(format="uri-reference")]
    has_own_cover: bool


class PictureTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "picture_too_large"


class UnsupportedPicture(APIException):
    status_code = status.HTTP_415_UNSUPPORTED_MEDIA_TYPE
    default_code = "unsupported_picture"


@contextmanager
def _refusals_answered() -> Iterator[None]:
    try:
        with storage_refusals_answered():
            yield
    except PictureUnusable as error:
        raise UnsupportedPicture(str(error)) from None
    except Job.DoesNotExist:
        raise NotFound(NOT_FOUND) from None


class CoverView(APIView):
    metadata_class = cast(Any, BriefMetadata)  # the stubs want an instance
    parser_classes = (MultiPartParser,)
    throttle_scope = "upload"

    @extend_schema(
        operation_id="set_cover",
        summary="Set your own cover for a song",
        description=(
            f"Expected {READABLE} of at most {MAX_BYTES // 1_000_000} MB. The server keeps the centre as a "
            "square JPEG of at most 1024 pixels, without any metadata."
        ),
        tags=TAGS,
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
                "required": ["file"],
            },
        },
        responses=answers(OwnCoverBody) | {413: ERROR, 415: ERROR, 503: ERROR},
    )
    def put(self, request: Request, job_id: int) -> Response:
        job = own_job(request, job_id)
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES + MULTIPART_BYTES:
            raise PictureTooLarge(f"Expected a picture of at most {MAX_BYTES // 1_000_000} MB, got more.")
        file = request.FILES.get("file")
        if file is None:
            raise serializers.ValidationError({"file": "Expected a file, got none."})
        with TemporaryDirectory(prefix="audiomusic-") as folder, _refusals_answered():
            path = receive_picture(file, Path(folder))
            with encoder_turn():
                job = cover_set(job=job, path=path)
        return Response(cover_body(job, request))

    @extend_schema(
        operation_id="clear_cover",
        summary="Remove your own cover from a song",
        tags=TAGS,
        responses=answers(OwnCoverBody),
    )
    def delete(self, request: Request, job_id: int) -> Response:
        """The song gets its generated cover again. Repeating it changes nothing."""
        with _refusals_answered():
            job = cover_clear(job=own_job(request, job_id))
        return Response(cover_body(job, request))


def cover_body(job: Job, request: Request) -> OwnCoverBody:
    return {
        "job_id": job.pk,
        "cover_url": cover_url(job, base_url=site_url(request)),
        "has_own_cover": job.cover_version is not None,
    }
