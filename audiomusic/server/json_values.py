"""Cache values as JSON: a person who can write to the cache can change values, but cannot run code here."""

from __future__ import annotations

import json
from typing import Any


def packed(value: Any) -> int | str:
    """Return the value as JSON. Integers stay integers, so a store can increment them. Raises TypeError for
    what JSON cannot express.
    """
    return value if type(value) is int else json.dumps(value, separators=(",", ":"))


def unpacked(value: int | str | bytes) -> Any:
    """Return the value. Raises ValueError for anything that `packed` did not produce, such as pickles of
    earlier versions.
    """
    return value if isinstance(value, int) else json.loads(value)


class JsonSerializer:
    """The serializer for Django's RedisCache. A value that cannot be read counts as missing."""

    def dumps(self, value: Any) -> int | str:
        return packed(value)

    def loads(self, data: bytes) -> Any:
        try:
            return unpacked(data)
        except ValueError:
            return None
