"""Reads an uploaded picture, in a separate process with limits (`read_child`)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from audiomusic.engines.covers.bounds import (
    LARGE_LEAF,
    MAX_BYTES,
    SMALL_LEAF,
    WALL_S,
    PictureUnusable,
)

CHILD = "audiomusic.engines.covers.read_child"
ROOT = Path(__file__).parents[3]


class CoverPair(NamedTuple):
    """Two square JPEG files made from a picture."""

    large: Path
    small: Path


def read_cover(path: Path, folder: Path) -> CoverPair:
    """Make covers from the picture at `path` in `folder`. Raises PictureUnusable."""
    if path.stat().st_size > MAX_BYTES:
        raise PictureUnusable(f"Expected a picture of at most {MAX_BYTES // 1_000_000} MB, got more.")
    if sentence := _ask_child(path, folder).get("sentence"):
        raise PictureUnusable(sentence)
    return CoverPair(folder / LARGE_LEAF, folder / SMALL_LEAF)


def _ask_child(path: Path, folder: Path) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", CHILD, str(path), str(folder)],
            cwd=ROOT,
            env={},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WALL_S,
            check=False,
        )
        facts: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        raise PictureUnusable("The picture could not be decoded.") from None
    return facts
