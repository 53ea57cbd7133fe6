"""Query parameters of job lists, for the API and the pages: every name with its accepted values. Anything
else is refused with a message that names the allowed ones.

A filter narrows a `JobQuery` by adding a condition. The query itself decides how to read the list: which
index and which counts it uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import django_filters
from django import forms
from django.forms.utils import ErrorDict
from django.http import HttpRequest, QueryDict

from audiomusic.engines.taxonomy import named
from audiomusic.http.regex import NOT_NUL
from jobs.models import SongType, Status, Task
from jobs.search.lookup import find
from jobs.search.terms import read_terms
from library.query.conditions import Condition, FieldEquals, Liked, Tagged, TextContains
from library.query.fields import WordChoiceField
from library.query.job_query import NEWEST, SORTS, JobQuery
from library.tags.selectors import own_tag

SONG_TYPES = {word: word for word in SongType.values} | {
    f"{word}s": word for word in SongType.values if not word.endswith("s")
}


class JobFilter(django_filters.Filter):  # type: ignore[misc]  # django-filter has no types
    """Narrows or sorts a JobQuery. `schema`: the parameter's JSON Schema."""

    schema: dict[str, Any]

    def filter(self, qs: JobQuery, value: Any) -> JobQuery:
        """Return the query, unchanged if the parameter was not given."""
        return qs if value in (None, "") else self.apply(qs, value)

    def apply(self, jobs: JobQuery, value: Any) -> JobQuery:
        return jobs.where(self.condition(jobs, value))

    def condition(self, jobs: JobQuery, value: Any) -> Condition:
        raise NotImplementedError


class ChoiceFilter(JobFilter):
    """A column with one of a closed set of words."""

    field_class = WordChoiceField

    def __init__(self, words: Iterable[str] | Mapping[str, Any], help_text: str) -> None:
        table = words if isinstance(words, Mapping) else {word: word for word in words}
        super().__init__(words=table, help_text=help_text)
        # Lists one case only, although any is accepted, and no blank: generators name a constant after each.
        self.schema = {"type": "string", "enum": [*table]}

    def condition(self, jobs: JobQuery, value: Any) -> Condition:
        return FieldEquals(self.field_name, value)


class BooleanFilter(ChoiceFilter):
    def __init__(self, help_text: str) -> None:
        super().__init__({"true": True, "false": False}, help_text)
        self.schema = {"type": "boolean"}


class LikedFilter(BooleanFilter):
    def condition(self, jobs: JobQuery, value: Any) -> Condition:
        return Liked(value)


class InteractionFilter(BooleanFilter):
    """Adds the caller's like or dislike to each job, without narrowing the list."""

    def apply(self, jobs: JobQuery, value: Any) -> JobQuery:
        return replace(jobs, with_interactions=value)


class OrderingFilter(ChoiceFilter):
    """Sets the sort key of the list."""

    def apply(self, jobs: JobQuery, value: Any) -> JobQuery:
        return replace(jobs, sort_by=value)


class DirectionFilter(ChoiceFilter):
    """Sets the direction of the order."""

    def apply(self, jobs: JobQuery, value: Any) -> JobQuery:
        return replace(jobs, is_descending=value == "desc")


class TextFilter(JobFilter):
    field_class = forms.CharField  # rejects NUL, which no database stores
    schema = {"type": "string", "pattern": f"^{NOT_NUL}*$"}

    def __init__(self, help_text: str, *, strip: bool = True) -> None:
        super().__init__(help_text=help_text, strip=strip)


class TagFilter(TextFilter):
    """A genre, emotion or occasion, by any of its names."""

    def condition(self, jobs: JobQuery, value: str) -> Condition:
        return Tagged(self.field_name, named(self.field_name, value) or value)


class OwnTagFilter(TextFilter):
    """One of the user's own tags, case-insensitive."""

    def condition(self, jobs: JobQuery, value: str) -> Condition:
        return Tagged(self.field_name, own_tag(jobs.user, value))


class LanguageFilter(TextFilter):
    def condition(self, jobs: JobQuery, value: str) -> Condition:
        return FieldEquals("vocal_language", value.lower())


class SearchFilter(TextFilter):
    """The search text. Must be the last filter: together with other conditions the list counts its own rows,
    so the matches of the search alone need not be counted."""

    def apply(self, jobs: JobQuery, value: str) -> JobQuery:
        return super().apply(jobs, value) if read_terms(value) else jobs  # unless it is empty

    def condition(self, jobs: JobQuery, value: str) -> Condition:
        return TextContains(find(value, user=jobs.user, count_to=0 if jobs.conditions else jobs.count_to))


