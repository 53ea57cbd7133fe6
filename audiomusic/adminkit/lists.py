"""Parts of the admin's lists of many rows."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator

MAX_COUNT = 10_000


class CountedPart(Paginator):  # type: ignore[type-arg]
    """Says that there are MAX_COUNT rows where there are more."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[:MAX_COUNT].count())
