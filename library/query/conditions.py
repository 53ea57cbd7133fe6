"""Conditions that narrow a list of jobs. Each can be tested for a given job, and most can find their jobs by
an index, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.lookups import Exact, IsNull

from audiomusic.db.expressions import Unindexed
from audiomusic.db.id_list import id_list
from jobs.counts import JobCounts, Tag
from jobs.models import Job, JobTag
from jobs.search.lookup import Match
from library.models import Reaction


@dataclass(frozen=True)
class Condition:
    """One condition. `path`: from the rows of `find` to their jobs. `created_at`: those rows' field with the
    job's time."""

    path: ClassVar[str] = ""
    created_at: ClassVar[str] = "created_at"

    is_ordered: ClassVar[bool] = True  # whether the rows of `find` come newest first

    @property
    def name(self) -> str:
        """Return the name of the condition's filter."""
        raise NotImplementedError

    @property
    def can_find(self) -> bool:
        """Return whether its jobs can be found without reading others."""
        return True

    @property
    def tag(self) -> Tag | None:
        """Return the tag under which the counts hold these jobs separately, if they do."""
        return None

    @property
    def cells(self) -> Mapping[str, Any] | None:
        """Return what narrows the counts to these jobs, besides `tag`. None if the counts do not distinguish
        them; a total with this condition is then counted from the jobs."""
        return None

    def count(self, job_counts: JobCounts) -> int:
        """Return the number of jobs that meet the condition."""
        tag = [self.tag] if self.tag else []
        return job_counts.count(*tag, **(self.cells or {}))

    def find(self, user_id: int) -> QuerySet[Any]:
        """Return the rows of those jobs, from the index."""
        raise NotImplementedError

    def predicate(self, path: str, user_id: int) -> Any:
        """Return the condition for the jobs at `path`, without steering the choice of an index."""
        raise NotImplementedError

    def scan_predicate(self, path: str, user_id: int) -> Any:
        """Return the same condition for a query that reads all jobs, not only some."""
        return self.predicate(path, user_id)


def looked_up(rows: QuerySet[Any], *, is_there: bool = True) -> Any:
    """Return a predicate that looks for such rows job by job. With EXISTS, PostgreSQL would build a join or
    hash of all rows where a page needs the first fifty."""
    return IsNull(Subquery(rows.values("id")[:1]), not is_there)


@dataclass(frozen=True)
class Parametrised(Condition):
    """A condition with a value that can be replaced."""

    kind: str
    value: str

    def with_value(self, value: str) -> Self:
        return replace(self, value=value)


@dataclass(frozen=True)
class FieldEquals(Parametrised):
    """A job's own column equals a value: task, song_type, status or vocal_language."""

    @property
    def name(self) -> str:
        return "language" if self.kind == "vocal_language" else self.kind

    @property
    def tag(self) -> Tag | None:
        return ("language", self.value) if self.kind == "vocal_language" else None

    @property
    def cells(self) -> Mapping[str, Any]:
        return {} if self.tag else {self.kind: self.value}

    def find(self, user_id: int) -> QuerySet[Any]:
        return Job.objects.filter(user=user_id, **{self.kind: self.value})

    def predicate(self, path: str, user_id: int) -> Any:
        return Exact(Unindexed(F(path + self.kind)), self.value)


@dataclass(frozen=True)
class Tagged(Parametrised):
    """The job has a genre, emotion or occasion."""

    path = "job__"

    @property
    def name(self) -> str:
        return self.kind

    @property
    def tag(self) -> Tag:
        return self.kind, self.value

    @property
    def cells(self) -> Mapping[str, Any]:
        return {}

    def find(self, user_id: int) -> QuerySet[Any]:
        return JobTag.objects.filter(user=user_id, kind=self.kind, value=self.value)

    def predicate(self, path: str, user_id: int) -> Any:
        return looked_up(self._rows(path))

    def scan_predicate(self, path: str, user_id: int) -> Any:
        return Exists(self._rows(path))

    def _rows(self, path: str) -> QuerySet[Any]:
        return JobTag.objects.filter(job=OuterRef(f"{path}id"), kind=self.kind, value=self.value)


@dataclass(frozen=True)
class Liked(Condition):
    """Liked by its owner, or (`is_liked` False) not liked: disliked or without a reaction."""

    path = "job__"
    created_at = "job_created_at"
    name = "liked"
    is_liked: bool

    @property
    def can_find(self) -> bool:
        return self.is_liked

    @property
    def cells(self) -> Mapping[str, Any]:
        return {"is_liked": self.is_liked}

    def find(self, user_id: int) -> QuerySet[Any]:
        return Reaction.objects.filter(user=user_id, value=Reaction.Value.LIKE)

    def predicate(self, path: str, user_id: int) -> Any:
        return looked_up(self._likes(path, user_id), is_there=self.is_liked)

    def scan_predicate(self, path: str, user_id: int) -> Any:
        likes = Exists(self._likes(path, user_id))
        return likes if self.is_liked else ~likes

    def _likes(self, path: str, user_id: int) -> QuerySet[Any]:
        return Reaction.objects.filter(job=OuterRef(f"{path}id"), user=user_id, value=Reaction.Value.LIKE)


@dataclass(frozen=True)
class TextContains(Condition):
    """The name, prompt, lyrics or tags contain the search text."""

    name = "search"
    is_ordered = False
    match: Match

    @property
    def can_find(self) -> bool:
        return self.match.ids is not None

    def find(self, user_id: int) -> QuerySet[Any]:
        return Job.objects.filter(id__in=id_list(self.match.ids or ()))

    def predicate(self, path: str, user_id: int) -> Any:
        return self.match.page_predicate(path)

    def scan_predicate(self, path: str, user_id: int) -> Any:
        return self.match.count_predicate(path)
