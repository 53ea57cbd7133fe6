"""What goes wrong on a card: running out of memory, apart from other mistakes; letting go of what a failed
try held; and a card that answers no more."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from audiomusic.engines.base import EngineError

TOO_LARGE = "The song does not fit into this machine's memory. Please make a shorter one."

#: How libraries below torch, and the machine's own allocator, say so.
WORDS = ("out of memory", "ALLOC_FAILED", "can't allocate memory")


def is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error) for word in WORDS)


def is_lost(error: BaseException, device: torch.device) -> bool:
    """Whether the device answers no more. After some errors CUDA refuses everything else that this
    process asks, though a new process could go on."""
    if not isinstance(error, torch.AcceleratorError) or is_out_of_memory(error):
        return False
    try:
        torch.zeros(1, device=device).item()
    except RuntimeError:
        return True
    return False


def release_tensors(error: BaseException) -> None:
    """Drop the tensors that an error keeps alive: its traceback holds the variables of every call that
    it went through, and on a card they would take the room of the next, smaller try."""
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
    """Give back what the card's allocator keeps in pieces that are too small."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@contextmanager
def explain_out_of_memory() -> Iterator[None]:
    """Raises EngineError where there is no memory for what is within."""
    try:
        yield
        return
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        release_tensors(error)
    free_memory()
    raise EngineError(TOO_LARGE, "out_of_memory")
