"""What has arrived of an HTTP request, and whether that is all of it: bytes and their number, no more.
Whether it makes sense is for the parser to say, which is given it as it stands."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

MOST_HEAD_BYTES = 32_768
MOST_BODY_BYTES = 1_100_000  # a little more than DATA_UPLOAD_MAX_MEMORY_SIZE, whose refusal says the same

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class Refusal(NamedTuple):
    """Why a request is not even read to its end."""

    status: str
    code: str
    detail: str

    def as_answer(self) -> bytes:
        body = json.dumps({"detail": self.detail, "code": self.code}).encode()
        head = f"HTTP/1.1 {self.status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return head.encode() + b"Connection: close\r\n\r\n" + body


HEAD_TOO_LARGE = Refusal(
    "431 Request Header Fields Too Large", "headers_too_large", "The request's headers are too large."
)
BODY_TOO_LARGE = Refusal("413 Content Too Large", "payload_too_large", "The request body is too large.")


class Arriving:
    """The bytes so far. `is_whole`: the parser can have them without waiting for more."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.is_whole = False
        self.refusal: Refusal | None = None
        self._needed: int | None = None  # bytes in all, where the length is known
        self._chunk_at = 0  # where the next chunk begins, where it is not
        self._searched = 0
        self._is_head_read = False
        self._expects = False

    @property
    def wants_to_be_asked(self) -> bool:
        """Whether the client waits to be told to send its body: true once."""
        expects, self._expects = self._expects and not self.is_whole and self.refusal is None, False
        return expects

    def add(self, data: bytes) -> None:
        self.data += data
        if not self._is_head_read:
            self._look_for_head()
        if self._is_head_read and not self.is_whole:
            self._look_for_end()

    def _look_for_head(self) -> None:
        end = self.data.find(_END, max(0, self._searched - len(_END)))
        self._searched = len(self.data)
        if end < 0 and len(self.data) > MOST_HEAD_BYTES or end > MOST_HEAD_BYTES:
            self.refusal = HEAD_TOO_LARGE
        elif end >= 0:
            self._is_head_read = True
            self._read_head(bytes(self.data[: end + len(_END)]))

    def _read_head(self, head: bytes) -> None:
        body = self._chunk_at = self._searched = len(head)
        self._expects = _EXPECTS.search(head) is not None
        if _CHUNKED.search(head):
            return
        length = _LENGTH.search(head)
        self._needed = (
            body + int(length[1]) if length else body
        )  # a length in other words: the parser refuses
        if self._needed - body > MOST_BODY_BYTES:
            self.refusal = BODY_TOO_LARGE

    def _look_for_end(self) -> None:
        if self._needed is not None:
            self.is_whole = len(self.data) >= self._needed
            return
        if len(self.data) > MOST_HEAD_BYTES + 2 * MOST_BODY_BYTES:  # with chunks of a byte, most is frame
            self.refusal = BODY_TOO_LARGE
            return
        while self._chunk_at < len(self.data) and not self.is_whole:
            line_end = self.data.find(b"\r\n", self._chunk_at)
            if line_end < 0:
                self.is_whole = len(self.data) - self._chunk_at > MOST_HEAD_BYTES  # the parser refuses
                return
            size = _chunk_size(bytes(self.data[self._chunk_at : line_end]))
            if size is None:
                self.is_whole = True  # no chunk at all: the parser refuses
            elif size == 0:
                self.is_whole = self.data.find(_END, line_end) >= 0
                return
            else:
                self._chunk_at = line_end + 2 + size + 2


def _chunk_size(line: bytes) -> int | None:
    digits = line.partition(b";")[0].strip()
    return int(digits, 16) if re.fullmatch(rb"[0-9a-fA-F]{1,8}", digits) else None
