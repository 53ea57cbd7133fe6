"""How many jobs of each kind a user has, read from stored counts instead of counting jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db import connection

from audiomusic.accounts.models import User
from jobs.models import TagKind

Tag = tuple[str, str]  # kind ("language", "genre", "emotion", "occasion") and value
ANY_TAG: Tag = ("", "")
TAG_KINDS = ("language", *TagKind.values)


class Cell(NamedTuple):
    """The number of jobs that share all these values."""

    kind: str
    value: str
    task: str
    song_type: str
    status: str
    interaction: str
    count: int  # type: ignore[assignment]  # a column's name

    def matches(self, tag: Tag, is_liked: bool | None, fields: dict[str, str]) -> bool:
        return (
            (self.kind, self.value) == tag
            and (is_liked is None or is_liked == (self.interaction == "like"))
            and all(getattr(self, name) == value for name, value in fields.items())
        )


class JobCounts(list[Cell]):
    """The cells of a user's jobs, and of the jobs with each of `tags`, at one moment."""

    @classmethod
    def of_user(cls, user: User, tags: Iterable[Tag] = ()) -> JobCounts:
        """Read the cells with one query, over at most a few hundred rows however many jobs there are."""
        wanted = [ANY_TAG, *tags]
        # Not one SELECT with OR: SQLite would scan all the user's rows.
        of_tag = "FROM jobs_jobtally WHERE user_id = %s AND kind = %s AND value = %s"
        select = f"SELECT {', '.join(Cell._fields)} {of_tag}"
        with connection.cursor() as cursor:  # raw SQL, because every list runs this
            cursor.execute(
                " UNION ALL ".join([select] * len(wanted)),
                [word for kind, value in wanted for word in (user.id, kind, value)],
            )
            return cls(Cell(*row) for row in cursor.fetchall())

    def count(  # type: ignore[override]
        self, tag: Tag = ANY_TAG, *, is_liked: bool | None = None, **fields: str
    ) -> int:
        """Return the number of jobs with this tag, this opinion (None: any) and these values of task,
        song_type, status."""
        return sum(cell.count for cell in self if cell.matches(tag, is_liked, fields))

    def by(self, name: str, **fields: str) -> dict[str, int]:
        """Map each value of a column to its number of jobs, for jobs that match `fields`."""
        counts: Counter[str] = Counter()
        for cell in self:
            if cell.matches(ANY_TAG, None, fields):
                counts[getattr(cell, name)] += cell.count
        return {value: count for value, count in counts.items() if count > 0}


DAY_KIND = "day"


def days_of(user: User) -> list[tuple[date, int]]:
    """Return (day in UTC, jobs made on it), oldest first. One query, over one row per such day."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT value, SUM(count) FROM jobs_jobtally WHERE user_id = %s AND kind = %s"
            " GROUP BY value ORDER BY value",
            [user.pk, DAY_KIND],
        )
        return [(date.fromisoformat(value), int(count)) for value, count in cursor.fetchall()]


def tags_held(user: User) -> dict[str, list[str]]:
    """Map each kind to the values that any job of the user has. The query jumps from value to value: reading
    all rows would cost more with every job."""
    held: dict[str, list[str]] = {kind: [] for kind in TAG_KINDS}
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"user": user.id})
        for kind, value in cursor.fetchall():
            held[kind].append(value)
    return {kind: sorted(values) for kind, values in held.items()}


_KINDS = " UNION ALL ".join(f"SELECT '{kind}' AS kind" for kind in TAG_KINDS)
_OF_KIND = "SELECT MIN(value) FROM jobs_jobtally WHERE user_id = %(user)s AND kind = kinds.kind"
_HELD = f"""
    WITH RECURSIVE held (kind, value) AS (
        SELECT kinds.kind, ({_OF_KIND}) FROM ({_KINDS}) AS kinds
        UNION ALL
        SELECT kinds.kind, ({_OF_KIND} AND jobs_jobtally.value > kinds.value) FROM held AS kinds
        WHERE kinds.value IS NOT NULL
    )
    SELECT kind, value FROM held WHERE EXISTS (
        SELECT 1 FROM jobs_jobtally AS counts
        WHERE user_id = %(user)s AND counts.kind = held.kind AND counts.value = held.value
        GROUP BY task, song_type, status, interaction HAVING SUM(count) > 0
    )
"""
