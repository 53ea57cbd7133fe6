"""Drafts over HTTP: a song's lyrics and plan without a job; nothing is stored or charged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypedDict

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiomusic.engines.language_model.filling import needs_words
from audiomusic.engines.language_model.writer import WritingResult
from audiomusic.engines.studio.margin.outline import PlannedSectionBody, plan_instruments, plan_sections
from audiomusic.http.metadata import BriefMetadata
from audiomusic.http.openapi import answers
from jobs.api.serializers import DraftSerializer
from jobs.drafts.drafting import DraftedRequestBody, SongDraft, draft_make, song_request_of
from jobs.drafts.orders import words_order
from jobs.drafts.readings import UnderstoodBody


class DraftAnswerBody(TypedDict):
    """The plan of a song. `request` makes it; `not_applied` maps a wish or a parameter to the reason."""

    request: DraftedRequestBody
    title: str
    caption: str
    lyrics: str
    bpm: float
    keyscale: str
    timesignature: str
    duration: float
    vocal_language: str | None
    genre: str
    sections: list[PlannedSectionBody]
    instruments: list[str]
    understood: list[UnderstoodBody]
    not_understood: list[str]
    not_applied: dict[str, str]
    written_by: str | None


EXAMPLES = [
    OpenApiExample(
        "One sentence",
        value={"query": "a birthday song for my sister Mia, who loves cats and disco", "seed": 7},
        request_only=True,
    ),
    OpenApiExample(
        "Caption and lyrics",
        value={"caption": "slow waltz in D minor", "lyrics": "[Verse]\nThe tide is coming in", "seed": 7},
        request_only=True,
    ),
]


class DraftView(APIView):
    metadata_class = BriefMetadata  # type: ignore[assignment]  # the stubs ask for an instance
    throttle_scope = "draft"

    @extend_schema(
        summary=DraftSerializer.table.summary,
        description=(
            "Returns title, lyrics, key, tempo, metre, length, sections and instruments of the song, with "
            "what was understood of the request and what was not. `request` is a body for `POST "
            "/api/v1/music/text2music`; send it unchanged to make that song. Nothing is stored or charged. "
            "The same body with a `seed` gives the same draft."
        ),
        operation_id="draft",
        tags=["generation"],
        request=DraftSerializer,
        responses=answers(DraftAnswerBody),
        examples=EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        asked = DraftSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.generation_params()
        song = song_request_of(values)
        written = words_order(request=song) if needs_words(song) else WritingResult(None)
        song = replace(song, written=written.song)
        return Response(draft_body(draft_make(wishes=values, request=song, notes=written.notes)))


def draft_body(draft: SongDraft) -> dict[str, Any]:
    plan = draft.plan
    return {
        "request": draft.request,
        "title": plan.title,
        "caption": plan.caption,
        "lyrics": plan.lyrics,
        "bpm": plan.bpm,
        "keyscale": plan.key.name,
        "timesignature": plan.metre.name,
        "duration": plan.duration_s,
        "vocal_language": plan.language,
        "genre": plan.genre,
        "sections": plan_sections(plan),
        "instruments": plan_instruments(plan, draft.request["seed"]),
        "understood": draft.understood,
        "not_understood": draft.not_understood,
        "not_applied": draft.not_applied,
        "written_by": draft.written_by,
    }
