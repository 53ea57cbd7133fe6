"""The 5 Hz language model as planner: what a song should be, and a sketch of its sound as codes.

Importing this package costs nothing: torch and transformers come with `load_planner`.
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
