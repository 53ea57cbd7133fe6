"""What audio from outside may be: how long, of which kind, and what reading it may take."""

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
    """What one reading of a file may take. A file that needs more is refused."""

    max_s: float = 600.0
    wall_s: float = 60.0
    memory_bytes: int = 2_000_000_000


class SourceUnusable(Exception):
    """The audio cannot be worked on. The text is a sentence for its sender, `code` says why to programs."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code
