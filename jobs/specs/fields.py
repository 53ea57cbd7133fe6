"""A serializer field for a row of the parameter table."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from audiomusic.http.fields import value_errors_answered
from jobs.specs.parameters import Parameter
from jobs.specs.validators import expected, read


class ParameterField(serializers.Field):  # type: ignore[type-arg]
    """Validates one parameter according to its row."""

    def __init__(self, parameter: Parameter) -> None:
        self.parameter = parameter
        super().__init__(
            required=parameter.is_required,
            allow_null=parameter.is_nullable,
            help_text=parameter.help,
            error_messages={
                "required": f"Required: {expected(parameter)}.",
                "null": f"It must not be null: expected {expected(parameter)}.",
            },
        )

    def to_internal_value(self, data: Any) -> Any:
        with value_errors_answered():
            return read(self.parameter, data)

    def to_representation(self, value: Any) -> Any:
        return value
