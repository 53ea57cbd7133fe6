"""The definition of a tool: its arguments, its result, the scope it needs, and the function that runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from audiomusic.mcp.caller import READ_SCOPE, McpCaller, Refused
from audiomusic.mcp.schemas import Schema, object_schema, table_schema
from jobs.specs.parameters import Parameter
from jobs.specs.validators import expected, read

Arguments = Mapping[str, Any]
MAX_TEXT_CHARS = 2000  # of each result's text, which a model reads
MAX_SHOWN_NAMES, MAX_SHOWN_CHARS = 10, 60


@dataclass(frozen=True)
class ToolAnswer:
    """A tool's result: `text` is what a model reads first, with the next step; `data` is the whole result;
    `items` are links and files.
    """

    text: str
    data: Mapping[str, Any]
    items: tuple[dict[str, Any], ...] = ()

    def result(self, *, has_links: bool) -> dict[str, Any]:
        items = [item for item in self.items if has_links or item["type"] != "resource_link"]
        return {
            "content": [{"type": "text", "text": self.text[:MAX_TEXT_CHARS]}, *items],
            "structuredContent": dict(self.data),
            "isError": False,
        }


@dataclass(frozen=True)
class Hints:
    """What a client may show its user before the call. No tool reaches beyond this server."""

    reads_only: bool = False
    destroys: bool = False
    is_repeatable: bool = False

    def annotations(self, title: str) -> dict[str, Any]:
        found: dict[str, Any] = {"title": title, "readOnlyHint": self.reads_only, "openWorldHint": False}
        if not self.reads_only:
            found |= {"destructiveHint": self.destroys, "idempotentHint": self.is_repeatable}
        return found


READS = Hints(reads_only=True)
MAKES = Hints()


@dataclass(frozen=True)
class Tool:
    """A tool. `names` maps the API's name of a parameter to the tool's name. `more` has properties without a
    table row, which the API validates.
    """

    name: str
    title: str
    description: str
    run: Callable[[McpCaller, Arguments], ToolAnswer]
    output: Schema
    parameters: tuple[Parameter, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Schema] = field(default_factory=dict)
    scope: str = READ_SCOPE
    hints: Hints = READS
    is_score_first: bool = False

    @property
    def is_offered(self) -> bool:
        return settings.SCORE_FIRST == "on" or not self.is_score_first

    @property
    def argument_names(self) -> tuple[str, ...]:
        return (*(self.names.get(row.name, row.name) for row in self.parameters), *self.more)

    def describe(self) -> dict[str, Any]:
        required = [self.names.get(row.name, row.name) for row in self.parameters if row.is_required]
        properties = table_schema(self.parameters, self.names) | dict(self.more)
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": object_schema(properties, required),
            "outputSchema": self.output,
            "annotations": self.hints.annotations(self.title),
        }

    def call(self, caller: McpCaller, arguments: Arguments) -> ToolAnswer:
        """Run the tool. Raises Refused."""
        caller.check_scope(self.scope)
        if unknown := [name for name in arguments if name not in self.argument_names]:
            known = ", ".join(self.argument_names) or "none"
            sentence = f"Unknown argument; expected one of: {known}."
            raise invalid({name[:MAX_SHOWN_CHARS]: sentence for name in unknown[:MAX_SHOWN_NAMES]})
        try:
            return self.run(caller, arguments)
        except Refused as error:
            raise renamed(error, self.names) from None


def invalid(errors: Mapping[str, str]) -> Refused:
    """Return a refusal as the API refuses an invalid body."""
    name, sentence = next(iter(errors.items()))
    facts = {"errors": {name: [sentence] for name, sentence in errors.items()}}
    return Refused(f"{name}: {sentence}", "invalid", 400, facts)


def value_of(arguments: Arguments, parameter: Parameter) -> Any:
    """Return an argument that the tool reads itself, or the parameter's default. Raises Refused."""
    value = arguments.get(parameter.name)
    if value is None:
        if parameter.is_required:
            raise invalid({parameter.name: f"Required: {expected(parameter)}."})
        return parameter.default
    try:
        return read(parameter, value)
    except ValueError as error:
        raise invalid({parameter.name: str(error)}) from None


def renamed(error: Refused, names: Mapping[str, str]) -> Refused:
    """Replace the API's parameter names in a refusal with the tool's own."""
    for known, shown in names.items():
        if error.sentence.startswith(f"{known}: "):
            error.sentence = f"{shown}{error.sentence[len(known) :]}"
            break
    errors = error.facts.get("errors")
    if isinstance(errors, Mapping):
        error.facts["errors"] = {names.get(name, name): sentences for name, sentences in errors.items()}
    return error
