"""What OPTIONS answers."""

from __future__ import annotations

from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request
from rest_framework.views import APIView


class BriefMetadata(SimpleMetadata):
    """Name, description and content types. Bodies are described by the OpenAPI schema, which also covers
    those that are no serializer with fields."""

    def determine_actions(self, request: Request, view: APIView) -> None:  # type: ignore[override]
        return None
