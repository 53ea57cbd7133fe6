"""The dispatcher: one message in, one message out, the same for HTTP and stdio and for both eras of the
protocol.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings

from audiomusic.mcp.caller import McpCaller, Refused
from audiomusic.mcp.prompts import PROMPTS
from audiomusic.mcp.protocol import (
    HANDSHAKE_VERSIONS,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    MODERN_VERSIONS,
    OLDEST_VERSION,
    REFUSED,
    RESOURCE_NOT_FOUND,
    SUPPORTED_VERSIONS,
    WITHOUT_LINKS,
    Message,
    ProtocolError,
)
from audiomusic.mcp.resources import TEMPLATES, resource_read, resources_of
from audiomusic.mcp.tools.registry import DESCRIPTIONS, tool_named, tools_of

log = logging.getLogger(__name__)

CACHED = {"ttlMs": 60_000, "cacheScope": "private"}  # the result depends on the key
NOT_CACHED = {"ttlMs": 0, "cacheScope": "private"}
CAPABILITIES: dict[str, Any] = {"tools": {}, "resources": {}, "prompts": {}}
INSTRUCTIONS = (
    "AudioMusic makes songs. Making a song costs credits: get_account says how many are left. Make "
    "(generate_music, "
    "or cover_music and its neighbours for a song that is there), then follow the job with check_job_status, "
    "with wait_s up to 25, until it is COMPLETED; its links open without a key and expire, so pass them on "
    "at once or ask again. If the user wants to change melody or words first, write the score with "
    "compose_music, show it with get_music_score, change it with revise_music_score, and record it with "
    "record_music_score. Refer to a song as job:ID, or as job:ID/take/N if it has several takes."
)
FAULT = "The server failed to answer. The error was logged."


def answer(message: Message, caller: McpCaller) -> dict[str, Any]:
    """Return the result of a request. `caller.version` is the request's protocol version. Raises
    ProtocolError.
    """
    is_modern = caller.version in MODERN_VERSIONS
    handlers = MODERN if is_modern else HANDSHAKE
    handler = handlers.get(message.method)
    if handler is None:
        raise ProtocolError(METHOD_NOT_FOUND, f"There is no method {message.method[:60]!r}.")
    try:
        result = handler(message.params, caller)
    except Refused as error:
        raise _protocol_error(error, is_modern) from None
    except ProtocolError:
        raise
    except Exception:
        log.exception("A message of the Model Context Protocol failed: %s", message.method[:60])
        raise ProtocolError(INTERNAL_ERROR, FAULT) from None
    if is_modern:
        return {"resultType": "complete", **result}
    return {name: value for name, value in result.items() if name not in CACHED}


def _protocol_error(error: Refused, is_modern: bool) -> ProtocolError:
    """Turn a refusal outside a tool into a protocol error."""
    code = REFUSED
    if error.status == 404:
        code = INVALID_PARAMS if is_modern else RESOURCE_NOT_FOUND
    elif error.status == 400:
        code = INVALID_PARAMS
    status = error.status if error.status in (403, 429, 503) else None
    return ProtocolError(code, error.sentence, {"code": error.code, **error.facts}, status=status)


def server_info() -> dict[str, str]:
    return {"name": "audiomusic", "title": "AudioMusic", "version": settings.VERSION}


def _initialize(params: Mapping[str, Any], caller: McpCaller) -> dict[str, Any]:
    asked = params.get("protocolVersion")
    if not isinstance(asked, str):
        raise ProtocolError(INVALID_PARAMS, "Expected protocolVersion to be a string.")
    known = (OLDEST_VERSION, *HANDSHAKE_VERSIONS)
    return {
        "protocolVersion": asked if asked in known else HANDSHAKE_VERSIONS[-1],
        "capabilities": CAPABILITIES,
        "serverInfo": server_info(),
        "instructions": INSTRUCTIONS,
    }


def _discover(params: Mapping[str, Any], caller: McpCaller) -> dict[str, Any]:
    return {
        "supportedVersions": list(SUPPORTED_VERSIONS),
        "capabilities": CAPABILITIES,
        "instructions": INSTRUCTIONS,
        "_meta": {"io.modelcontextprotocol/serverInfo": server_info()},
        **CACHED,
    }


def _ping(params: Mapping[str, Any], caller: McpCaller) -> dict[str, Any]:
    return {}


def _tools(params: Mapping[str, Any], caller: McpCaller) -> dict[str, Any]:
    caller.count_read()
    return {"tools": [DESCRIPTIONS[tool.name] for tool in tools_of(caller)], **CACHED}


def _call(params: Mapping[str, Any], caller: McpCaller) -> dict[str, Any]:
    """Call a tool. A refusal is a result, which the model can read to correct its arguments."""
    name, arguments = params.get("name"), params.get("arguments")
    tool = tool_named(name) if isinstance(name, str) else None
    if tool is None:
        caller.count_read()
        raise ProtocolError(INVALID_PARAMS, f"There is no tool {str(name)[:60]!r}.")
    if not isinstance(arguments, Mapping | None):
        raise ProtocolError(INVALID_PARAMS, "Expected arguments to be an object.")
    try:
        found = tool.call(caller, arguments or {})
    except Refused as error:
        return _refusal(error)
    except Exception:
        log.exception("A tool failed: %s", tool.name)
        return _refusal(Refused(FAULT, "server_error", 500))
    return found.result(has_links=caller.version not in WITHOUT_LINKS)


def _refusal(error: Refused) -> dict[str, Any]:
    facts = {"detail": error.sentence, "code": error.code, "status": error.status, **error.facts}
    text = f"{error.sentence} ({error.code})"
    return {"content": [{"type": "text", "text": text}], "structuredContent": facts, "isError": True}


def _resources(params: Mapping[str, Any], caller: McpCaller) -> dict[str, Any]:
    caller.count_read()
    return {"resources": resources_of(caller), **NOT_CACHED}


def _templates(params: Mapping[str, Any], caller: McpCaller) -> dict[str, Any]:
    caller.count_read()
    return {"resourceTemplates": TEMPLATES, **CACHED}


def _read(params: Mapping[str, Any], caller: McpCaller) -> dict[str, Any]:
    uri = params.get("uri")
    if not isinstance(uri, str):
        raise ProtocolError(INVALID_PARAMS, "Expected uri to be a string.")
    return {"contents": [resource_read(caller, uri)], **NOT_CACHED}


def _prompts(params: Mapping[str, Any], caller: McpCaller) -> dict[str, Any]:
    caller.count_read()
    return {"prompts": [prompt.describe() for prompt in PROMPTS.values()], **CACHED}


def _prompt(params: Mapping[str, Any], caller: McpCaller) -> dict[str, Any]:
    caller.count_read()
    prompt = PROMPTS.get(str(params.get("name")))
    arguments = params.get("arguments") or {}
    if prompt is None or not isinstance(arguments, Mapping):
        raise ProtocolError(INVALID_PARAMS, f"There is no prompt {str(params.get('name'))[:60]!r}.")
    return prompt.filled(arguments)


Handler = Callable[[Mapping[str, Any], McpCaller], dict[str, Any]]
BOTH: dict[str, Handler] = {
    "tools/list": _tools,
    "tools/call": _call,
    "resources/list": _resources,
    "resources/templates/list": _templates,
    "resources/read": _read,
    "prompts/list": _prompts,
    "prompts/get": _prompt,
}
HANDSHAKE: dict[str, Handler] = {"initialize": _initialize, "ping": _ping, **BOTH}
MODERN: dict[str, Handler] = {"server/discover": _discover, **BOTH}
