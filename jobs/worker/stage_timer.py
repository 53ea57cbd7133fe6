"""How long each stage of a song takes, as the engine tells which one it is in. What passes before its first
word is the loading of the engine, or of what the song is made from."""

from __future__ import annotations

import threading
import time
from typing import Literal

from audiomusic.engines.base import Stage

#: "waiting": planned, while the songs before it are made.
TimedStage = Stage | Literal["loading", "waiting"]


class StageTimer:
    """Runs from its making on. Any thread may tell it a stage."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stage: TimedStage = "loading"
        self._since = time.monotonic()
        self._seconds: dict[TimedStage, float] = {}

    def enter(self, stage: TimedStage) -> None:
        with self._lock:
            if stage != self._stage:
                self._count()
                self._stage = stage

    def seconds(self) -> dict[TimedStage, float]:
        """Stage -> seconds until now, to the millisecond; a stage entered twice counts together."""
        with self._lock:
            self._count()
            return {stage: round(seconds, 3) for stage, seconds in self._seconds.items()}

    def _count(self) -> None:
        now = time.monotonic()
        self._seconds[self._stage] = self._seconds.get(self._stage, 0.0) + now - self._since
        self._since = now
