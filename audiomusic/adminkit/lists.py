"""Components for long lists in the admin."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator

MAX_COUNT = 10_000


class CountedPart(Paginator):  # type: ignore[type-arg]
    """A paginator that counts at most MAX_COUNT rows."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[:MAX_COUNT].count())
