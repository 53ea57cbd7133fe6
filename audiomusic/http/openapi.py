"""Additions to the OpenAPI schema: bodies from type hints, error responses, headers.

A body that is built by hand is a TypedDict. `body_ref` makes a closed component of it, so a field without a
hint is an error. `finish`, drf-spectacular's last step, adds what all operations share, so no view has to
repeat it.
"""

from __future__ import annotations

import types
from enum import Enum
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    TypedDict,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from audiomusic.http.fields import TextField
from audiomusic.http.regex import NOT_NUL, NOT_SPACE, TEXT, TEXT_NOT_BLANK

NOT_BLANK = f"^{NOT_NUL}*{NOT_SPACE}{NOT_NUL}*$"
JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
JSON = "application/json"
METHODS = ("get", "post", "put", "patch", "delete")

#: Names for operations whose view has several URLs and so cannot name them itself.
OPERATION_NAMES = {
    "jobs_retrieve": "poll_job",
    "music_jobs_retrieve": "get_job",
    "music_jobs_status_retrieve": "job_status",
}

_bodies: dict[str, dict[str, Any]] = {}


class Facts(dict[str, Any]):
    """JSON Schema keywords that a type hint cannot express: `Annotated[int, Facts(minimum=1)]`."""

    __hash__ = object.__hash__  # type: ignore[assignment]  # typing wants it


