"""Where the language model is, and how it is called."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class Send(Protocol):
    """One HTTP call: status and the beginning of the body. `timeout_s` is for all of it.

    Given by the server, which alone knows whom it may call: engines open no connection of their own.
    Raises OSError where no whole answer came.
    """

    def __call__(
        self, method: str, url: str, *, body: bytes, headers: dict[str, str], timeout_s: float, max_bytes: int
    ) -> tuple[int, bytes]: ...


@dataclass(frozen=True)
class LanguageModelOptions:
    """As the operator set it."""

    url: str  # up to and with /v1
    model: str
    timeout_s: float
    send: Send
    key: str = field(default="", repr=False)
