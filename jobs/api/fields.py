"""A row of the parameter table as a serializer field, and as a piece of the OpenAPI schema."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from jobs.api.parameters import Kind, Parameter
from jobs.api.readers import read, wanted

_JSON_TYPES: dict[Kind, str] = {"number": "number", "integer": "integer", "switch": "boolean"}


class ParameterField(serializers.Field):  # type: ignore[type-arg]
    """Reads one parameter, as its row says."""

    def __init__(self, parameter: Parameter) -> None:
        self.parameter = parameter
        super().__init__(
            required=parameter.is_required,
            allow_null=parameter.is_nullable,
            help_text=parameter.help,
            error_messages={
                "required": f"It is needed: {wanted(parameter)}.",
                "null": f"It may not be null: {wanted(parameter)} was wanted.",
            },
        )

    def to_internal_value(self, data: Any) -> Any:
        try:
            return read(self.parameter, data)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None

    def to_representation(self, value: Any) -> Any:
        return value


def schema_of(parameter: Parameter) -> dict[str, Any]:
    """The row as JSON Schema."""
    kind = _JSON_TYPES.get(parameter.kind, "string")
    is_text = kind == "string"
    low = parameter.auto if kind != "string" and parameter.auto is not None else parameter.minimum
    schema = {
        "type": [kind, "null"] if parameter.is_nullable else kind,
        "minLength" if is_text else "minimum": low,
        "maxLength" if is_text else "maximum": parameter.maximum,
        "enum": list(parameter.choices) if parameter.kind == "choice" else None,
        "default": parameter.default,
    }
    return {key: value for key, value in schema.items() if value is not None}


class ParameterFieldSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = "jobs.api.fields.ParameterField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        parameter: Parameter = self.target.parameter
        aliases = f" Also called {', '.join(parameter.aliases)}." if parameter.aliases else ""
        return {**schema_of(parameter), "description": parameter.help + aliases}
