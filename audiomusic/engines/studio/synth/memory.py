"""Return of freed memory to the operating system between the stages of a song."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache


def release_freed_memory() -> None:
    """Return free memory in the allocator's arenas to the operating system.

    Each thread of a pool has its own arena, which keeps its peak size although the next stage does not need
    it: about 300 MB for a ten-minute song. Takes milliseconds; does nothing if the C library is not glibc.
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
