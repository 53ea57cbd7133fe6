"""The limits for uploaded pictures, and the sizes of the covers made from them."""

from __future__ import annotations

FORMATS = ("JPEG", "PNG", "WEBP")  # the only decoders that are tried
READABLE = "a JPEG, PNG or WebP picture"
MAX_BYTES = 10_000_000
MAX_PIXELS = 50_000_000  # four bytes each, twice: fits into MEMORY_BYTES
SMALLEST_PX = 64
LARGE_PX, SMALL_PX = 1024, 256
LARGE_LEAF, SMALL_LEAF = "cover.jpg", "cover-small.jpg"
CPU_S = 10
WALL_S = 20.0
MEMORY_BYTES = 1_000_000_000


class PictureUnusable(Exception):
    """The file cannot be a cover. The message is for its sender."""
