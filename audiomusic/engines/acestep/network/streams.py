"""CUDA streams: work within a stream runs in order, and concurrently with other streams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


class OwnStream:
    """A stream separate from the one that songs are made in. Does nothing without a card."""

    def __init__(self, device: torch.device) -> None:
        """Create it after the weights were moved to `device`: they are copied on the default stream, which is
        synchronized here."""
        self._stream: torch.cuda.Stream | None = None
        if device.type == "cuda" and torch.cuda.is_available():
            torch.cuda.synchronize(device)
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    @contextmanager
    def used(self) -> Iterator[None]:
        """Run this thread's work in the stream."""
        with torch.cuda.stream(self._stream):  # a no-op for None
            yield
