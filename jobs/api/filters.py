"""Which jobs a list shows, and which page of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import django_filters
from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError

from jobs.models import Job, Status, Task

DEFAULT_LIMIT = 50
MAX_LIMIT = 100
MAX_SKIP = 2**31 - 1


class WordFilter(django_filters.Filter):
    """One of a closed set of words, in any case. Another word is refused, naming what is allowed."""

    def __init__(self, *, words: Iterable[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = {word.lower(): word for word in words}

    def filter(self, queryset: QuerySet[Job], value: Any) -> QuerySet[Job]:
        if value in (None, ""):
            return queryset
        word = self.words.get(str(value).lower())
        if word is None:
            raise ValidationError({self.field_name: f"One of {', '.join(self.words.values())} was wanted."})
        return super().filter(queryset, word)


class JobFilter(django_filters.FilterSet):
    task = WordFilter(words=Task.values)
    status = WordFilter(words=Status.values)

    class Meta:
        model = Job
        fields: tuple[str, ...] = ()


class Page(NamedTuple):
    """A slice of a list: so many rows left out, so many shown."""

    skip: int
    limit: int

    @classmethod
    def of(cls, query: Any) -> Page:
        """From `skip` and `limit`. Raises ValidationError naming what is allowed."""
        return cls(
            _whole_number(query, "skip", 0, 0, MAX_SKIP),
            _whole_number(query, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT),
        )

    def cut(self, queryset: QuerySet[Job]) -> QuerySet[Job]:
        return queryset[self.skip : self.skip + self.limit]


def _whole_number(query: Any, name: str, default: int, low: int, high: int) -> int:
    text = query.get(name, "")
    if text == "":
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and low <= int(text) <= high):
        raise ValidationError({name: f"A whole number from {low} to {high} was wanted."})
    return int(text)
