"""How to reach and call the language model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class Send(Protocol):
    """Make one HTTP call; return the status and the beginning of the body. `timeout_s` covers the whole call.

    Provided by the server, which alone knows which hosts may be called: engines open no connections
    themselves. Raises OSError without a complete response.
    """

    def __call__(
        self, method: str, url: str, *, body: bytes, headers: dict[str, str], timeout_s: float, max_bytes: int
    ) -> tuple[int, bytes]: ...


@dataclass(frozen=True)
class LanguageModelOptions:
    """The operator's settings."""

    url: str  # up to and including /v1
    model: str
    timeout_s: float
    send: Send
    key: str = field(default="", repr=False)
