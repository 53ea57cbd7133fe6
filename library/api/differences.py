"""The differences between two versions of a song, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.http.metadata import BriefMetadata
from audiomusic.http.openapi import Facts, answers
from jobs.api.openapi import BAD_STATE, UNAVAILABLE
from jobs.api.refusals import refusals_answered
from jobs.models import Take
from jobs.specs.parameters import MAX_ROW_ID
from jobs.specs.refusals import SourceNotFound, SourceUnfit
from jobs.storage.scores import kept_score
from jobs.tools.sources import SourceRef, source_take
from library.api.parts import MAX_TAKE
from library.api.views import NOT_FOUND
from library.comparison import changed_bars, compare_songs

NUMBERS = {"with": MAX_ROW_ID, "take": MAX_TAKE, "with_take": MAX_TAKE}  # parameter -> maximum
PARAMETERS = [
    OpenApiParameter(
        name,
        {"type": "integer", "minimum": 1, "maximum": highest},
        required=name == "with",
        description=description,
    )
    for (name, highest), description in zip(
        NUMBERS.items(),
        (
            "The other song's job.",
            "The take of the first song; the default is 1.",
            "The take of the other song.",
        ),
        strict=True,
    )
]
Count = Annotated[int, Facts(minimum=0)]


class FactDifference(TypedDict):
    name: str
    one: str
    other: str


class WordsDifference(TypedDict):
    kind: Literal["same", "gone", "new"]
    text: str


class PartDifference(TypedDict):
    """Numbers of notes in both songs, at the same time and pitch, and in only one of them."""

    name: str
    shared: Count
    gone: Count
    new: Count


DifferenceBody = TypedDict(
    "DifferenceBody",
    {
        "job_id": int,
        "take": int,
        "with": int,
        "with_take": int,
        "is_same": bool,
        "facts": list[FactDifference],
        "words": list[WordsDifference],
        "parts": list[PartDifference],
        "bars": list[list[int]],
    },
)


class DifferenceView(APIView):
    required_scopes = {"GET": "music:read"}
    metadata_class = cast(Any, BriefMetadata)  # the stubs want an instance

    @extend_schema(
        summary="Compare two songs",
        description=(
            "Compares their scores: key, tempo, metre and genre if they differ, the lyrics line by line "
            "(none if they are equal), each part with different notes, and the bars of the first song with "
            "different notes, from 1, as the first and last of each range."
        ),
        tags=["tools"],
        operation_id="compare_jobs",
        parameters=PARAMETERS,
        responses=answers(DifferenceBody) | BAD_STATE | UNAVAILABLE,
    )
    def get(self, request: Request, job_id: int) -> Response:
        asked = _asked(request)
        with refusals_answered():
            one = _take(request, job_id, asked.get("take"), "take")
            if "with" not in asked:
                raise ValidationError({"with": "Required: the job number of the other song."})
            other = _take(request, asked["with"], asked.get("with_take"), "with_take")
            return Response(difference_body(one, other))


def difference_body(one: Take, other: Take) -> DifferenceBody:
    """Return the response body. Raises SourceUnfit if a song has no score, and StorageRefused."""
    scores = _score(one), _score(other)
    found = compare_songs(*scores, lyrics=(one.job.lyrics, other.job.lyrics))
    facts = [each for each in found.facts if not each.is_same]
    parts = [each for each in found.parts if not each.is_same]
    return {
        "job_id": one.job_id,
        "take": one.index,
        "with": other.job_id,
        "with_take": other.index,
        "is_same": not (facts or found.words or parts),
        "facts": [FactDifference(name=each.label, one=each.one, other=each.other) for each in facts],
        "words": [WordsDifference(kind=each.kind, text=each.text) for each in found.words],
        "parts": [
            PartDifference(name=each.name, shared=each.shared, gone=each.gone, new=each.new) for each in parts
        ],
        "bars": changed_bars(*scores),
    }


def _asked(request: Request) -> dict[str, int]:
    asked = {}
    for name in request.query_params:
        text = request.query_params.get(name, "")
        if name not in NUMBERS:
            sentence = f"Unknown parameter; expected one of: {', '.join(NUMBERS)}."
            raise ValidationError({name[:60]: sentence})
        digits = text[:19]
        if not (text.isascii() and text.isdecimal() and len(text) < 20 and 1 <= int(digits) <= NUMBERS[name]):
            raise ValidationError({name: f"Expected a whole number from 1 to {NUMBERS[name]}."})
        asked[name] = int(digits)
    return asked


def _take(request: Request, job_id: int, index: int | None, name: str) -> Take:
    try:
        return source_take(user=user_of(request), ref=SourceRef(job_id, index))
    except SourceNotFound:
        raise NotFound(NOT_FOUND) from None
    except SourceUnfit as error:
        if sentences := error.errors.get("source_take"):
            raise ValidationError({name: list(sentences)}) from None
        raise


def _score(take: Take) -> dict[str, Any]:
    try:
        score = kept_score(take)
    except FileNotFoundError:
        score = None
    if score is None:
        raise SourceUnfit(
            f"Job {take.job_id} has no score, so its notes cannot be compared.", "engine_cannot"
        )
    return score
