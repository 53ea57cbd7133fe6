"""Restricts a process before it reads a file from outside."""

from __future__ import annotations

import ctypes
import resource
import sys
from contextlib import suppress

PR_SET_NO_NEW_PRIVS = 38  # Linux's prctl.h


def confine(*, cpu_s: int, memory_bytes: int, written_bytes: int) -> None:
    """Limit this process, for the rest of its life: CPU time, memory and file size, no child processes, no
    core file, and no way to gain privileges."""
    limits = {
        resource.RLIMIT_CPU: cpu_s,
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_FSIZE: written_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
    }
    for what, bound in limits.items():
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (bound, bound))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
