"""Template filter for sizes, formatted as in the settings: 1.25 GB."""

from __future__ import annotations

from django import template

from jobs.storage import byte_sizes

register = template.Library()


@register.filter
def size_words(byte_count: int) -> str:
    return byte_sizes.size_words(byte_count)
