"""How a benchmark tells processes that it cannot reach otherwise to die or to fail: by files.

`die-at-POINT`: the process that comes to the point first takes the file away and is killed on the spot. Any
other name is a switch, on for as long as the file is there.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

#: Where a worker may be killed: the engine's stages, then the ways of a song out of the process.
STAGES = ("planning", "composing", "rendering", "encoding")
POINTS = (*STAGES, "storing", "stored", "ending", "ended", "telling", "told")

FULL_DISK = "full-disk"
LOSE_MESSAGES = "lose-messages"
DOUBLE_MESSAGES = "double-messages"


def flag(folder: Path, name: str) -> Path:
    return folder / "faults" / name


def die_at(point: str) -> None:
    """Be killed here if that is wanted."""
    from django.conf import settings

    try:
        flag(settings.DATA_DIR, f"die-at-{point}").unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def is_on(name: str) -> bool:
    from django.conf import settings

    return flag(settings.DATA_DIR, name).exists()
