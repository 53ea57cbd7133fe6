"""What a client may ask of a list: every name, and which values it takes. Anything else is refused,
naming what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import django_filters
from django import forms
from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError

from audiomusic.accounts.models import User
from audiomusic.characters import NOT_NUL
from audiomusic.engines.vocabulary import named
from jobs.models import SongType, Status, TagKind, Task
from jobs.search import ALL, find
from library.conditions import Condition, Has, Liked, Says, Tagged
from library.listing import NEWEST, SORTS

DEFAULT_LIMIT = 50
MAX_LIMIT = 100
MAX_SKIP = 2**31 - 1

SONG_TYPES = {word: word for word in SongType.values} | {
    f"{word}s": word for word in SongType.values if not word.endswith("s")
}


class WordField(forms.CharField):
    """One of a closed set of words, in any case; it becomes what the word stands for."""

    def __init__(self, *, words: Mapping[str, Any], **options: Any) -> None:
        super().__init__(**options)
        self.words = {word.lower(): meaning for word, meaning in words.items()}
        first = {meaning: word for word, meaning in reversed(words.items())}
        self.names = ", ".join(first[meaning] for meaning in dict.fromkeys(words.values()))

    def to_python(self, value: Any) -> Any:
        word = (value or "").strip().lower()
        if word and word not in self.words:
            raise forms.ValidationError(f"One of {self.names} was wanted.")
        return self.words.get(word)


class NumberField(forms.CharField):
    """A whole number in decimal digits."""

    def __init__(self, *, low: int, high: int, default: int, **options: Any) -> None:
        super().__init__(**options)
        self.low, self.high, self.default = low, high, default

    def to_python(self, value: Any) -> int:
        text = value or str(self.default)
        is_number = text.isascii() and text.isdigit() and len(text) <= 10
        if not (is_number and self.low <= int(text) <= self.high):
            raise forms.ValidationError(f"A whole number from {self.low} to {self.high} was wanted.")
        return int(text)


class WordFilter(django_filters.Filter):
    field_class = WordField

    def __init__(self, words: Iterable[str] | Mapping[str, Any], help_text: str) -> None:
        table = words if isinstance(words, Mapping) else {word: word for word in words}
        super().__init__(words=table, help_text=help_text)
        words = [*dict.fromkeys([*table, *map(str.lower, table)]), ""]  # blank: as if it were left out
        self.schema = {"type": "string", "enum": words}


class SwitchFilter(WordFilter):
    def __init__(self, help_text: str) -> None:
        super().__init__({"true": True, "false": False}, help_text)


class NumberFilter(django_filters.Filter):
    field_class = NumberField

    def __init__(self, low: int, high: int, default: int, help_text: str) -> None:
        super().__init__(low=low, high=high, default=default, help_text=help_text)
        self.schema = {"type": "integer", "minimum": low, "maximum": high, "default": default}


class TextFilter(django_filters.Filter):
    field_class = forms.CharField  # refuses NUL, which no database stores
    schema = {"type": "string", "pattern": f"^{NOT_NUL}*$"}

    def __init__(self, help_text: str, *, strip: bool = True) -> None:
        super().__init__(help_text=help_text, strip=strip)


class Query(django_filters.FilterSet):
    """The parameters of one list, in the order in which they are told."""

    @classmethod
    def read(cls, query: QueryDict) -> dict[str, Any]:
        """Name -> value; None where nothing was said. Raises ValidationError for all that is wrong."""
        fields, values, errors = cls.fields(), dict(cls.defaults()), {}
        for name, given in query.lists():
            try:
                values[name] = cls._value(fields.get(name), given)
            except forms.ValidationError as error:
                errors[name] = error.messages
        if errors:
            raise ValidationError(errors)
        return values

    @classmethod
    def _value(cls, field: forms.Field | None, given: list[str]) -> Any:
        if field is None:
            names = ", ".join(cls.base_filters)
            raise forms.ValidationError(f"There is no such parameter; there are {names}.")
        if len(given) > 1:
            raise forms.ValidationError("It was given more than once.")
        return field.clean(given[0])

    @classmethod
    @cache
    def fields(cls) -> dict[str, forms.Field]:
        return {name: filter.field for name, filter in cls.base_filters.items()}

    @classmethod
    @cache
    def defaults(cls) -> dict[str, Any]:
        return {name: field.clean("") for name, field in cls.fields().items()}

    @classmethod
    def parameters(cls) -> list[OpenApiParameter]:
        return [
            OpenApiParameter(name, filter.schema, description=filter.extra["help_text"])
            for name, filter in cls.base_filters.items()
        ]


class OneJobQuery(Query):
    include_interactions = SwitchFilter("Whether the job says what you think of it.")


class CountsQuery(Query):
    status = WordFilter(Status.values, "Only jobs with this status, in any case.")
    song_type = WordFilter(SONG_TYPES, "Only jobs of this type; plural forms too.")


class LikedQuery(CountsQuery):
    skip = NumberFilter(0, MAX_SKIP, 0, "Jobs left out.")
    limit = NumberFilter(1, MAX_LIMIT, DEFAULT_LIMIT, "Jobs shown.")
    include_interactions = SwitchFilter("Whether each job says what you think of it.")


class JobQuery(LikedQuery):
    task = WordFilter(Task.values, "Only this task's jobs.")
    liked = SwitchFilter("true: only jobs you like; false: only the others.")
    search = TextFilter("Only jobs whose name, prompt or lyrics hold this text, in any case.", strip=False)
    language = TextFilter("Only songs sung in this language: an ISO 639-1 code.")
    genre = TextFilter("Only jobs of this genre, by any of its names.")
    emotion = TextFilter("Only jobs with this emotion, by any of its names.")
    occasion = TextFilter("Only jobs for this occasion, by any of its names.")
    sort_by = WordFilter(tuple(SORTS), f"What to sort by; {NEWEST}. Equal ones go by id.")
    sort_order = WordFilter(("asc", "desc"), "desc: the greatest, or newest, first.")


def conditions(values: Mapping[str, Any], user: User, *, count_to: int = ALL) -> tuple[Condition, ...]:
    """What a query's values ask of a user's job. `count_to`: as far as what a search finds is counted."""
    columns = [Has(name, values[name]) for name in ("status", "song_type", "task") if values.get(name)]
    language = (values.get("language") or "").lower()
    tags = [
        Tagged(kind, named(kind, values[kind]) or values[kind]) for kind in TagKind.values if values.get(kind)
    ]
    liked = [] if values.get("liked") is None else [Liked(values["liked"])]
    spoken = [Has("vocal_language", language)] if language else []
    others = (*columns, *spoken, *tags, *liked)
    if not values.get("search"):
        return others
    return (*others, Says(find(values["search"], user=user, count_to=0 if others else count_to)))
