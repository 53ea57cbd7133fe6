"""The response to OPTIONS."""

from __future__ import annotations

from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request
from rest_framework.views import APIView


class BriefMetadata(SimpleMetadata):
    """The name, description and content types. The OpenAPI schema describes the bodies, including those that
    are not serializers with fields.
    """

    def determine_actions(self, request: Request, view: APIView) -> None:  # type: ignore[override]
        return None
