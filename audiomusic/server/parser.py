"""A request parser that is stricter than waitress's, and the errors for the requests that it refuses."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver
from waitress.task import ErrorTask
from waitress.utilities import Error

from audiomusic.server import limits

VERSIONS = ("1.0", "1.1")
#: A large body is only read with one of these; the application decides whether they are valid.
CREDENTIALS = {"AUTHORIZATION", "X_API_KEY", "COOKIE"}
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class ParseRefusal:
    """An error in the API's wording."""

    reason: str
    code: str
    detail: str


_BAD = ParseRefusal("Bad Request", "bad_request", "The request is not valid.")
REFUSALS: dict[int, ParseRefusal] = {
    400: _BAD,
    413: ParseRefusal("Content Too Large", "payload_too_large", "The request body is too large."),
    414: ParseRefusal("URI Too Long", "uri_too_long", "The request's address is too long."),
    431: ParseRefusal(
        "Request Header Fields Too Large", "headers_too_large", "The request's headers are too large."
    ),
    500: ParseRefusal("Internal Server Error", "server_error", "The server failed to answer."),
    503: ParseRefusal(
        "Service Unavailable", "uploads_busy", "Too many files are arriving right now. Please try again."
    ),
    501: ParseRefusal("Not Implemented", "bad_request", "The transfer coding is not supported."),
}


class UriTooLong(Error):  # type: ignore[misc]
    code, reason = 414, "URI Too Long"


class HeadersTooLarge(Error):  # type: ignore[misc]
    code, reason = 431, "Request Header Fields Too Large"


class TooManyUploads(Error):  # type: ignore[misc]
    code, reason = 503, "Service Unavailable"


class RequestParser(HTTPRequestParser):  # type: ignore[misc]
    """waitress's parser with limits on the parts that it leaves open, and an unambiguous end of each body."""

    completed: bool = False
    refusal: Error | None = None
    is_upload = False

    def __init__(self, adj: Any, may_upload: Callable[[], bool] | None = None) -> None:
        super().__init__(adj)
        self.may_upload = may_upload

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if self.refusal is not None:
            self.error = self.refusal
        elif not self.completed and _is_overlong(self.body_rcv):
            self.error, self.completed = HeadersTooLarge(""), True
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        lines = header_plus.split(b"\r\n")
        self.refusal = _refuse_size(lines)
        if self.refusal is not None or _CONTROL.search(lines[0]):
            raise ParsingError("Invalid request")
        try:
            super().parse_header(header_plus)
        except ValueError:  # a length of thousands of digits, a URL with half an IPv6 host
            raise ParsingError("Invalid number or address") from None
        if self.version not in VERSIONS:
            raise ParsingError("Unknown version")
        # Refuse two lengths for one body, or a coding that HTTP/1.0 does not have: a proxy in front may read
        # a different length than this server (RFC 9112, 6.1).
        if "TRANSFER_ENCODING" in self.headers or self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Ambiguous length")
        path = self.path.removeprefix(self.adj.url_prefix)
        if self.command == "POST" and path == limits.UPLOAD_PATH and CREDENTIALS & self.headers.keys():
            self._admit_upload()

    def _admit_upload(self) -> None:
        """Allow a larger body unless too many are arriving. waitress stores anything above a few megabytes on
        disk.
        """
        if self.may_upload is not None and not self.may_upload():
            self.refusal = TooManyUploads("")
            raise ParsingError("Too many uploads")
        self.is_upload = True
        self.adj: Any = copy.copy(self.adj)
        self.adj.max_request_body_size = limits.MOST_UPLOAD_BYTES


def _refuse_size(lines: list[bytes]) -> Error | None:
    if len(lines[0]) > limits.MOST_REQUEST_LINE_BYTES:
        return UriTooLong("")
    if len(lines) > limits.MOST_HEADERS or max(map(len, lines)) > limits.MOST_HEADER_LINE_BYTES:
        return HeadersTooLarge("")
    return None


def _is_overlong(receiver: Any) -> bool:
    """Return whether a chunk's first line or the trailer is too long."""
    return isinstance(receiver, ChunkedReceiver) and (
        len(receiver.control_line) > limits.MOST_CHUNK_LINE_BYTES
        or len(receiver.trailer) > limits.MOST_TRAILER_BYTES
    )


class JsonErrorTask(ErrorTask):  # type: ignore[misc]
    """Answers a refused request with an error in the API's format."""

    def execute(self) -> None:
        status: int = self.request.error.code
        refusal = REFUSALS.get(status, _BAD)
        body = json.dumps({"detail": refusal.detail, "code": refusal.code}).encode()
        self.status = f"{status} {refusal.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)
