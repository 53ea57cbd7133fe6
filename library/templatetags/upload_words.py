"""Template filter for durations: 2:31."""

from __future__ import annotations

from django import template

from audiomusic.engines import units

register = template.Library()


@register.filter
def clock(seconds: float) -> str:
    return units.clock(seconds)
