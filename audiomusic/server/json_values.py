"""What caches keep, as JSON: anyone who can write there may then change values, but run nothing here."""

from __future__ import annotations

import json
from typing import Any


def packed(value: Any) -> int | str:
    """Whole numbers stay numbers, so that a store can add to them. Raises TypeError for what JSON has not."""
    return value if type(value) is int else json.dumps(value, separators=(",", ":"))


def unpacked(value: int | str | bytes) -> Any:
    """Raises ValueError for what `packed` has not made, such as the pickles of earlier versions."""
    return value if isinstance(value, int) else json.loads(value)


class JsonSerializer:
    """For Django's RedisCache. What cannot be read is as if nothing were there."""

    def dumps(self, value: Any) -> int | str:
        return packed(value)

    def loads(self, data: bytes) -> Any:
        try:
            return unpacked(data)
        except ValueError:
            return None
