"""What a minute of audio costs. A credit counts as a cent wherever a client speaks of money."""

from __future__ import annotations

import math

from django.conf import settings

MUSIC_GENERATION = "music_generation"
SERVICE_TYPES = (MUSIC_GENERATION,)


def credits_per_minute() -> dict[str, int]:
    """Service type -> credits a minute."""
    return {MUSIC_GENERATION: settings.CREDITS_PER_MINUTE}


def credits_for(duration_s: float, service_type: str = MUSIC_GENERATION) -> int:
    """What so much audio costs, rounded up to whole credits."""
    cost = duration_s * credits_per_minute()[service_type] / 60
    return math.ceil(round(cost, 6))  # 3.3 s cost 54.449999999999996 as floats


def usd(cents: int) -> float:
    return round(cents / 100, 2)
