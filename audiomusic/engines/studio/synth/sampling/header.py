"""Check for sound font files, by header alone and without torch, for web processes."""

from __future__ import annotations

from pathlib import Path


class SoundFontNotReadable(ValueError):
    """The file is not a sound font; the message says what was found instead."""


def check_soundfont(path: Path) -> None:
    """Raise SoundFontNotReadable unless `path` is a SoundFont 2 or 3 file."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise SoundFontNotReadable(f"Expected a sound font, got {path.name}: {error.strerror}.") from error
    if head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise SoundFontNotReadable(f"Expected a SoundFont 2 or 3 file, got {path.name}, which is none.")
