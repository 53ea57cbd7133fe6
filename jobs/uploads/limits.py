"""Limits of external files, from the settings."""

from __future__ import annotations

from typing import Literal

from django.conf import settings

from audiomusic.engines.foreign.bounds import DecodeBounds
from jobs.storage.byte_sizes import parse_size

UrlPolicy = Literal["off", "public", "private"]
URL_POLICIES: tuple[UrlPolicy, ...] = ("off", "public", "private")
MAX_SOURCE_BYTES = 100_000_000  # the web server rejects larger uploads before they reach Django
MAX_SOURCE_S = 600
FETCH_S = 60.0
DECODE_S = 60.0


def max_source_bytes() -> int:
    return parse_size(settings.SOURCE_MAX_SIZE) or MAX_SOURCE_BYTES


def decode_bounds() -> DecodeBounds:
    return DecodeBounds(max_s=float(settings.SOURCE_MAX_S), wall_s=DECODE_S)


def max_user_bytes() -> int | None:
    """Return the maximum total size of a user's files; None: unlimited."""
    return parse_size(settings.UPLOADS_PER_USER)
