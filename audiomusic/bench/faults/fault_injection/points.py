"""Files by which a benchmark makes processes die or fail that it cannot reach otherwise.

`die-at-POINT`: the first process to reach the point deletes the file and is killed at once. Any other name is
a switch that is on while the file exists.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

#: Where a worker may be killed: the engine's stages, then the steps that store and report the song.
STAGES = ("planning", "composing", "rendering", "encoding")
POINTS = (*STAGES, "storing", "stored", "ending", "ended", "telling", "told")

FULL_DISK = "full-disk"
LOSE_MESSAGES = "lose-messages"
DOUBLE_MESSAGES = "double-messages"


def flag(folder: Path, name: str) -> Path:
    return folder / "faults" / name


def die_at(point: str) -> None:
    """Kill this process if the file for this point exists."""
    from django.conf import settings

    try:
        flag(settings.DATA_DIR, f"die-at-{point}").unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def is_on(name: str) -> bool:
    from django.conf import settings

    return flag(settings.DATA_DIR, name).exists()
