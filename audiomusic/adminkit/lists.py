"""Parts of the admin's lists of many rows."""

from __future__ import annotations

from functools import cached_property

from django.core.paginator import Paginator

MAX_COUNT = 10_000


class CountedPart(Paginator):
    """Says that there are MAX_COUNT rows where there are more."""

    @cached_property
    def count(self) -> int:
        return int(self.object_list[:MAX_COUNT].count())
