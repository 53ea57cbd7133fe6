"""Reads smart lists: their search in the library's terms, and the songs that match now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.db.models import QuerySet, Sum
from django.http import QueryDict

from audiomusic.accounts.models import User
from audiomusic.db.id_list import id_list
from jobs.models import Status, Take
from jobs.specs.score_tasks import SILENT_TASKS
from library.query.browse import FACETS, FIRST_ORDER, ORDERS, Browse
from library.query.conditions import FieldEquals
from library.query.job_query import JobQuery
from library.smart_lists.models import SmartList

CONDITIONS = ("search", *FACETS)
MOST_SONGS = 1000  # in a list that is played or saved as a whole


def smart_lists_of(user: User) -> QuerySet[SmartList]:
    """Return the user's smart lists by name."""
    return SmartList.objects.filter(user=user).select_related("user")


def browse_of(user: User, conditions: Mapping[str, str], order: str) -> Browse:
    """Return the library view for these conditions and this order."""
    query = QueryDict(mutable=True)
    query.update({**conditions, "order": order})
    return Browse.read(user, query)


def look_of(smart_list: SmartList) -> Browse:
    return browse_of(smart_list.user, smart_list.conditions, smart_list.order)


def address_query(smart_list: SmartList) -> str:
    """Return the query string of the library page that shows the list, such as "?genre=Jazz"."""
    return look_of(smart_list).query


def condition_words(browse: Browse) -> list[tuple[str, str]]:
    """Return (facet, choice) pairs as labels for people."""
    search = [("Search", f"“{browse.search}”")] if browse.search else []
    named = [(FACETS[name][0], _label(name, browse)) for name in FACETS if name in browse.query_params]
    return search + named


def _label(name: str, browse: Browse) -> str:
    labels = FACETS[name][1]
    value = browse.values[name]
    key = {True: "true", False: "false"}.get(value, value)
    return labels.get(key, str(value)) if labels else str(browse.query_params[name])


class SortWords(NamedTuple):
    """An order in the API's terms."""

    sort_by: str
    sort_order: str


def sort_words(order: str) -> SortWords:
    _, sort_by, is_descending, *_ = ORDERS.get(order, ORDERS[FIRST_ORDER])
    return SortWords(sort_by, "desc" if is_descending else "asc")


def order_word(sort_by: str, sort_order: str) -> str | None:
    """Return the key of the library's order menu, or None if it has no such order."""
    return next((word for word in ORDERS if sort_words(word) == (sort_by, sort_order)), None)


def smart_list_jobs(smart_list: SmartList) -> JobQuery:
    return look_of(smart_list).jobs


def smart_list_take_ids(smart_list: SmartList) -> list[int]:
    """Return the first takes of those songs that have audio, in the list's order, at most MOST_SONGS."""
    jobs = smart_list_jobs(smart_list)
    job_ids = jobs.where(FieldEquals("status", Status.COMPLETED)).first_ids(MOST_SONGS)
    takes = Take.objects.filter(job__in=id_list(job_ids), index=1).exclude(job__task__in=SILENT_TASKS)
    found = dict(takes.values_list("job_id", "id"))
    return [found[job_id] for job_id in job_ids if job_id in found]


def smart_list_takes(smart_list: SmartList) -> list[Take]:
    """Return the same takes with their jobs, for a file."""
    ids = smart_list_take_ids(smart_list)
    heavy = ("peaks", "made_with", "enhanced_lrc", "lrc_content", "job__lyrics", "job__params")
    takes = Take.objects.filter(id__in=id_list(ids)).select_related("job").defer(*heavy)
    known = {take.pk: take for take in takes}
    return [known[take_id] for take_id in ids if take_id in known]


class SmartListTotals(NamedTuple):
    song_count: int
    duration_s: float


def smart_list_totals(smart_list: SmartList) -> SmartListTotals:
    """Return the totals of the songs that are played and saved as a whole."""
    ids = smart_list_take_ids(smart_list)
    takes = Take.objects.filter(id__in=id_list(ids)).aggregate(duration_s=Sum("duration_s"))
    return SmartListTotals(len(ids), takes["duration_s"] or 0.0)
