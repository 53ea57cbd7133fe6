"""Starting points for clients: genre presets and sample requests."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiomusic.http.openapi import answers
from presets.selectors import presets_by_name, sample_requests


class PresetBody(TypedDict):
    """The parameters that a preset sets; null leaves one to the plan."""

    label: str
    description: str
    genre: NotRequired[str | None]
    caption: NotRequired[str | None]
    bpm: NotRequired[float | None]
    keyscale: NotRequired[str | None]
    timesignature: NotRequired[str | None]
    vocal_language: NotRequired[str | None]
    duration: NotRequired[float | None]
    instrumental: NotRequired[bool | None]


class PresetsBody(TypedDict):
    genre_presets: dict[str, PresetBody]


class SampleRequestBody(TypedDict):
    title: str
    endpoint: str
    request: dict[str, Any]


class SampleDataBody(TypedDict):
    """Requests by task."""

    samples: dict[str, list[SampleRequestBody]]


class PresetsView(APIView):
    required_scopes = {"GET": "music:read"}

    @extend_schema(
        summary="Genre presets", tags=["music"], operation_id="list_presets", responses=answers(PresetsBody)
    )
    def get(self, request: Request) -> Response:
        return Response({"genre_presets": presets_by_name()})


class SampleDataView(APIView):
    required_scopes = {"GET": "music:read"}

    @extend_schema(
        summary="Requests ready to be sent",
        tags=["music"],
        operation_id="sample_data",
        responses=answers(SampleDataBody),
    )
    def get(self, request: Request) -> Response:
        return Response({"samples": sample_requests()})
