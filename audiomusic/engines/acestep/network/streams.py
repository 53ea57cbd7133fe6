"""Streams of a card: what is put into one is done in order, and beside what is in the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


class OwnStream:
    """A stream apart from the one that songs are made in. Without a card there is none."""

    def __init__(self, device: torch.device) -> None:
        """After the weights were moved to `device`: they come by the usual stream, which is waited for."""
        self._stream: torch.cuda.Stream | None = None
        if device.type == "cuda" and torch.cuda.is_available():
            torch.cuda.synchronize(device)
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    @contextmanager
    def used(self) -> Iterator[None]:
        """Within it the work of this thread goes into the stream."""
        with torch.cuda.stream(self._stream):  # None: changes nothing
            yield
