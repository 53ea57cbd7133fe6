"""Checks that derived data, such as the stored counts, matches the rows, and rebuilds the counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from audiomusic.db.name_keys import name_key
from audiomusic.db.triggers import TriggerSet
from library.count_triggers import CELL, TRIGGERS, cells, triggers_replace
from library.models import Reaction
from library.playlists.models import Playlist
from library.smart_lists.models import SmartList


def _differences_sql(vendor: str) -> str:
    return f"""
        SELECT {CELL}, SUM(counted), SUM(kept) FROM (
            SELECT {CELL}, 1 AS counted, 0 AS kept FROM ({cells("jobs_job", vendor)}) AS cells
            UNION ALL SELECT {CELL}, 0, count FROM jobs_jobtally
        ) AS both_sides
        GROUP BY {CELL} HAVING SUM(counted) <> SUM(kept) ORDER BY {CELL}
    """


def counts_problems() -> list[str]:
    """Return a sentence for each cell whose count differs from the number of its jobs. A single statement
    reads one consistent snapshot, so jobs may change meanwhile. Reads every job."""
    return [*_missing(), *_differences()]


def _missing() -> Iterator[str]:
    for name in COUNT_TRIGGERS.missing(connection):
        yield f"The trigger {name} is missing, so the counts are not updated."


def _differences() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_differences_sql(connection.vendor))
        for *cell, counted, kept in cursor.fetchall():
            yield f"User {cell[0]} has {counted} jobs {_named(cell[1:])}, but the stored counts say {kept}."


def _named(words: list[Any]) -> str:
    kind, value, *rest = words
    return " ".join(["with", *([kind, repr(value)] if kind else ["any tag"]), *filter(None, rest)])


@transaction.atomic
def counts_rebuild() -> None:
    """Recount all jobs while no other transaction can change one."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("LOCK TABLE jobs_job, jobs_jobtag, library_reaction IN SHARE MODE")
        cursor.execute("DELETE FROM jobs_jobtally")
        cursor.execute(
            f"INSERT INTO jobs_jobtally ({CELL}, count) "
            f"SELECT {CELL}, COUNT(*) FROM ({cells('jobs_job', connection.vendor)}) AS cells GROUP BY {CELL}"
        )


COUNT_TRIGGERS = TriggerSet(
    names={"sqlite": TRIGGERS, "postgresql": TRIGGERS},
    made_by=("library", "0003_count_jobs_by_day"),
    replace=triggers_replace,
    rebuild=counts_rebuild,
)


_PLAYS_SQL = """
    SELECT job_id, SUM(counted), SUM(kept) FROM (
        SELECT take.job_id, heard.play_count AS counted, 0 AS kept FROM library_listening AS heard
        JOIN jobs_take AS take ON take.id = heard.take_id
        UNION ALL SELECT id, 0, play_count FROM jobs_job WHERE play_count IS NOT NULL
    ) AS both_sides
    GROUP BY job_id HAVING SUM(counted) <> SUM(kept) ORDER BY job_id
"""


def play_count_problems() -> list[str]:
    """Return a sentence for each job whose play count differs from the sum of its takes' counts: lists sort
    by the former, music players read the latter. A single statement reads one consistent snapshot."""
    with connection.cursor() as cursor:
        cursor.execute(_PLAYS_SQL)
        return [
            f"Job {job_id} was played {counted} times by its takes, but its own count says {kept}."
            for job_id, counted, kept in cursor.fetchall()
        ]


def list_name_problems() -> list[str]:
    """Return a sentence for each playlist and smart list whose sort key does not match its name."""
    return [
        f"{noun} {row.pk} does not stand where its name {row.name!r} does; save it once more."
        for noun, model in (("Playlist", Playlist), ("Smart list", SmartList))
        for row in model._default_manager.order_by("id").only("id", "name", "name_key").iterator()
        if row.name_key is None or bytes(row.name_key) != name_key(row.name)
    ]


def reaction_problems() -> list[str]:
    """Return a sentence for each reaction whose user or time differs from its job's."""
    wrong = Reaction.objects.filter(~Q(user=F("job__user")) | ~Q(job_created_at=F("job__created_at")))
    rows = wrong.order_by("job", "user").values_list("user__username", "value", "job")
    sentence = "{0}'s {1} of job {2} has another owner or time than the job."
    return [sentence.format(*row) for row in rows]
