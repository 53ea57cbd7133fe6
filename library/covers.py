"""Receives an uploaded picture from a form or an API request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from audiomusic.engines.covers.bounds import MAX_BYTES, PictureUnusable

PIECE_BYTES = 1 << 16


def receive_picture(file: Any, folder: Path) -> Path:
    """Write the upload to `folder` unchanged. Raises PictureUnusable if it is too large."""
    path, taken = folder / "sent", 0
    with path.open("wb") as target:
        while piece := file.read(PIECE_BYTES):
            taken += len(piece)
            if taken > MAX_BYTES:
                raise PictureUnusable(f"Expected a picture of at most {MAX_BYTES // 1_000_000} MB, got more.")
            target.write(piece)
    return path
