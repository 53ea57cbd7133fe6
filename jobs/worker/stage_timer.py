"""Timing of a song's stages, from the engine's progress reports. The time before the first report is spent
loading the engine or the source song."""

from __future__ import annotations

import threading
import time
from typing import Literal

from audiomusic.engines.base import Stage

#: "waiting": planned, while the songs before it are made.
TimedStage = Stage | Literal["loading", "waiting"]


class StageTimer:
    """Measures how long each stage takes; starts on creation. Any thread can report a stage."""

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
        """Map each stage to its seconds so far, rounded to milliseconds; repeated stages are added up."""
        with self._lock:
            self._count()
            return {stage: round(seconds, 3) for stage, seconds in self._seconds.items()}

    def _count(self) -> None:
        now = time.monotonic()
        self._seconds[self._stage] = self._seconds.get(self._stage, 0.0) + now - self._since
        self._since = now
