"""Freed memory is returned to the system."""

import ctypes
import sys
from pathlib import Path

import pytest

from audiomusic.engines.studio.synth import memory

PIECE, COUNT = 100_000, 1000  # below the allocator's mmap threshold, so it is on the heap


def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


@pytest.fixture
def trim_found_again():
    """Clear the cached C library function before and after the test."""
    memory._trim.cache_clear()
    yield
    memory._trim.cache_clear()


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library is not glibc")
def test_what_was_freed_is_given_back():
    pieces = [bytearray(b"x") * PIECE for _ in range(COUNT)]
    last = bytearray(b"x") * PIECE  # above them, so that the heap cannot shrink from its end
    del pieces
    before = resident_mb()
    memory.release_freed_memory()
    assert resident_mb() < before - PIECE * COUNT / 1e6 / 2
    assert len(last) == PIECE


def test_elsewhere_nothing_happens(monkeypatch, trim_found_again):
    monkeypatch.setattr(sys, "platform", "darwin")
    memory.release_freed_memory()
    assert memory._trim() is memory._keep
