"""Request bodies that accept only their named fields."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from audiomusic.http.fields import echoed_names


class ClosedSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Rejects unknown fields."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := [name for name in data if name not in self.fields]):
            sentence = f"Unknown field; expected one of: {', '.join(self.fields)}."
            raise ValidationError({name: [sentence] for name in echoed_names(unknown)})
        return super().to_internal_value(data)


class ClosedSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    target_class = "library.api.closed_bodies.ClosedSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, "additionalProperties": False}


def read(serializer_class: type[ClosedSerializer], request: Request) -> Any:
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return serializer
