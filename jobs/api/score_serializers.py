"""Request bodies and queries of the score-first endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from rest_framework import serializers

from audiomusic.engines.notation.tune import MAX_BARS
from audiomusic.http.fields import got, read_number, value_errors_answered
from jobs.api.serializers import StrictSerializer
from jobs.specs import score_parameters as rows
from jobs.specs import spelling
from jobs.specs.parameters import Parameter

WORKFLOWS = ("generate", "plan", "edit", "revise")
WITH_DESCRIPTION = {
    "target_seconds": "the lyrics say how long the song is",
    "language": "the lyrics say in which language they are",
}


class BarsField(serializers.Field):  # type: ignore[type-arg]
    """A bar range, {"start": 9, "end": 16}: counted from 1, both ends included."""

    def to_internal_value(self, data: Any) -> tuple[int, int]:
        expected = f'Expected {{"start", "end"}} with 1 <= start <= end <= {MAX_BARS}'
        if not isinstance(data, Mapping) or set(data) != {"start", "end"}:
            raise serializers.ValidationError(f"{expected}, got {got(data)}.")
        with value_errors_answered():
            ends = [read_number(data[name], f"a whole number as {name}") for name in ("start", "end")]
        if not all(float(end).is_integer() for end in ends) or not 1 <= ends[0] <= ends[1] <= MAX_BARS:
            raise serializers.ValidationError(f"{expected}, got {got(ends[0])} and {got(ends[1])}.")
        return int(ends[0]), int(ends[1])

    def to_representation(self, value: Any) -> Any:
        return value


class ScoreSerializer(StrictSerializer):
    """The body of one score-first endpoint."""

    def wishes(self) -> dict[str, Any]:
        """Return what was really requested: nothing blank, and no lyrics for an instrumental."""
        wishes = {
            name: value for name, value in self.validated_data.items() if value is not None and value != ""
        }
        if spelling.is_instrumental_tag(wishes.get("lyrics", "")):
            del wishes["lyrics"]
        return wishes


class PlanSerializer(ScoreSerializer):
    parameters: tuple[Parameter, ...] = rows.PLAN

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        errors: dict[str, str] = {}
        is_described = attrs.get("description") is not None
        if is_described and not attrs["description"]:
            errors["description"] = "Expected text of 1 to 1000 characters, got only white space."
        if is_described and attrs.get("lyrics"):
            errors["description"] = "Expected description or lyrics, got both."
        if not is_described and not attrs.get("style"):
            errors["style"] = "Required, unless you send description instead: what the song should be."
        for name, reason in WITH_DESCRIPTION.items():
            if not is_described and attrs.get(name) is not None:
                errors[name] = f"Expected it only with a description: {reason}."
        if errors:
            raise serializers.ValidationError(errors)
        return attrs


class GenerateSerializer(ScoreSerializer):
    parameters: tuple[Parameter, ...] = rows.GENERATE


class ReviseSerializer(ScoreSerializer):
    parameters: tuple[Parameter, ...] = rows.REVISE

    def get_fields(self) -> dict[str, serializers.Field]:  # type: ignore[type-arg]
        return {**super().get_fields(), "bars": BarsField(required=False, allow_null=True)}

    def _by_own_names(self, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        left = {name: value for name, value in data.items() if name != "bars"}
        named, errors = super()._by_own_names(left)
        return {**named, **({"bars": data["bars"]} if "bars" in data else {})}, errors

    def _known(self) -> str:
        return f"{super()._known()}, bars"


class RecordSerializer(ScoreSerializer):
    parameters: tuple[Parameter, ...] = rows.RECORD

    def validate_abc(self, value: str | None) -> str | None:
        if value == "":
            raise serializers.ValidationError("Expected a whole score in ABC notation, or none at all.")
        return value


class ScoreListSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The query of the list."""

    skip = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)
    limit = serializers.IntegerField(
        min_value=1,
        max_value=100,
        default=50,
        error_messages=dict.fromkeys(("min_value", "max_value"), "Expected a whole number from 1 to 100."),
    )
    workflow = serializers.ChoiceField(
        choices=WORKFLOWS,
        required=False,
        error_messages={"invalid_choice": f"Expected one of {', '.join(WORKFLOWS)}, got {{input!r:.40}}."},
    )
    source_job_id = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        unknown = [name[:60] for name in data if name not in self.fields][:10]
        if unknown:
            known = ", ".join(self.fields)
            raise serializers.ValidationError(
                dict.fromkeys(unknown, f"Unknown parameter; expected one of: {known}.")
            )
        return cast(dict[str, Any], super().to_internal_value(data))
