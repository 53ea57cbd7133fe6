"""The parts of a song over HTTP: its stems and the timing of its lyrics."""

from __future__ import annotations

from typing import Any, TypedDict, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.engines.lrc import retitled
from audiomusic.http.metadata import BriefMetadata
from audiomusic.http.openapi import answers
from jobs.api.openapi import BAD_STATE, UNAVAILABLE
from jobs.api.refusals import refusals_answered
from jobs.models import Take
from jobs.specs.refusals import SourceNotFound, SourceUnfit
from jobs.storage.links import enhanced_lrc_url, lrc_url, site_url
from jobs.tools.lyrics import take_lyrics_sync
from jobs.tools.sources import SourceRef, source_take
from library.api.views import NOT_FOUND
from library.stems import stems_body

MAX_TAKE = 1000
TAKE = OpenApiParameter(
    "take",
    {"type": "integer", "minimum": 1, "maximum": MAX_TAKE},
    description="The take, from 1; the default is the first.",
)


class StemBody(TypedDict):
    """A part of a song. `url` opens its stem, if one was made by `job_id`."""

    track_name: str
    instruments: list[str]
    job_id: int | None
    take: int | None
    url: str | None


class StemsBody(TypedDict):
    """The parts of a take; empty if its engine stored no score. The ZIP files exist once `stems_job_id` has
    made `all_stems`."""

    job_id: int
    take: int
    stems: list[StemBody]
    stems_job_id: int | None
    stems_zip_url: str | None
    project_zip_url: str | None


class LrcBody(TypedDict):
    success: bool
    job_id: int
    take: int
    lrc_content: str
    lrc_url: str
    enhanced_lrc_content: str
    enhanced_lrc_url: str


def asked_take(request: Request) -> int | None:
    """Return the number in `?take=2`, if given."""
    if unknown := [name for name in request.query_params if name != "take"]:
        raise ValidationError({name[:60]: "Unknown parameter; expected only take." for name in unknown})
    text = request.query_params.get("take", "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MAX_TAKE):
        raise ValidationError({"take": f"Expected a whole number from 1 to {MAX_TAKE}."})
    return int(text[:9])


def finished_take(request: Request, job_id: int) -> Take:
    """Return the caller's take named by the URL and `?take=`. Raises SourceUnfit."""
    ref = SourceRef(job_id, asked_take(request))
    try:
        return source_take(user=user_of(request), ref=ref)
    except SourceNotFound:
        raise NotFound(NOT_FOUND) from None
    except SourceUnfit as error:
        if sentences := error.errors.get("source_take"):  # the parameter is called `take` here
            raise ValidationError({"take": list(sentences)}) from None
        raise


class StemsView(APIView):
    required_scopes = {"GET": "music:read"}
    metadata_class = cast(Any, BriefMetadata)  # the stubs want an instance

    @extend_schema(
        summary="The stems of a song",
        description="The stems that `POST /api/v1/music/extract-stem` can make, and those that already "
        "exist.",
        tags=["tools"],
        operation_id="list_stems",
        parameters=[TAKE],
        responses=answers(StemsBody) | BAD_STATE | UNAVAILABLE,
    )
    def get(self, request: Request, job_id: int) -> Response:
        with refusals_answered():
            body = stems_body(finished_take(request, job_id), base_url=site_url(request))
        return Response(body)


class LrcView(APIView):
    metadata_class = cast(Any, BriefMetadata)  # the stubs want an instance
    throttle_scope = "lrc"

    @extend_schema(
        summary="Timed lyrics of a song",
        description="Exact times from the score, the same as with `generate_lrc`. Free and immediate.",
        tags=["tools"],
        operation_id="sync_lyrics",
        parameters=[TAKE],
        request=None,
        responses=answers(LrcBody) | BAD_STATE | UNAVAILABLE,
    )
    def post(self, request: Request, job_id: int) -> Response:
        with refusals_answered():
            take = take_lyrics_sync(take=finished_take(request, job_id))
        base_url = site_url(request)
        body: dict[str, Any] = {
            "success": True,
            "job_id": take.job_id,
            "take": take.index,
            "lrc_content": retitled(take.lrc_content, take.job.display_name),
            "lrc_url": lrc_url(take.job, take.index, base_url=base_url),
            "enhanced_lrc_content": retitled(take.enhanced_lrc, take.job.display_name),
            "enhanced_lrc_url": enhanced_lrc_url(take.job, take.index, base_url=base_url),
        }
        return Response(body)
