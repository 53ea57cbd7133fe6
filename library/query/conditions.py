"""What the jobs of a list have in common. Each condition can be looked up for a job, and most can find
their jobs by an index, newest first."""

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
    """`path`: from the rows of `find` to their jobs. `created_at`: what those rows call its time."""

    path: ClassVar[str] = ""
    created_at: ClassVar[str] = "created_at"

    is_ordered: ClassVar[bool] = True  # the rows of `find` come newest first

    @property
    def name(self) -> str:
        """The filter that asks it."""
        raise NotImplementedError

    @property
    def can_find(self) -> bool:
        """Whether its jobs can be found without looking at others."""
        return True

    @property
    def tag(self) -> Tag | None:
        """Under what the counts keep these jobs apart from the others, where they do."""
        return None

    @property
    def cells(self) -> Mapping[str, Any] | None:
        """What narrows the counts to these jobs, beside `tag`. None: the counts do not know them, so that
        a total with this condition is counted from the jobs."""
        return None

    def count(self, job_counts: JobCounts) -> int:
        """How many jobs meet it."""
        tag = [self.tag] if self.tag else []
        return job_counts.count(*tag, **(self.cells or {}))

    def find(self, user_id: int) -> QuerySet[Any]:
        """Rows of those jobs, from the index."""
        raise NotImplementedError

    def predicate(self, path: str, user_id: int) -> Any:
        """The condition for the jobs at `path`, without choosing an index."""
        raise NotImplementedError

    def scan_predicate(self, path: str, user_id: int) -> Any:
        """The same, where all jobs will be looked at and not only some."""
        return self.predicate(path, user_id)


def looked_up(rows: QuerySet[Any], *, is_there: bool = True) -> Any:
    """Whether there are such rows, asked for each job in turn. Of EXISTS, PostgreSQL would make a join or
    a hash of all rows where a page needs the first fifty."""
    return IsNull(Subquery(rows.values("id")[:1]), not is_there)


@dataclass(frozen=True)
class Parametrised(Condition):
    """A condition with a word in it, for which another can stand."""

    kind: str
    value: str

    def with_value(self, value: str) -> Self:
        return replace(self, value=value)


@dataclass(frozen=True)
class FieldEquals(Parametrised):
    """The job's own column: task, song_type, status or vocal_language."""

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
    """A genre, emotion or occasion."""

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
    """Liked by its owner, or (`is_liked` False) not: disliked, or nothing said."""

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
    """Name, prompt, lyrics or tags hold what was searched for."""

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
