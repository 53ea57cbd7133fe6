"""The price of audio. One credit counts as one cent wherever a client deals in money."""

from __future__ import annotations

import math

from django.conf import settings

MUSIC_GENERATION = "music_generation"
SERVICE_TYPES = (MUSIC_GENERATION,)


def credits_per_minute() -> dict[str, int]:
    """Map each service type to its credits per minute."""
    return {MUSIC_GENERATION: settings.CREDITS_PER_MINUTE}


def credits_for(duration_s: float, service_type: str = MUSIC_GENERATION) -> int:
    """Return the price of a duration, rounded up to whole credits."""
    cost = duration_s * credits_per_minute()[service_type] / 60
    return math.ceil(round(cost, 6))  # as floats, 3.3 s cost 54.449999999999996


def usd(cents: int) -> float:
    return round(cents / 100, 2)
