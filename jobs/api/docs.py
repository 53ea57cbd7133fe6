"""/api/docs: the API reference as a readable page, generated from the schema alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from audiomusic.http.openapi import METHODS, KeptGenerator
from jobs.storage.links import site_url
from presets.selectors import sample_requests

Schema = dict[str, Any]
MAX_WORDS = 16  # of an enum, before it is shortened
JSON = "application/json"


@dataclass(frozen=True)
class FieldRow:
    """A parameter, or a field of an object."""

    name: str
    kind: str
    allowed: str
    default: str
    text: str
    place: str = ""  # path, query, header, body
    is_required: bool = False
    object: str = ""  # name of the component that it contains


@dataclass(frozen=True)
class DocumentedResponse:
    status: str
    text: str
    kind: str
    object: str


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    text: str
    rows: list[FieldRow]
    answers: list[DocumentedResponse]
    is_public: bool
    example: str  # a JSON body, or ""


@dataclass(frozen=True)
class Group:
    name: str
    text: str
    operations: list[Operation]


@dataclass(frozen=True)
class Object:
    name: str
    text: str
    rows: list[FieldRow]


@dataclass(frozen=True)
class Docs:
    groups: list[Group]
    objects: list[Object]


@require_safe
def docs_view(request: HttpRequest) -> HttpResponse:
    context = {"docs": read_docs(), "base_url": site_url(request), "version": settings.VERSION}
    return render(request, "api/docs.html", context)


@cache
def read_docs() -> Docs:
    """Return the page's content; it stays the same while the server runs."""
    schema = KeptGenerator().get_schema()  # type: ignore[no-untyped-call]  # drf-spectacular's own
    components = schema["components"]["schemas"]
    operations = [
        (operation["tags"][0], _operation(path, method, operation, components))
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    groups = [
        Group(tag["name"], tag["description"], [found for name, found in operations if name == tag["name"]])
        for tag in schema["tags"]
    ]
    bodies = {row.object for group in groups for each in group.operations for row in each.rows}
    return Docs(groups, [_object(name, components[name]) for name in components if name not in bodies])


def _operation(path: str, method: str, operation: Schema, components: Schema) -> Operation:
    body = operation.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema", {})
    body = components.get(_name_of(body), body)
    rows = [_parameter(parameter) for parameter in operation.get("parameters", [])]
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary") or operation["operationId"],
        text=_text(operation.get("description", "")),
        rows=[*rows, *_fields(body, place="body")],
        answers=[_answer(status, answer) for status, answer in operation["responses"].items()],
        is_public=not operation.get("security"),
        example=_example(path, body),
    )


def _parameter(parameter: Schema) -> FieldRow:
    schema = parameter["schema"]
    return FieldRow(
        name=parameter["name"],
        kind=_kind(schema),
        allowed=_allowed(schema),
        default=_default(schema),
        text=_text(parameter.get("description", "")),
        place=parameter["in"],
        is_required=parameter.get("required", False),
    )


def _fields(schema: Schema, place: str = "") -> Iterator[FieldRow]:
    either: list[str] = []
    rule = schema
    while "then" in rule:  # nested conditions: `jobs.api.openapi.needing`
        either += rule["then"].get("required", [])
        rule = rule.get("else", {})
    for name, field in schema.get("properties", {}).items():
        if "x-alias-of" in field:
            continue
        others = [other for other, each in schema["properties"].items() if each.get("x-alias-of") == name]
        also = f" Also called {', '.join(others)}." if others else ""
        yield FieldRow(
            name=name,
            kind=_kind(field),
            allowed=_allowed(field),
            default=_default(field),
            text=_text(field.get("description", "") + also),
            place=place,
            is_required=name in schema.get("required", []) or name in either,
            object=_name_of(field) or _name_of(field.get("items", {})),
        )


def _object(name: str, schema: Schema) -> Object:
    return Object(name, _text(schema.get("description", "")), list(_fields(schema)))


def _answer(status: str, answer: Schema) -> DocumentedResponse:
    schema = answer.get("content", {}).get(JSON, {}).get("schema", {})
    name = _name_of(schema) or _name_of(schema.get("items", {}))
    return DocumentedResponse(status, _text(answer["description"]), _kind(schema) if schema else "", name)


def _text(words: str) -> SafeString:
    """Return a description as HTML, with backticks as code."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(words)))


def _name_of(schema: Schema) -> str:
    """Return the name of the component that a schema refers to."""
    reference: str = schema.get("$ref", "")
    return reference.rpartition("/")[2]


def _choices(schema: Schema) -> list[Schema]:
    choices: list[Schema] = schema.get("anyOf") or schema.get("oneOf") or []
    return choices


def _kind(schema: Schema) -> str:
    """Return the type in words: 'number or null', 'list of Take', 'Job'."""
    if "$ref" in schema:
        return _name_of(schema)
    if "type" not in schema and (choices := _choices(schema)):
        return " or ".join(dict.fromkeys(map(_kind, choices)))
    kinds = schema.get("type", "text" if "enum" in schema else "anything")
    words = [_word(kind, schema) for kind in (kinds if isinstance(kinds, list) else [kinds])]
    return " or ".join(words)


def _word(kind: str, schema: Schema) -> str:
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(kind, kind)


def _allowed(schema: Schema) -> str:
    """Return the allowed values: '1 to 8', '-1, or 1 to 600', 'up to 2048 characters', or the members of the
    enum."""
    if "enum" in schema:
        return _some([word for word in schema["enum"] if word not in (None, "")])
    if "const" in schema:
        return str(schema["const"])
    if choices := _choices(schema):
        return ", or ".join(filter(None, map(_allowed, choices)))
    if "items" in schema:
        return _allowed(schema["items"])
    low, high, gap = schema.get("minimum"), schema.get("maximum"), schema.get("not", {})
    if "const" in gap:  # of a switch
        return _some([not gap["const"]])
    if gap:
        return f"{low:.10g}, or {gap['exclusiveMaximum']:.10g} to {high:.10g}"
    if low is not None and high is not None:
        return f"{low:.10g} to {high:.10g}"
    if low is not None:
        return f"from {low:.10g}"
    return f"up to {schema['maxLength']} characters" if "maxLength" in schema else ""


def _some(words: list[Any]) -> str:
    shown = ", ".join(json.dumps(word) if isinstance(word, bool) else str(word) for word in words[:MAX_WORDS])
    return f"{shown} … ({len(words)})" if len(words) > MAX_WORDS else shown


def _default(schema: Schema) -> str:
    return json.dumps(schema["default"]) if "default" in schema else ""


def _example(path: str, body: Schema) -> str:
    """Return a valid body, quoted for a shell: the shipped sample of that task, or the required fields."""
    if not body:
        return ""
    samples = sample_requests().get(path.rpartition("/")[2])
    names = [row.name for row in _fields(body) if row.is_required] or list(body["properties"])[:1]
    request = samples[0]["request"] if samples else {n: _sample(body["properties"][n]) for n in names}
    return json.dumps(request, ensure_ascii=False, indent=2).replace("'", r"'\''")


def _sample(schema: Schema) -> Any:
    schema = next(iter(_choices(schema)), schema)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") in ("integer", "number"):
        return 60
    return "…"