def schema_of(hint: Any) -> dict[str, Any]:
    """Return the JSON Schema of a type hint."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return {}
    if is_typeddict(hint):
        return body_ref(hint)
    if hint in JSON_TYPES:
        return {"type": JSON_TYPES[hint]}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"type": "string", "enum": [str(member.value) for member in hint]}
    if origin is Annotated:
        return schema_of(arguments[0]) | {k: v for extra in arguments[1:] for k, v in extra.items()}
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin is NotRequired:
        return schema_of(arguments[0])
    if origin is list:
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(arguments[1])}
    if origin in (Union, types.UnionType):
        return _any_of([schema_of(argument) for argument in arguments])
    raise TypeError(f"expected a hint that JSON Schema knows, got {hint!r}")


def _any_of(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a choice of schemas; `str | None` becomes one schema with two types where that is the same."""
    others = [schema for schema in schemas if schema != {"type": "null"}]
    if len(others) == 1 and len(schemas) == 2 and isinstance(others[0].get("type"), str):
        return nullable(others[0])
    if len(others) > 1 and len(others) < len(schemas) and isinstance(others[0].get("type"), str):
        return {"anyOf": [nullable(others[0]), *others[1:]]}  # some generators know no null as a choice
    return {"oneOf" if len(others) == 1 else "anyOf": schemas}


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema, or null. Null stands beside an enum, not in it, because generators name a constant
    after each value.
    """
    if "enum" in schema:
        return {"oneOf": [schema, {"type": "null"}]}
    return schema | {"type": [schema["type"], "null"]}


def body_ref(body: Any) -> dict[str, Any]:
    """Return a reference to the component made from a TypedDict, named after it: JobBody -> Job."""
    name = body.__name__.removesuffix("Body")
    if name not in _bodies:
        _bodies[name] = {}  # so that a body may contain itself
        hints = get_type_hints(body, include_extras=True)
        _bodies[name] = {
            "type": "object",
            "properties": {field: schema_of(hint) for field, hint in hints.items()},
            "required": [
                field
                for field, hint in hints.items()
                if body.__total__ and get_origin(hint) is not NotRequired
            ],
            "additionalProperties": False,
        }
        if body.__doc__:
            _bodies[name]["description"] = " ".join(body.__doc__.split())
    return {"$ref": f"#/components/schemas/{name}"}


def answers(body: Any) -> dict[int, dict[str, Any]]:
    """Return the responses of an operation that returns 200 with this body."""
    return {200: schema_of(body)}


class ErrorBody(TypedDict):
    """Every error: a sentence for people, a code for programs, and sentences for each invalid field."""

    detail: str
    code: Annotated[str, Facts(pattern="^[a-z0-9_]+$")]
    errors: NotRequired[dict[str, list[str]]]


class PaymentRequiredBody(TypedDict):
    """The amount needed and the amount left. One credit equals one cent."""

    detail: str
    code: Literal["insufficient_credits"]
    required_cents: int
    available_cents: int
    required_credits: int
    available_credits: int


class MessageBody(TypedDict):
    message: str


ERROR = body_ref(ErrorBody)
PAYMENT_REQUIRED = {402: body_ref(PaymentRequiredBody)}

#: Status -> when it occurs. Views describe those that are specific to them.
REFUSALS = {
    "400": "The request is not valid; `errors` says why.",
    "401": "The credentials are missing or not valid.",
    "402": "There are not enough credits.",
    "403": "The API key lacks the scope for this.",
    "404": "The object does not exist, or belongs to another user.",
    "409": "The object is in a state that does not allow this.",
    "413": "The body is too large, or (`storage_full`) your storage is full.",
    "415": "The body has an unsupported content type.",
    "422": "The Idempotency-Key was used with a different request.",
    "429": "Too many calls; `Retry-After` says when to continue.",
    "503": "The server's disk is almost full (`disk_full`); `Retry-After` says when to try again.",
}

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[!-~]([ -~]*[!-~])?$"},
    OpenApiParameter.HEADER,
    description=(
        "Makes it safe to repeat the request: for 24 hours the same key with the same request returns the "
        "first response, marked by the header `Idempotent-Replayed`."
    ),
)

TOTAL_COUNT = OpenApiParameter(
    "X-Total-Count",
    {"type": "integer", "minimum": 0},
    OpenApiParameter.HEADER,
    response=[200],
    description="The total number, across all pages.",
)

SECONDS = {"type": "integer", "minimum": 1}
HEADERS = {
    "RateLimitLimit": ("Calls allowed in the time window.", {"type": "integer", "minimum": 1}),
    "RateLimitRemaining": ("Calls left in this window.", {"type": "integer", "minimum": 0}),
    "RateLimitReset": ("Seconds until the window closes.", SECONDS),
    "RetryAfter": ("Seconds to wait.", SECONDS),
    "IdempotentReplayed": ("This is the response to an earlier request.", {"const": "true"}),
}
RATE_LIMIT_HEADERS = {
    "X-RateLimit-Limit": "RateLimitLimit",
    "X-RateLimit-Remaining": "RateLimitRemaining",
    "X-RateLimit-Reset": "RateLimitReset",
}


class KeptGenerator(SchemaGenerator):
    """Generates the schema once: it does not change while the server runs, and generating it takes 0.3 s."""

    _kept: dict[str, Any] | None = None

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        if KeptGenerator._kept is None:
            KeptGenerator._kept = super().get_schema(  # type: ignore[no-untyped-call]
                request=None, public=True
            )
        return KeptGenerator._kept


class ApiSchema(AutoSchema):
    """drf-spectacular's reading of serializers, plus what it omits about texts and lists."""

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        schema = super()._map_serializer_field(  # type: ignore[no-untyped-call]
            field, direction, bypass_extensions
        )
        if getattr(field.parent, "partial", False) or self.method == "PATCH":
            schema.pop("default", None)  # PATCH leaves an omitted field unchanged
        if isinstance(field, TextField) and direction == "request":
            schema["pattern"] = TEXT if field.allow_blank else TEXT_NOT_BLANK
        elif isinstance(field, serializers.CharField) and direction == "request" and not field.allow_blank:
            schema["pattern"] = NOT_BLANK if field.trim_whitespace else f"^{NOT_NUL}+$"
        elif isinstance(field, serializers.CharField) and direction == "request":
            schema["pattern"] = f"^{NOT_NUL}*$"
        if isinstance(field, serializers.ListField) and not field.allow_empty:
            schema["minItems"] = 1
        if None in schema.get("enum", ()):
            words = [word for word in schema.pop("enum") if word is not None]
            schema = {name: fact for name, fact in schema.items() if name not in ("type", "oneOf")}
            schema |= nullable({"type": "string", "enum": words})
        return schema

    def _insert_field_validators(self, field: Any, schema: dict[str, Any]) -> None:
        """Describe a text that may be blank as one text: in a `oneOf`, a blank that also matches the pattern
        would be refused.
        """
        super()._insert_field_validators(field, schema)  # type: ignore[no-untyped-call]
        if getattr(field, "allow_blank", False):
            text, *_ = schema.pop("oneOf", [{}])
            schema.update(text)

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Don't wrap the list of a viewset with `list_is_object` in an array: it is in an object."""
        is_object = getattr(self.view, "list_is_object", False)
        return not is_object and bool(super()._is_list_view(serializer))


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add to every operation what all operations share, and the components for it."""
    for path in result["paths"].values():
        for method in METHODS:
            if method in path:
                _finish_operation(path[method])
    components = result["components"]
    of_serializers = components.get("schemas", {})
    if twice := sorted(of_serializers.keys() & _bodies.keys()):
        raise ValueError(f"expected a name for each body, got two that are called {', '.join(twice)}")
    components["schemas"] = dict(sorted((of_serializers | _bodies).items()))
    components["headers"] = {
        name: {"description": text, "schema": schema} for name, (text, schema) in HEADERS.items()
    }
    return result


def _finish_operation(operation: dict[str, Any]) -> None:
    name = operation["operationId"].removeprefix("v1_")
    operation["operationId"] = OPERATION_NAMES.get(name, name)
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
        content = operation["requestBody"]["content"]
        if JSON in content:  # forms are accepted too, but one type makes one method in a generated client
            operation["requestBody"]["content"] = {JSON: content[JSON]}
    responses = operation["responses"]
    is_idempotent = any(each["name"] == IDEMPOTENCY_KEY.name for each in operation.get("parameters", []))
    for status in _common_refusals(operation, is_idempotent):
        responses.setdefault(status, {"content": {JSON: {"schema": ERROR}}})
    for status, response in responses.items():
        if not response.get("description"):
            response["description"] = REFUSALS.get(status, "")
        headers = dict(RATE_LIMIT_HEADERS) if status not in ("401", "403") else {}
        if status in ("429", "503") or (status == "409" and is_idempotent):
            headers["Retry-After"] = "RetryAfter"
        if status[0] == "2" and is_idempotent:
            headers["Idempotent-Replayed"] = "IdempotentReplayed"
        response.setdefault("headers", {}).update(
            {name: {"$ref": f"#/components/headers/{component}"} for name, component in headers.items()}
        )
    operation["responses"] = dict(sorted(responses.items()))


def _common_refusals(operation: dict[str, Any], is_idempotent: bool) -> list[str]:
    places = {parameter["in"] for parameter in operation.get("parameters", [])}
    has_body = "requestBody" in operation
    found = {
        "400": has_body or is_idempotent or "query" in places,
        "401": bool(operation.get("security")),
        "403": bool(operation.get("security")),
        "404": "path" in places,
        "409": is_idempotent,
        "413": has_body,
        "415": has_body,
        "422": is_idempotent,
        "429": True,
    }
    return [status for status, comes in found.items() if comes]
