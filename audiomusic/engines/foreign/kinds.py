"""Detects a file's kind by its first bytes; its name and declared content type are not trusted.

libsndfile would try two dozen formats, most of them from the last century. Only the few that people send
reach it, so that a flaw in another one cannot be exploited.
"""

from __future__ import annotations

from typing import Literal

AudioKind = Literal["wav", "flac", "ogg", "mp3", "aiff"]
HEAD_BYTES = 16

CONTENT_TYPES: dict[AudioKind, str] = {
    "wav": "audio/wav",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "mp3": "audio/mpeg",
    "aiff": "audio/aiff",
}


def audio_kind(head: bytes) -> AudioKind | None:
    """Return the kind of a file that starts with these bytes; None if it is not supported."""
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"OggS":
        return "ogg"
    return "mp3" if head[:3] == b"ID3" or _is_mpeg_frame(head) else None


def _is_mpeg_frame(head: bytes) -> bool:
    """Return whether it is a frame of layer I to III. AAC starts with the same eleven bits and has layer
    0."""
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06 != 0