class JobListForm(forms.Form):
    """Also rejects unknown and repeated parameters. `other_names`: parameters that are read elsewhere, such
    as those of the pagination."""

    other_names: tuple[str, ...] = ()
    data: QueryDict
    _errors: ErrorDict

    def full_clean(self) -> None:
        super().full_clean()
        given = {name: self._surplus(name) for name in self.data if self._surplus(name)}
        errors = given | {name: self._errors[name] for name in self._errors if name not in given}
        self._errors = ErrorDict({name: errors[name] for name in self.data if name in errors})

    def _surplus(self, name: str) -> list[str]:
        if name not in self.fields and name not in self.other_names:
            names = ", ".join([*self.fields, *self.other_names])
            return [f"Unknown parameter; expected one of: {names}."]
        return ["The parameter was sent more than once."] if len(self.data.getlist(name)) > 1 else []


class JobFilters(django_filters.FilterSet):  # type: ignore[misc]  # as above
    """The filters of a job list."""

    class Meta:
        form = JobListForm

    def __init__(
        self,
        data: QueryDict | None = None,
        queryset: JobQuery | None = None,
        *,
        request: HttpRequest | None = None,
        prefix: str | None = None,
    ) -> None:
        """Initialise like django-filter, but without its deep copy of every filter: that took longer than the
        list's query, and these filters hold no state of a request."""
        self.is_bound, self.data = data is not None, data or QueryDict()
        self.queryset, self.request, self.form_prefix = queryset, request, prefix
        self.filters = self.base_filters

    @classmethod
    @cache
    def form_fields(cls) -> dict[str, forms.Field]:
        return {name: each.field for name, each in cls.base_filters.items()}

    @classmethod
    @cache
    def _form_class(cls) -> type[forms.Form]:
        fields = dict(cls.form_fields())  # a copy, because the metaclass removes them
        return type(f"{cls.__name__}Form", (cls._meta.form,), fields)

    def get_form_class(self) -> type[forms.Form]:
        """Return the form class, created once per filter set; django-filter would create one per request."""
        return self._form_class()

    def filter_queryset(self, queryset: JobQuery) -> JobQuery:
        return self.narrow(queryset, self.form.cleaned_data)

    @classmethod
    def narrow(cls, jobs: JobQuery, values: Mapping[str, Any]) -> JobQuery:
        """Narrow the list by values that the fields have cleaned."""
        for name, each in cls.base_filters.items():
            jobs = each.filter(jobs, values.get(name))
        return jobs


class JobDetailFilterSet(JobFilters):
    include_interactions = InteractionFilter("Whether the job includes your like or dislike.")


class CountsFilterSet(JobFilters):
    status = ChoiceFilter(Status.values, "Only jobs with this status, in any case.")
    song_type = ChoiceFilter(SONG_TYPES, "Only jobs of this type; plural forms too.")


class LikedFilterSet(CountsFilterSet):
    include_interactions = InteractionFilter("Whether each job includes your like or dislike.")


class JobFilterSet(LikedFilterSet):
    task = ChoiceFilter(Task.values, "Only jobs of this task.")
    language = LanguageFilter("Only songs sung in this language: an ISO 639-1 code.")
    genre = TagFilter("Only jobs of this genre, by any of its names.")
    emotion = TagFilter("Only jobs with this emotion, by any of its names.")
    occasion = TagFilter("Only jobs for this occasion, by any of its names.")
    tag = OwnTagFilter("Only jobs with this tag of yours, in any case.")
    liked = LikedFilter("true: only jobs you like; false: only the others.")
    sort_by = OrderingFilter(
        tuple(SORTS),
        f"What to sort by; {NEWEST}. Equal values are sorted by id. Names are sorted by the Unicode "
        "collation, with numbers by value; unknown durations and tempos come last (in audio_duration they "
        "are the lowest).",
    )
    sort_order = DirectionFilter(("asc", "desc"), "desc: the highest, or newest, first.")
    search = SearchFilter(
        "Only jobs whose name, prompt, lyrics, genres or own tags contain each of these words, in any order,"
        ' ignoring case and accents; words in "quotes" must stand together. If nothing contains a word, one'
        " wrong letter in it is corrected, and the header X-Search-Corrected reports it.",
        strip=False,
    )
