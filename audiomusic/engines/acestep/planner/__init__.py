"""The 5 Hz language model as a planner: it decides a song's metadata and sketches its sound as audio codes.

Importing this package is cheap: only `load_planner` imports torch and transformers.
"""

from __future__ import annotations

from audiomusic.engines.acestep.planner.base import (
    CODES_A_SECOND,
    PlanAnswer,
    Planner,
    PlannerError,
    PlanRequest,
    RoomError,
    TokenSampling,
)

__all__ = [
    "CODES_A_SECOND",
    "PlanAnswer",
    "PlanRequest",
    "Planner",
    "PlannerError",
    "RoomError",
    "TokenSampling",
]
