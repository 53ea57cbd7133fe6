"""A user's view of the library: filters, order and position, all read from the URL, so that any view can be
bookmarked. Invalid parameters are ignored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple

from django import forms
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.text import slugify

from audiomusic.accounts.models import User
from audiomusic.http.pages.language_names import language_name
from jobs.models import Job, SongType
from jobs.representations import STATUS_LABELS
from jobs.search.corrections import Correction
from jobs.search.lookup import MANY
from library.query.facets import FacetCounts, FacetSample, FacetSamples, facet_counts
from library.query.fields import IntegerField
from library.query.filters import JobFilterSet
from library.query.job_query import NAME, NEWEST, JobQuery
from library.query.job_row import JobRow, rows_of
from library.selection.deletions import leaving_among

PAGE_SIZE = 24
COMPACT_PAGE_SIZE = 48  # more than fills a screen, otherwise every first page would request a second
MOST_ROWS = 600  # at once, when the user returns to a list that was scrolled this far
SKIP = IntegerField(low=0, high=2**31 - 1, default=0, required=False)
ROWS = IntegerField(low=1, high=MOST_ROWS, default=0, required=False)

View = Literal["comfortable", "compact"]
#: List density -> label.
VIEWS: dict[View, str] = {"comfortable": "Comfortable", "compact": "Compact"}
FIRST_VIEW: View = "comfortable"
SHOWN_CHOICES = 8  # per facet; the rest is folded

KIND_LABELS: dict[str, str] = {
    SongType.SONG: "Songs",
    SongType.RAP: "Rap",
    SongType.VOCALS: "Vocals",
    SongType.INSTRUMENTAL: "Instrumental",
    SongType.SAMPLES: "Samples",
    SongType.EDITS: "Edits",
}
LIKED_LABELS = {"true": "Liked", "false": "Not liked"}
#: Facet -> its label, and the labels of its values if they are a closed set.
FACETS: dict[str, tuple[str, Mapping[str, str] | None]] = {
    "song_type": ("Kind", KIND_LABELS),
    "liked": ("Likes", LIKED_LABELS),
    "status": ("Status", STATUS_LABELS),
    "tag": ("Your tags", None),
    "genre": ("Genre", None),
    "emotion": ("Mood", None),
    "occasion": ("Occasion", None),
    "language": ("Language", None),
}
#: Choices of the order menu: URL value -> label, sort_by and whether it is descending.
ORDERS = {
    "newest": ("Newest first", NEWEST, True),
    "oldest": ("Oldest first", NEWEST, False),
    "name": ("Name, A to Z", NAME, False),
    "name-down": ("Name, Z to A", NAME, True),
    "longest": ("Longest first", "duration", True),
    "shortest": ("Shortest first", "duration", False),
    "fastest": ("Fastest first", "tempo", True),
    "slowest": ("Slowest first", "tempo", False),
    "plays": ("Most played first", "plays", True),
}
FIRST_ORDER = next(iter(ORDERS))
NAMES = ("search", *FACETS, "order")


class FacetChoice(NamedTuple):
    value: str
    slug: str  # the value in a form that is valid in an element id
    label: str
    #: "1,284"; "40+" if that is a lower bound; "" if unknown.
    count: str  # type: ignore[assignment]  # tuple.count is not needed
    is_chosen: bool
    query: str  # query string that selects it or, if it is selected, clears it


class Facet(NamedTuple):
    name: str
    label: str
    first: list[FacetChoice]
    rest: list[FacetChoice]

    @property
    def is_used(self) -> bool:
        return any(choice.is_chosen for choice in [*self.first, *self.rest])


def _part(name: str, text: str) -> str:
    return urlencode({name: text}) if text else ""


slug_of = lru_cache(maxsize=4096)(slugify)  # every page has the same hundred values


class Choice(NamedTuple):
    value: str
    label: str
    is_chosen: bool


def view_of(word: str | None) -> View:
    """Return the view that a cookie or the URL names, or the first one for any other word."""
    return word if word in VIEWS else FIRST_VIEW


@dataclass(frozen=True)
class Browse:
    """One view of a user's library."""

    user: User
    values: Mapping[str, Any]  # as cleaned by the filters
    query_params: Mapping[str, str]  # name -> value in the URL, for valid parameters only
    view: View = FIRST_VIEW

    @classmethod
    def read(cls, user: User, query: QueryDict, view: View = FIRST_VIEW) -> Browse:
        fields = {**JobFilterSet.form_fields(), "skip": SKIP, "rows": ROWS}
        values: dict[str, Any] = {**dict.fromkeys(fields), "skip": 0, "rows": 0}
        said: dict[str, str] = {}
        order = query.get("order", "")
        if order in [*ORDERS][1:]:
            said["order"] = order
        for name in ("search", *FACETS, "skip", "rows"):
            text = query.get(name, "")
            if not text:
                continue
            try:
                values[name] = fields[name].clean(text)
            except forms.ValidationError:
                continue
            said[name] = text
        return cls(user, values, said, view)

    @cached_property
    def jobs(self) -> JobQuery:
        _, sort_by, is_descending = ORDERS[self.order]
        jobs = JobQuery(
            self.user,
            sort_by=sort_by,
            is_descending=is_descending,
            with_interactions=True,
            count_to=MANY,
        )
        return JobFilterSet.narrow(jobs, self.values)

    @property
    def order(self) -> str:
        return self.query_params.get("order", FIRST_ORDER)

    @cached_property
    def samples(self) -> FacetSamples:
        return FacetSamples(self.user, self.jobs.conditions)

    @property
    def _sample(self) -> FacetSample | None:
        """Return some of the songs, if counting them all would cost more the more there are."""
        return self.samples.without("") if self.jobs.is_counted else None

    @cached_property
    def total(self) -> int:
        """Return the number of songs; a lower bound if `has_more_than_total`."""
        return len(self._sample.ids) if self._sample else self.jobs.total

    @property
    def has_more_than_total(self) -> bool:
        return not self._sample.is_all if self._sample else self.jobs.is_cut

    @property
    def search(self) -> str:
        return self.query_params.get("search", "")

    @property
    def correction(self) -> Correction | None:
        """Return the search and what was found instead, if nothing matches the words as written."""
        return self.jobs.correction

    @property
    def exact_query(self) -> str:
        """Return the query string that searches for exactly what was written."""
        return self.query_with(search=self.correction.exact_query) if self.correction else ""

    @property
    def is_narrowed(self) -> bool:
        return any(name in self.query_params for name in ("search", *FACETS))

    @cached_property
    def _jobs_and_next(self) -> list[Job]:
        """Return a page plus the job after it, if there is one."""
        page = self.jobs.uncounted_page if self._sample or self.jobs.is_cut else self.jobs.page
        jobs: list[Job] = page(self.values["skip"], self.row_count + 1)
        return jobs

    @property
    def row_count(self) -> int:
        """Return the number of rows per page."""
        usual = COMPACT_PAGE_SIZE if self.is_compact else PAGE_SIZE
        return int(self.values["rows"]) or usual

    @property
    def is_compact(self) -> bool:
        return self.view == "compact"

    @property
    def views(self) -> list[Choice]:
        return [Choice(word, label, word == self.view) for word, label in VIEWS.items()]

    @cached_property
    def rows(self) -> list[JobRow]:
        jobs = self._jobs_and_next[: self.row_count]
        return rows_of(jobs, with_bars=not self.is_compact, leaving=leaving_among(jobs))

    def first_ids(self, limit: int) -> tuple[list[int], bool]:
        """Return the ids of the first `limit` songs in order, and whether these are all."""
        page = self.jobs.uncounted_page if self._sample or self.jobs.is_cut else self.jobs.page
        ids = [job.id for job in page(0, limit + 1)]
        return ids[:limit], len(ids) <= limit

    @cached_property
    def next_query(self) -> str:
        """Return the next page's query string; "" on the last page."""
        if len(self._jobs_and_next) <= self.row_count:
            return ""
        return self.query_with(skip=str(self.values["skip"] + self.row_count))

    @property
    def query(self) -> str:
        """Return this view's query string without the position in the list."""
        return self.query_with()

    def query_with(self, **changes: str) -> str:
        parts = self._parts | {name: _part(name, text) for name, text in changes.items()}
        return "?" + "&".join(filter(None, parts.values()))

    @cached_property
    def _parts(self) -> dict[str, str]:
        """Return the encoded parameters by name. Cached, because each choice has its own query string."""
        return {name: _part(name, self.query_params[name]) for name in NAMES if name in self.query_params}

    @property
    def hidden_fields(self) -> list[tuple[str, str]]:
        """Return the search form's hidden fields: the filters, without those that have visible fields."""
        return [(name, self.query_params[name]) for name in FACETS if name in self.query_params]

    @property
    def total_words(self) -> str:
        """Return the total, such as "1,284 songs", "1 song found" or "1,000+ songs found"."""
        noun = "song" if self.total == 1 and not self.has_more_than_total else "songs"
        number = f"{self.total:,}" + ("+" if self.has_more_than_total else "")
        return f"{number} {noun}" + (" found" if self.is_narrowed else "")

    @property
    def orders(self) -> list[Choice]:
        return [Choice(word, label, word == self.order) for word, (label, *_) in ORDERS.items()]

    @cached_property
    def facets(self) -> list[Facet]:
        counts = facet_counts(self.user, self._values_as_held, self.samples)
        facets = [self._facet(name, counts) for name in FACETS]
        return [facet for facet in facets if facet.first]

    @cached_property
    def _values_as_held(self) -> dict[str, Any]:
        """Return the filters' values in the spelling of the counts."""
        tags = {condition.tag[0]: condition.tag[1] for condition in self.jobs.conditions if condition.tag}
        return dict(self.values) | tags

    def _facet(self, name: str, counts: FacetCounts) -> Facet:
        label, labels = FACETS[name]
        known, chosen = counts.of[name], self._chosen(name)
        values = list(labels) if labels else counts.held[name]
        is_exact = known is not None and name not in counts.at_least
        if known is not None and is_exact:
            values = [value for value in values if known.get(value) or value == chosen]
        if not labels and known is not None:
            values.sort(key=lambda value: -known.get(value, 0))
        if chosen and chosen not in values:
            values.insert(0, chosen)
        words = {value: f"{count:,}" + ("" if is_exact else "+") for value, count in (known or {}).items()}
        if is_exact:
            words.setdefault(chosen, "0")
        choices = [
            self._choice(name, value, labels, words.get(value, ""), value == chosen) for value in values
        ]
        first = [*choices[:SHOWN_CHOICES], *(each for each in choices[SHOWN_CHOICES:] if each.is_chosen)]
        return Facet(name, label, first, [each for each in choices if each not in first])

    def _chosen(self, name: str) -> str:
        value: Any = self._values_as_held.get(name)
        word: str = {True: "true", False: "false", None: ""}.get(value, value)
        return word

    def _choice(
        self,
        name: str,
        value: str,
        labels: Mapping[str, str] | None,
        count: str,
        is_chosen: bool,
    ) -> FacetChoice:
        label = labels[value] if labels else (language_name(value) if name == "language" else value)
        query = self.query_with(**{name: "" if is_chosen else value})
        return FacetChoice(value, slug_of(value), label, count, is_chosen, query)

    @cached_property
    def chosen(self) -> list[tuple[str, FacetChoice]]:
        """Return the active choices with their facets' labels, to show while the panel is folded."""
        return [
            (facet.label, choice)
            for facet in self.facets
            for choice in [*facet.first, *facet.rest]
            if choice.is_chosen
        ]
