"""Handles a card's failures: detects running out of memory, frees the memory of a failed attempt, and detects
a card that no longer responds."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from audiomusic.engines.base import EngineError

TOO_LARGE = "The song does not fit into this machine's memory. Please make a shorter one."

#: How out-of-memory errors read in libraries below torch and in the CPU's allocator.
WORDS = ("out of memory", "ALLOC_FAILED", "can't allocate memory")


def is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error) for word in WORDS)


def is_lost(error: BaseException, device: torch.device) -> bool:
    """Return whether the device no longer responds. After some errors CUDA refuses every further call of this
    process, though a new process could continue."""
    if not isinstance(error, torch.AcceleratorError) or is_out_of_memory(error):
        return False
    try:
        torch.zeros(1, device=device).item()
    except RuntimeError:
        return True
    return False


def release_tensors(error: BaseException) -> None:
    """Drop the tensors that an error keeps alive. Its traceback holds the variables of every frame, and on a
    card they would take the memory of the next, smaller attempt."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        traceback.clear_frames(one.__traceback__)
        one.__traceback__ = None
        waiting += [one.__cause__, one.__context__]


def free_memory() -> None:
    """Release the allocator's cached blocks, which may be too fragmented to use."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@contextmanager
def explain_out_of_memory() -> Iterator[None]:
    """Raise EngineError if the body runs out of memory."""
    try:
        yield
        return
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        release_tensors(error)
    free_memory()
    raise EngineError(TOO_LARGE, "out_of_memory")
