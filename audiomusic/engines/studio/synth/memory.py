"""Memory that was freed, given back to the system between the stages of a song."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache


def release_freed_memory() -> None:
    """Return what lies free in the allocator's arenas to the system.

    Each thread of a pool has an arena of its own, and each keeps the largest it ever held, although
    what was large in one stage is not needed in the next: of a song of ten minutes some 300 MB. Costs
    milliseconds; does nothing where the C library is not glibc.
    """
    _trim()(0)


@cache
def _trim() -> Callable[[int], int]:
    if sys.platform != "linux":
        return _keep
    trim: Callable[[int], int] = getattr(ctypes.CDLL(None), "malloc_trim", _keep)
    return trim


def _keep(pad: int) -> int:
    return 0
