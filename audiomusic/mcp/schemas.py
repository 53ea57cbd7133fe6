"""JSON Schema of the tools' arguments, derived from the tables that the API reads, so each limit is defined
only once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jobs.specs.parameters import MAX_ROW_ID, Parameter
from jobs.specs.validators import MAX_SEEDS

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = {
    "number": "number", "integer": "integer", "switch": "boolean", "seeds": "array",
}  # fmt: skip
_BOUNDS = {"number": ("minimum", "maximum"), "integer": ("minimum", "maximum")}
_LENGTHS = ("minLength", "maxLength")


def parameter_schema(parameter: Parameter) -> Schema:
    """Return the schema of one row. It omits the value that leaves the choice to the server (-1), because
    leaving the argument out means the same.
    """
    kind = _TYPES.get(parameter.kind, "string")
    schema: Schema = {"type": kind, "description": parameter.help}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    elif kind == "array":
        bounds = {"minimum": parameter.minimum, "maximum": parameter.maximum}
        schema |= {"items": {"type": "integer", **bounds}, "minItems": 1, "maxItems": MAX_SEEDS}
    elif kind != "boolean":
        names = _BOUNDS.get(kind, _LENGTHS)
        limits = dict(zip(names, (parameter.minimum, parameter.maximum), strict=True))
        schema |= {name: limit for name, limit in limits.items() if limit is not None}
    if parameter.default is not None and parameter.default != parameter.auto:
        schema["default"] = parameter.default
    return schema


def table_schema(rows: Iterable[Parameter], names: Mapping[str, str]) -> dict[str, Schema]:
    """Return the properties of the rows, under the names that tools use."""
    return {names.get(row.name, row.name): parameter_schema(row) for row in rows}


def object_schema(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    schema: Schema = {
        "$schema": DIALECT, "type": "object", "properties": dict(properties), "additionalProperties": False,
    }  # fmt: skip
    return schema | ({"required": names} if (names := list(required)) else {})


def answer_schema(properties: Mapping[str, Schema], required: Iterable[str]) -> Schema:
    """Return the schema of a tool's result. Later versions may add properties."""
    return {"type": "object", "properties": dict(properties), "required": list(required)}


def nullable(*types: str) -> Schema:
    return {"type": [*types, "null"]}


JOB_ID: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_ROW_ID, "description": "The job's number."}
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer"}
