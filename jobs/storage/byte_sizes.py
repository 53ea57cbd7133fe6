"""Human-readable sizes such as 10GB and 500MB. Decimal, as disks are sold."""

from __future__ import annotations

import re
from functools import cache

OFF = "off"
UNITS = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


@cache
def parse_size(text: str) -> int | None:
    """Parse a size such as '10GB' into bytes; None for 'off'. Raises ValueError."""
    if text == OFF:
        return None
    match = re.fullmatch(r"([0-9]{1,6}) ?(kB|MB|GB|TB)", text)
    if match is None:
        raise ValueError(f"Expected a size such as 500MB, 10GB or 2TB, or off, got {text!r}.")
    return int(match[1]) * UNITS[match[2]]


def size_words(byte_count: int) -> str:
    """Format a size in the largest unit that it fills: '1.25 GB'."""
    for unit, unit_bytes in reversed(UNITS.items()):
        if byte_count >= unit_bytes:
            return f"{f'{byte_count / unit_bytes:,.2f}'.rstrip('0').rstrip('.')} {unit}"
    return f"{byte_count} B"
