"""Facets of a list with the number of jobs for each choice: read from the stored counts or, where these do
not distinguish such jobs, counted over the jobs up to a limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count, Sum

from audiomusic.accounts.models import User
from audiomusic.db.id_list import id_list
from jobs.counts import ANY_TAG, TAG_KINDS, JobCounts, Tag
from jobs.models import Job, JobCount, JobTag, TagKind
from library.models import Reaction
from library.query.conditions import Condition
from library.query.job_query import JobQuery

#: The job's own columns among the filters, which the counts distinguish in every cell.
COLUMNS = ("song_type", "status")
LIKED = "liked"
NAMES = (*COLUMNS, LIKED, *TAG_KINDS)
CEILING = 300  # jobs to read for a count: a thousand cost 45 ms more with two tags

Counts = dict[str, int]


@dataclass(frozen=True)
class FacetCounts:
    """Counts of the facets. `of[name][value]`: the number of jobs with this value and all other filters; a
    lower bound for facets in `at_least`. None if nothing could be counted."""

    of: Mapping[str, Counts | None]
    at_least: frozenset[str]
    held: Mapping[str, list[str]]  # tag kind -> all values that the user has


def facet_counts(user: User, values: Mapping[str, Any], samples: FacetSamples) -> FacetCounts:
    """Count the choices of each facet. `values`: filter -> selected value or None; `samples`: of the list
    with these filters. Takes two queries over the user's counts, and a few over at most CEILING jobs where
    the counts are not enough: for two tags at once, or a search."""
    chosen = [(kind, values[kind]) for kind in TAG_KINDS if values.get(kind)]
    by_tag = _by_tag(user, values)
    job_counts = JobCounts.of_user(user, chosen)
    is_unknown = any(each.cells is None for each in samples.conditions)  # to the counts, such as a search
    of: dict[str, Counts | None] = {}
    at_least = set()
    for name in NAMES:
        others = [kind for kind, _ in chosen if kind != name]
        if is_unknown or len(others) > (name not in TAG_KINDS):
            sample = samples.without(name)
            of[name] = sample.counts(name) if sample else None
            if sample and not sample.is_all:
                at_least.add(name)
        elif name in TAG_KINDS:
            of[name] = by_tag[name]
        else:
            of[name] = _by_column(job_counts, name, values, chosen[0] if chosen else ANY_TAG)
    return FacetCounts(of, frozenset(at_least), {kind: sorted(counts) for kind, counts in by_tag.items()})


def _by_column(job_counts: JobCounts, name: str, values: Mapping[str, Any], tag: Tag) -> Counts:
    fields = {column: values[column] for column in COLUMNS if column != name and values.get(column)}
    is_liked = None if name == LIKED else values.get(LIKED)
    counts: Counts = {}
    for cell in job_counts:
        if cell.matches(tag, is_liked, fields):
            key = (
                ("true" if cell.interaction == "like" else "false") if name == LIKED else getattr(cell, name)
            )
            counts[key] = counts.get(key, 0) + cell.count
    return {key: count for key, count in counts.items() if count > 0}


def _by_tag(user: User, values: Mapping[str, Any]) -> dict[str, Counts]:
    cells = JobCount.objects.filter(user=user, kind__in=TAG_KINDS)
    fields = {column: values[column] for column in COLUMNS if values.get(column)}
    if values.get(LIKED) is not None:
        cells = cells.filter(interaction="like") if values[LIKED] else cells.exclude(interaction="like")
    counts: dict[str, Counts] = {kind: {} for kind in TAG_KINDS}
    for kind, value, count in (
        cells.filter(**fields).values_list("kind", "value").annotate(count=Sum("count")).filter(count__gt=0)
    ):
        counts[kind][value] = count
    return counts


@dataclass
class FacetSample:
    """Some jobs of a list and their properties; `is_all`: whether these are all of its jobs."""

    user: User
    ids: list[int]
    is_all: bool

    def counts(self, name: str) -> Counts:
        if name == LIKED:
            return self._opinions
        return self._tags[name] if name in TagKind.values else self._columns[name]

    @cached_property
    def _columns(self) -> dict[str, Counts]:
        rows = list(Job.objects.filter(id__in=id_list(self.ids)).values_list(*COLUMNS, "vocal_language"))
        columns = zip((*COLUMNS, "language"), zip(*rows, strict=True), strict=False)
        found = {name: dict(Counter(filter(None, values))) for name, values in columns}
        return {name: found.get(name, {}) for name in (*COLUMNS, "language")}

    @cached_property
    def _opinions(self) -> Counts:
        # Does not filter by the user: SQLite would read all of their likes.
        opinions = Reaction.objects.filter(job__in=id_list(self.ids)).values_list("user_id", "value")
        likes = list(opinions).count((self.user.pk, Reaction.Value.LIKE))
        counts = {"true": likes, "false": len(self.ids) - likes}
        return {word: count for word, count in counts.items() if count}

    @cached_property
    def _tags(self) -> dict[str, Counts]:
        found: dict[str, Counts] = {kind: {} for kind in TagKind.values}
        tags = JobTag.objects.filter(job__in=id_list(self.ids), kind__in=found).order_by()
        for kind, value, count in tags.values_list("kind", "value").annotate(count=Count("id")):
            found[kind][value] = count
        return found


class FacetSamples:
    """Samples of a list, and of the same list without one of its conditions."""

    def __init__(self, user: User, conditions: tuple[Condition, ...]) -> None:
        self.user, self.conditions = user, conditions
        self._known: dict[tuple[str, ...], FacetSample | None] = {}  # keyed by condition names

    def without(self, name: str) -> FacetSample | None:
        """Return the jobs over which a facet's choices are counted: those that meet all conditions but its
        own, or all conditions for "". None if they cannot be found at a bounded cost."""
        others = tuple(each for each in self.conditions if each.name != name)
        key = tuple(each.name for each in others)
        if key not in self._known:
            found = JobQuery(self.user, others).some_ids(CEILING)
            self._known[key] = FacetSample(self.user, *found) if found else None
        return self._known[key]
