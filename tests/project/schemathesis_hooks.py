"""Rules that schemathesis needs beyond the schema. It imports this file itself, without Django.

JSON Schema cannot express that two numbers are ordered, that two names mean one parameter, or that a moment
lies in the future: `before_call` enforces these rules on bodies that are meant to be valid.
"""

import os

import schemathesis
from hypothesis import strategies as st

OWN_KEY_ID = os.environ["OWN_KEY_ID"]

schemathesis.openapi.format(
    "lyrics", st.from_regex(r"\A(\[(verse|chorus)\]\n)?[a-zäé]+( [a-z]+){0,4}(\n[a-z]+ [a-z]+)?\Z")
)
schemathesis.openapi.format("adapters", st.just(""))  # none is registered on that server


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Turn `x-text` into a format. In the schema itself, client generators would warn of an unknown one."""
    for body in raw_schema["components"]["schemas"].values():
        for field in body.get("properties", {}).values():
            if "x-text" in field:
                field["format"] = field.pop("x-text")


def aliases_of(case):
    """Map each alias to the parameter's own name."""
    schemas = case.operation.schema.raw_schema["components"]["schemas"].values()
    return {
        name: field["x-alias-of"]
        for schema in schemas
        for name, field in schema.get("properties", {}).items()
        if isinstance(field, dict) and "x-alias-of" in field
    }


def make_valid(body, aliases):
    for name in list(body):
        if name in aliases and aliases[name] in body:
            del body[name]
    prompts = [name for name in ("caption", "prompt") if name in body]
    if "query" in body or len(prompts) == 2:
        for name in ("prompt", "caption") if "query" in body else ("prompt",):
            body.pop(name, None)
    low, high = body.get("cfg_interval_start", 0), body.get("cfg_interval_end", 1)
    if low > high:
        body["cfg_interval_start"], body["cfg_interval_end"] = high, low
    if body.get("expires_at") is not None:
        body["expires_at"] = "2999-01-01T00:00:00Z"
        body.pop("expires_in_days", None)


@schemathesis.hook
def before_call(context, case, kwargs):
    is_revoking = case.operation.label == "DELETE /api/v1/auth/api-keys/{id}"
    if is_revoking and str(case.path_parameters.get("id")) == OWN_KEY_ID:
        case.path_parameters["id"] = 0  # or this run would delete its own key
    if isinstance(case.body, dict) and case.meta and case.meta.generation.mode.is_positive:
        make_valid(case.body, aliases_of(case))
