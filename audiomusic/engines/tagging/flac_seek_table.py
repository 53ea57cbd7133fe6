"""Adds a seek table to a FLAC file, with a point every ten seconds.

libsndfile writes none, and a player without one has to guess where to seek, several times over a slow
connection. A frame is found by its sync code, its number and its header's checksum, so nothing is decoded.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mutagen import flac

#: mutagen only types some of its signatures.
SeekPoint: Any = flac.SeekPoint
SeekTable: Any = flac.SeekTable

POINT_S = 10.0
LEAST_HEADER = 6  # bytes: four of codes, a number, the checksum
#: A frame with constant block size: sync code, size and rate codes, channels and sample size.
_HEADER = re.compile(rb"\xff\xf8[\x10-\xff][\x00-\xaf]", re.DOTALL)
_CRC8 = 0x07
#: The number of bytes for block size and sample rate after the frame's number, by code.
_SIZE_BYTES = {6: 1, 7: 2}
_RATE_BYTES = {12: 1, 13: 2, 14: 2}


def add_seek_table(audio: flac.FLAC, path: Path | str) -> None:
    """Add a seek table to `audio`, the opened file of `path`, unless it has one; `audio.save()` writes it. A
    file whose frames cannot be identified gets none; players can still seek."""
    if audio.seektable is not None:
        return
    table = SeekTable(None)
    table.seekpoints = list(_points(audio.info, path))
    if table.seekpoints:
        audio.metadata_blocks.insert(1, table)  # after STREAMINFO, which is always first
        audio.seektable = table


def _points(info: Any, path: Path | str) -> Iterator[Any]:
    if info.min_blocksize != info.max_blocksize or not info.total_samples:
        return
    with Path(path).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        first_at, next_sample = None, 0.0
        for number, at in _frames(content):
            first_at = at if first_at is None else first_at
            sample = number * info.max_blocksize
            if sample >= next_sample and sample < info.total_samples:
                length = min(info.max_blocksize, info.total_samples - sample)
                yield SeekPoint(sample, at - first_at, length)
                next_sample = sample + POINT_S * info.sample_rate


def _frames(content: mmap.mmap) -> Iterator[tuple[int, int]]:
    """Yield (number, offset) of each frame, in order."""
    expected = 0
    for match in _HEADER.finditer(content):
        at = match.start()
        if _frame_number(content[at : at + 16]) == expected:
            yield expected, at
            expected += 1


def _frame_number(header: bytes) -> int | None:
    """Return the number in a frame's header; None if the bytes only look like one."""
    if len(header) < LEAST_HEADER:
        return None
    length = _number_bytes(header[4])
    tail = 4 + length + _SIZE_BYTES.get(header[2] >> 4, 0) + _RATE_BYTES.get(header[2] & 15, 0)
    if not length or len(header) <= tail or _crc8(header[:tail]) != header[tail]:
        return None
    number = header[4] if length == 1 else header[4] & (0x7F >> length)
    for byte in header[5 : 4 + length]:
        number = number << 6 | byte & 0x3F
    return number


def _number_bytes(first: int) -> int:
    """Return the length in bytes of a number in UTF-8 coding, by its first byte; 0 if that is invalid."""
    ones = 8 - (first ^ 0xFF).bit_length()
    return {0: 1, 1: 0, 8: 0}.get(ones, ones)


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ _CRC8 if crc & 0x80 else crc << 1) & 0xFF
    return crc
