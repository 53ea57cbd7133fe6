"""What a list can be narrowed by, and how many jobs each choice would leave: read from the tallies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum

from audiomusic.accounts.models import User
from jobs.models import JobTally
from jobs.tallies import ANY_TAG, TAG_KINDS, Tag, Tallies

#: The job's own columns among the filters: what the tallies tell apart in every cell.
COLUMNS = ("song_type", "status")
LIKED = "liked"

Counts = dict[str, int]


@dataclass(frozen=True)
class FacetCounts:
    """`of[name][value]`: how many jobs there would be with this value and all other filters. None where
    only going through the jobs could tell: two tags at once, or a search."""

    of: Mapping[str, Counts | None]
    held: Mapping[str, list[str]]  # tag kind -> the values that the user has at all


def facet_counts(user: User, values: Mapping[str, Any]) -> FacetCounts:
    """Two queries, over the user's tallies alone. `values`: filter -> chosen value or None."""
    chosen = [(kind, values[kind]) for kind in TAG_KINDS if values.get(kind)]
    by_tag = _by_tag(user, values)
    tallies = Tallies.of_user(user, chosen)
    is_searched = bool(values.get("search"))
    of: dict[str, Counts | None] = {}
    for name in (*COLUMNS, LIKED):
        is_known = not is_searched and len(chosen) <= 1
        of[name] = _by_column(tallies, name, values, chosen[0] if chosen else ANY_TAG) if is_known else None
    for kind in TAG_KINDS:
        is_known = not is_searched and all(other == kind for other, _ in chosen)
        of[kind] = by_tag[kind] if is_known else None
    return FacetCounts(of, {kind: sorted(counts) for kind, counts in by_tag.items()})


def _by_column(tallies: Tallies, name: str, values: Mapping[str, Any], tag: Tag) -> Counts:
    fields = {column: values[column] for column in COLUMNS if column != name and values.get(column)}
    is_liked = None if name == LIKED else values.get(LIKED)
    counts: Counts = {}
    for cell in tallies:
        if cell.matches(tag, is_liked, fields):
            key = (
                ("true" if cell.interaction == "like" else "false") if name == LIKED else getattr(cell, name)
            )
            counts[key] = counts.get(key, 0) + cell.count
    return {key: count for key, count in counts.items() if count > 0}


def _by_tag(user: User, values: Mapping[str, Any]) -> dict[str, Counts]:
    cells = JobTally.objects.filter(user=user, kind__in=TAG_KINDS)
    fields = {column: values[column] for column in COLUMNS if values.get(column)}
    if values.get(LIKED) is not None:
        cells = cells.filter(interaction="like") if values[LIKED] else cells.exclude(interaction="like")
    counts: dict[str, Counts] = {kind: {} for kind in TAG_KINDS}
    for kind, value, count in (
        cells.filter(**fields).values_list("kind", "value").annotate(count=Sum("count")).filter(count__gt=0)
    ):
        counts[kind][value] = count
    return counts
