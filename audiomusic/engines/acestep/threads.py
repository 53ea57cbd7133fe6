"""Limits how many cores a computation on the CPU may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

ALL_CORES = os.cpu_count() or 1


@contextmanager
def use_cores(count: int) -> Iterator[None]:
    """Let torch use `count` cores in this thread. The model gets all of them, whatever another engine has
    set. Work in several parallel threads gets one core each, which is faster than all threads using all
    cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
