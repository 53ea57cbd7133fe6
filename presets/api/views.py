"""What a client can start from: genre presets and requests ready to be sent."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from presets.selectors import presets_by_name, sample_requests


class PresetsView(APIView):
    required_scopes = {"GET": "music:read"}

    @extend_schema(summary="Genre presets", tags=["music"], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        return Response({"genre_presets": presets_by_name()})


class SampleDataView(APIView):
    required_scopes = {"GET": "music:read"}

    @extend_schema(summary="Requests ready to be sent", tags=["music"], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        return Response({"samples": sample_requests()})
