"""Requests and responses of the job endpoints, for the OpenAPI schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from audiomusic.engines.theory import KEY_PATTERN, METRES
from audiomusic.http.openapi import ERROR, PAYMENT_REQUIRED, MessageBody, answers, nullable
from audiomusic.http.regex import LINK, SPACE, TEXT, TEXT_NOT_BLANK
from jobs.representations import JobBody
from jobs.specs.parameters import Kind, Parameter
from jobs.specs.score_parameters import BARS_SCHEMA
from jobs.specs.spelling import LANGUAGES
from presets.services import shipped_presets

_JSON_TYPES: dict[Kind, str] = {
    "number": "number", "integer": "integer", "switch": "boolean", "seeds": "array",
}  # fmt: skip
_LINK = f"^{SPACE}*({LINK})?{SPACE}*$"

#: The enums. A row of the kind "choice" has its own.
_WORDS: dict[Kind, list[str]] = {
    "choice": [],
    "word": [],
    "metre": list(METRES),
    "language": ["unknown", *sorted(LANGUAGES)],
    "preset": [row["name"] for row in shipped_presets()],
}


class JobAnswerBody(TypedDict):
    """The response of every endpoint that starts or stops a job."""

    job: JobBody
    message: str


JOB_ANSWER = answers(JobAnswerBody)
JOB_ALONE = answers(JobBody)
JOB_MESSAGE = answers(MessageBody)
NOT_MODIFIED = {304: OpenApiResponse(description="The response matches `If-None-Match`.")}
#: There is no room on the disk, or for the song in its owner's storage.
NO_ROOM = {413: ERROR, 503: ERROR}
GENERATED = JOB_ANSWER | PAYMENT_REQUIRED | NO_ROOM
CONFLICT = {409: ERROR}
UNAVAILABLE = {503: ERROR}
NOT_FOUND = {404: ERROR}
BAD_STATE = {400: ERROR}
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The ETag of the response you have."
)


def parameter_schema(parameter: Parameter) -> dict[str, Any]:
    """Return a row of the parameter table as JSON Schema."""
    schema = {"type": _JSON_TYPES.get(parameter.kind, "string"), **_bounds(parameter)}
    if parameter.is_nullable:
        schema = nullable(schema)
    if parameter.default is not None:
        schema["default"] = parameter.default
    return schema


def _bounds(parameter: Parameter) -> dict[str, Any]:
    """Return the constraints of its values, beyond their type."""
    match parameter.kind:
        case "number" | "integer":
            return _range(parameter)
        case "text":
            pattern = TEXT_NOT_BLANK if parameter.is_required else TEXT
            return {"maxLength": parameter.maximum, "pattern": pattern}
        case "lyrics":
            return {"maxLength": parameter.maximum, "pattern": TEXT, "x-text": "lyrics"}
        case "link":
            return {"maxLength": parameter.maximum, "pattern": _LINK}
        case "key":
            return {"pattern": rf"^\s*{KEY_PATTERN}\s*$"}
        case "adapter":
            # Staff register adapters while the server runs; an unknown name is a 400 that lists the existing
            # ones.
            return {"maxLength": parameter.maximum, "x-text": "adapters"}
        case "switch":
            return {}
        case "seeds":
            one = {"type": "integer", "minimum": parameter.minimum, "maximum": parameter.maximum}
            return {"items": one, "minItems": 1, "maxItems": 8}
    return {"enum": _WORDS[parameter.kind] or list(parameter.choices)}


def _range(parameter: Parameter) -> dict[str, Any]:
    """Return one range whose lower end is the automatic value: code generators turn it into a plain
    number."""
    low, auto = parameter.minimum, parameter.auto
    bounds = {"minimum": low if auto is None else auto, "maximum": parameter.maximum}
    if auto is None or low is None or (parameter.kind == "integer" and auto + 1 == low):
        return bounds
    return bounds | {"not": {"exclusiveMinimum": auto, "exclusiveMaximum": low}}


def body_schema(
    parameters: tuple[Parameter, ...],
    voice: str = "maybe",
    also_needed: tuple[tuple[str, ...], ...] = (),
) -> dict[str, Any]:
    """Return the schema of a request body: each parameter under any one of its names, and nothing else."""
    properties: dict[str, Any] = {}
    for parameter in parameters:
        properties[parameter.name] = parameter_schema(parameter) | {"description": parameter.help}
    for parameter in parameters:
        for alias in parameter.aliases:
            properties.setdefault(alias, _alias_of(parameter.name, properties[parameter.name]))
    if voice != "maybe" and "instrumental" in properties:
        # Not an enum of one: code generators make no constant of a nullable boolean.
        properties["instrumental"]["not"] = {"const": voice == "always"}
    needed = [parameter.all_names for parameter in parameters if parameter.is_required]
    body = {"type": "object", "properties": properties, "additionalProperties": False}
    return body | needing(*needed, *also_needed)


def _alias_of(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an alias, without the default: a client that sends every default would send the
    parameter twice."""
    bare = {word: value for word, value in schema.items() if word != "default"}
    return bare | {"description": f"Another name of `{name}`.", "x-alias-of": name}


