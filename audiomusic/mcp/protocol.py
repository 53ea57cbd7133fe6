"""JSON-RPC and the two eras of the protocol: validation of a message before it is handled.

Up to 2025-11-25 a client first sends `initialize`; since 2026-07-28 each message is self-contained, with its
metadata in `params._meta` and in headers. The server answers both without keeping state per client.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = (
    -32700, -32600, -32601, -32602, -32603,
)  # fmt: skip
REFUSED = -32000  # in the range reserved for servers; the reason is in `data.code`
RESOURCE_NOT_FOUND = -32002  # in the handshake era; replaced by INVALID_PARAMS since then
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022

#: Its own HTTP transport is not supported, but the first clients of today's transport request this version
#: all the same and know no newer one.
OLDEST_VERSION = "2024-11-05"
HANDSHAKE_VERSIONS = ("2025-03-26", "2025-06-18", "2025-11-25")
MODERN_VERSIONS = ("2026-07-28",)
SUPPORTED_VERSIONS = (*MODERN_VERSIONS, *reversed(HANDSHAKE_VERSIONS))
UNSAID_VERSION = HANDSHAKE_VERSIONS[0]  # assumed for a client that sends no header
WITHOUT_LINKS = (OLDEST_VERSION, "2025-03-26")  # versions whose results have no resource_link

META = "io.modelcontextprotocol/"
NAMED_PARAMETER = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
HTTP_STATUSES = {METHOD_NOT_FOUND: 404, INTERNAL_ERROR: 500}  # of errors in the modern era; others: 400
_ENCODED = re.compile(r"=\?base64\?([A-Za-z0-9+/=]*)\?=")


class ProtocolError(Exception):
    """A JSON-RPC error. `status` is the HTTP status if it differs from the error's usual one."""

    def __init__(
        self, code: int, message: str, data: Mapping[str, Any] | None = None, *, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.data, self.status = code, message, data, status

    def body(self, message_id: Any = None) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.data is not None:
            error["data"] = dict(self.data)
        return {"jsonrpc": "2.0", "id": message_id, "error": error}


@dataclass(frozen=True)
class Message:
    """A request, or a notification, which has no `id` and gets no response."""

    method: str
    params: Mapping[str, Any]
    id: str | int | None = None

    @property
    def is_notification(self) -> bool:
        return self.id is None

    @property
    def meta(self) -> Mapping[str, Any]:
        meta = self.params.get("_meta")
        return meta if isinstance(meta, Mapping) else {}

    @property
    def is_modern(self) -> bool:
        return f"{META}protocolVersion" in self.meta or self.method == "server/discover"


def id_of(body: Any) -> str | int | None:
    """Return the ID for the response to this message, if it has one."""
    found = body.get("id") if isinstance(body, Mapping) else None
    return found if isinstance(found, str | int) and not isinstance(found, bool) else None


def read_message(body: Any) -> Message | None:
    """Return the message, or None for a response to a request, which this server never sends. Raises
    ProtocolError.
    """
    if isinstance(body, list):
        raise ProtocolError(
            INVALID_REQUEST, "Expected one message, got a batch, which the protocol no longer supports."
        )
    if not isinstance(body, Mapping) or body.get("jsonrpc") != "2.0":
        raise ProtocolError(INVALID_REQUEST, 'Expected a JSON-RPC message with "jsonrpc": "2.0".')
    if "method" not in body and ("result" in body or "error" in body):
        return None
    method, params = body.get("method"), body.get("params", {})
    if not isinstance(method, str):
        raise ProtocolError(INVALID_REQUEST, "Expected the name of a method as a string.")
    if not isinstance(params, Mapping):
        raise ProtocolError(INVALID_PARAMS, "Expected params to be an object.")
    if "id" in body and id_of(body) is None:
        raise ProtocolError(INVALID_REQUEST, "Expected an id that is a string or a whole number.")
    return Message(method, params, id_of(body))


def unsupported(requested: str) -> ProtocolError:
    return ProtocolError(
        UNSUPPORTED_VERSION,
        "Unsupported protocol version",
        {"supported": list(SUPPORTED_VERSIONS), "requested": requested[:60]},
    )


def version_over_http(message: Message, headers: Mapping[str, str]) -> str:
    """Return the protocol version of a message. Raises ProtocolError if its headers disagree with it."""
    named = headers.get("MCP-Protocol-Version")
    if named in MODERN_VERSIONS and message.is_notification:
        return named
    if named in MODERN_VERSIONS or message.is_modern:
        return modern_version(message, headers)
    if named is None or message.method == "initialize":
        return UNSAID_VERSION
    if named not in (OLDEST_VERSION, *HANDSHAKE_VERSIONS):
        raise unsupported(named)
    return named


def modern_version(message: Message, headers: Mapping[str, str] | None = None) -> str:
    """Return the version in the message's metadata. HTTP `headers`, if given, must agree. Raises
    ProtocolError.
    """
    needed = [f"{META}protocolVersion", f"{META}clientCapabilities"]
    if missing := [name for name in needed if name not in message.meta]:
        names = ", ".join(missing)
        raise ProtocolError(
            INVALID_PARAMS, f"params._meta is missing the required envelope key(s): {names}", status=400
        )
    version = message.meta[needed[0]]
    if headers is not None:
        _check_headers(message, version, headers)
    if not isinstance(version, str):
        raise ProtocolError(INVALID_PARAMS, f"Expected {needed[0]} as a text.", status=400)
    if version not in MODERN_VERSIONS:
        raise unsupported(version)
    return version


def _check_headers(message: Message, version: Any, headers: Mapping[str, str]) -> None:
    said = {"MCP-Protocol-Version": version, "Mcp-Method": message.method}
    parameter = NAMED_PARAMETER.get(message.method)
    if parameter and message.params.get(parameter) is not None:
        said["Mcp-Name"] = message.params[parameter]
    for name, value in said.items():
        if _decoded(headers.get(name)) != value:
            raise ProtocolError(HEADER_MISMATCH, f"The header {name} does not match the message.", status=400)


def _decoded(header: str | None) -> str | None:
    """Return a header's value, decoding base64 (used for names that are not ASCII); None if invalid."""
    found = _ENCODED.fullmatch(header or "")
    if found is None:
        return header
    try:
        return base64.b64decode(found[1], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
