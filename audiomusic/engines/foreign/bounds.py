"""The limits for audio from outside: its length and kind, and the resources for reading it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SourceFault = Literal["source_not_audio", "source_too_long", "source_too_large", "source_unreachable"]

MIN_S = 0.5
MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
MAX_CHANNELS = 8
READABLE = "WAV, FLAC, OGG (Vorbis, Opus), MP3 and AIFF"


@dataclass(frozen=True)
class DecodeBounds:
    """The resources for reading one file. A file that needs more is rejected."""

    max_s: float = 600.0
    wall_s: float = 60.0
    memory_bytes: int = 2_000_000_000


class SourceUnusable(Exception):
    """The audio cannot be used. The message is for its sender, `code` for programs."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code