def needing(*groups: Sequence[str]) -> dict[str, Any]:
    """Require one name of each group.

    Expressed as conditions, which code generators ignore: they turn `anyOf` into a body of any shape, and
    from `allOf` openapi-generator makes Python that does not import.
    """
    alone = [group[0] for group in groups if len(group) == 1]
    rules = [_needing_one(*group) for group in {frozenset(g): g for g in groups if len(g) > 1}.values()]
    return ({"required": alone} if alone else {}) | _together(rules)


def _together(rules: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Nest all conditions, one inside the other."""
    if len(rules) < 2:
        return dict(rules[0]) if rules else {}
    first, others = rules[0], _together(rules[1:])
    return {"if": first["if"], "then": first["then"] | others, "else": others}


def _needing_one(name: str, *others: str) -> dict[str, Any]:
    return {
        "if": {"not": {"anyOf": [{"required": [other]} for other in others]}},
        "then": {"required": [name]},
    }


class GenerationSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    target_class = "jobs.api.serializers.GenerationSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return body_schema(self.target.parameters, self.target.table.voice)


class DraftSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """The body of a draft: a wish, as a sentence or as a caption."""

    target_class = "jobs.api.serializers.DraftSerializer"
    priority = 1  # takes precedence over its base class's extension

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        schema = body_schema(self.target.parameters)
        names = ("query", "caption", "prompt")
        for name in names:
            schema["properties"][name]["pattern"] = TEXT_NOT_BLANK
            schema["properties"][name].pop("default", None)
        return schema | needing(names)


class ExtractSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """A song under either name; the serializer checks, with a clear error, that one part or all are
    requested."""

    target_class = "jobs.api.serializers.ToolSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return body_schema(self.target.parameters, also_needed=(self.target.source_names,))


class ScoreSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """A body of a score-first endpoint: the required fields, and for a plan its style or its description."""

    target_class = "jobs.api.score_serializers.ScoreSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        rows = self.target.parameters
        schema = body_schema(rows)
        for name in {"style", "abc", "description"} & schema["properties"].keys():
            schema["properties"][name]["pattern"] = TEXT_NOT_BLANK
        if "description" in schema["properties"]:
            said = {
                name: {"required": [name], "properties": {name: {"type": "string"}}}
                for name in ("style", "description")
            }
            schema |= {"if": {"not": said["description"]}, "then": said["style"]}
        if "instruction" in schema["properties"]:
            schema["properties"]["bars"] = dict(BARS_SCHEMA)
        return schema


class JobPatchSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    target_class = "jobs.api.serializers.JobPatchSerializer"

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        schema = body_schema(self.target.parameters)
        name = schema["properties"]["display_name"]
        title = next(each for each in self.target.parameters if each.name == "display_name")
        name.update(parameter_schema(title.required()))  # optional, but not empty
        return schema | {"minProperties": 1}
