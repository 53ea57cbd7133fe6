"""Finding a user's jobs by words of their name, prompt, lyrics and tags, in any case and any script.

Each term (jobs.search.terms) is matched as a substring of one of the normalized texts
(jobs.search.normalize): the same on every database. An index finds the texts that hold all terms and counts
them; their number decides how the jobs of a page are found. If nothing matches, one wrong letter per word is
corrected (jobs.search.corrections), and the match says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan, In, IsNull

from audiomusic.accounts.models import User
from audiomusic.db.id_list import id_list
from jobs.models import Job, SearchDocument
from jobs.search import queries
from jobs.search.corrections import Correction, Holds, correct
from jobs.search.ddl import JOB_BITS
from jobs.search.documents import search_documents_update, text_id, text_ids
from jobs.search.queries import ALL, Hits, SqlCondition
from jobs.search.terms import needed_texts, read_terms

#: With this many texts or more, a page is found faster by walking the list until it is full, and checking
#: each job's text, than by collecting all of them.
MANY = 50_000

#: Words held by this many of the newest jobs are common.
PROBED, COMMON = 400, 20

FOLD_TRIES = 30


@dataclass(frozen=True)
class Match:
    """The jobs of a user that hold all terms. `ids`: set if they are few; `total`: set if they are few or a
    count was requested; `is_cut`: there are this many or more. `correction`: set if the terms differ from
    those written."""

    user: User
    terms: tuple[str, ...]
    ids: list[int] | None
    condition: SqlCondition | None
    total: int | None
    is_cut: bool = False
    first: list[int] | None = None  # of many: as many as the index returned
    correction: Correction | None = None

    @property
    def is_many(self) -> bool:
        return self.ids is None and (self.total is None or self.total >= MANY)

    def first_ids(self) -> list[int] | None:
        """Return the first few jobs in the order of the index; None if it cannot tell."""
        if self.ids is not None or self.first is not None:
            return self.first if self.ids is None else self.ids
        if self.condition is None:
            return None
        return _job_ids(queries.first_ids(self.condition), self.user)

    def page_predicate(self, path: str = "") -> Any:
        """Return the condition for the jobs at `path` in a list that is read in its order until a page is
        full."""
        return self._stands_in(path) if self.is_many else self.count_predicate(path)

    def count_predicate(self, path: str = "") -> Any:
        """Return the condition for the jobs at `path` if all of them are read, to count or to sort them."""
        if self.ids is not None:
            return In(F(f"{path}id"), id_list(self.ids))
        if self.condition is None:
            return self._stands_in(path)
        table, id, sql, params = self.condition
        return In(self._text_id(F(f"{path}id")), RawSQL(f"SELECT {id} FROM {table} WHERE {sql}", params))

    def _stands_in(self, path: str) -> Any:
        return _holds_all(self.terms, self._text_id(OuterRef(f"{path}id")))

    def _text_id(self, job_id: Any) -> Any:
        return Value(text_id(self.user.pk, 0)) + job_id


def find(words: str, *, user: User, count_to: int = ALL) -> Match:
    """Query the index, which counts matches up to `count_to`; 0: only if they are few."""
    terms = read_terms(words)
    match = _match(needed_texts(terms), user, count_to)
    correction = correct(terms, user, _holder(user)) if match.ids == [] else None
    if correction is None:
        return match
    return replace(_match(correction.texts, user, count_to), correction=correction)


def _match(terms: tuple[str, ...], user: User, count_to: int) -> Match:
    answer = _folded(lambda: queries.ask(terms, text_ids(user), count_to=count_to), user=user)
    ids, first = _job_ids(answer.ids, user), _job_ids(answer.first, user)
    is_cut = ids is None and answer.total is not None and answer.total >= count_to
    return Match(user, terms, ids, answer.condition, answer.total, is_cut, first)


def _holder(user: User) -> Holds:
    """Return a function that tells whether any text of the user holds all the given terms."""

    def holds(terms: Sequence[str]) -> bool:
        answer = _folded(lambda: queries.ask(terms, text_ids(user), count_to=0, few=1), user=user)
        return answer.ids != []

    return holds


def _job_ids(texts: list[int] | None, user: User) -> list[int] | None:
    before = text_id(user.pk, 0)
    return None if texts is None else [id - before for id in texts]


@dataclass(frozen=True)
class FoundEverywhere:
    """The jobs of all users that hold all terms; `ids` is None if they are too many to list (`predicate`
    checks a single one)."""

    terms: tuple[str, ...]
    ids: list[int] | None
    correction: Correction | None = None

    @property
    def predicate(self) -> Any:
        return _holds_all(self.terms, OuterRef("user_id") * Value(1 << JOB_BITS) + OuterRef("id"))


def find_everywhere(words: str) -> FoundEverywhere:
    terms = read_terms(words)
    found = _found_everywhere(needed_texts(terms))
    correction = correct(terms, None, _is_held_anywhere) if found.ids == [] else None
    return replace(_found_everywhere(correction.texts), correction=correction) if correction else found


def _found_everywhere(terms: tuple[str, ...]) -> FoundEverywhere:
    found = FoundEverywhere(terms, None)
    newest = Job.objects.order_by("-created_at", "-id").values("id")[:PROBED]
    if Job.objects.filter(found.predicate, id__in=newest).count() >= COMMON:
        if SearchDocument.objects.filter(is_stale=True).exists():
            search_documents_update()
        return found  # the index would return very many
    answer = _folded(lambda: queries.ask_everybody(terms), user=None)
    ids = None if answer.ids is None else [id & ((1 << JOB_BITS) - 1) for id in answer.ids]
    return replace(found, ids=ids)


def _is_held_anywhere(terms: Sequence[str]) -> bool:
    return _folded(lambda: queries.ask_everybody(terms), user=None).ids != []


def _holds_all(terms: Sequence[str], text_id: Any) -> Any:
    """Return the condition that the text of this id holds all terms, checked for each job in turn."""
    texts = SearchDocument.objects.filter(id=text_id)
    for term in terms:
        texts = texts.filter(GreaterThan(StrIndex(F("body"), Value(term)), 0))
    return IsNull(Subquery(texts.values("id")[:1]), False)


def _folded(ask: Callable[[], Hits], *, user: User | None) -> Hits:
    """Return the index's answer once everything is normalized. The services normalize what they write; texts
    written without them are normalized here."""
    for _ in range(FOLD_TRIES):
        answer = ask()
        if not answer.is_stale:
            return answer
        search_documents_update(user=user)
    whose = f"user {user.pk}" if user else "everybody"
    raise RuntimeError(f"the texts of {whose} change faster than they can be folded")
