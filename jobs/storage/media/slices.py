"""Byte ranges of files: parsing and sending them."""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

from django.core.files import File
from django.http import FileResponse, HttpRequest

from jobs.storage.archives import Archive

CHUNK_BYTES = 64 * 1024

_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*")


class Slice(NamedTuple):
    """The bytes of a file from `start` up to, not including, `stop`."""

    start: int
    stop: int


class Unsatisfiable(Exception):
    """The range lies entirely outside the file."""


class FileSlice:
    """A part of an open file as a file object, so that the web server can send it without a thread."""

    def __init__(self, file: File[bytes], part: Slice) -> None:
        self._file, self._part = file, part
        file.seek(part.start)

    def read(self, byte_count: int = -1) -> bytes:
        left = self._part.stop - self._file.tell()
        return self._file.read(left if byte_count < 0 else min(byte_count, left)) if left > 0 else b""

    def tell(self) -> int:
        return int(self._file.tell()) - self._part.start

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._part.stop - self._part.start}
        self._file.seek(self._part.start + origin[whence] + offset)
        return self.tell()

    def close(self) -> None:
        self._file.close()


class ArchiveSlice(FileSlice):
    """A whole archive, closed when the client has received it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        super().__init__(File(archive.file), Slice(0, archive.byte_count))

    def close(self) -> None:
        self._archive.close()


class SliceResponse(FileResponse):
    """A FileResponse with complete headers: Django would guess the type, the length and a name."""

    block_size = CHUNK_BYTES

    def set_headers(self, filelike: Any) -> None:
        pass


def parse_range(header: str, byte_count: int) -> Slice | None:
    """Parse the one range that `header` asks for; None if the whole file is to be sent (RFC 9110, 14.2).
    Several ranges, other units and malformed headers get the whole file. Raises Unsatisfiable for a range
    that begins after the end."""
    match = _RANGE.fullmatch(header)
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:  # the last N bytes
        part = Slice(max(0, byte_count - int(last)), byte_count)
    else:
        part = Slice(int(first), int(last) + 1 if last else byte_count)
        if last and part.stop <= part.start:
            return None
    if part.start >= byte_count:
        raise Unsatisfiable
    return Slice(part.start, min(part.stop, byte_count))


def is_from_start(request: HttpRequest) -> bool:
    """Whether the client has nothing of the file yet, judging by its range."""
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    return match is None or match[1] == "0"
