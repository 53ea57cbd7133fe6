"""Sample jobs become rows: the jobs, what they are found by, their takes and who likes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, transaction

from audiomusic.accounts.models import User
from audiomusic.accounts.services import user_ensure
from audiomusic.db.bulk_copy import BulkTable
from jobs.models import Job, JobTag, JobTally, JobText, Take
from jobs.sample_jobs import SampleJob
from jobs.search.documents import texts_fold
from library.models import Reaction

CACHE_KB = 400_000
TABLES = (Job, JobTag, JobTally, JobText, Take, Reaction)


@transaction.atomic
def ensure_users(first: str, count: int) -> list[int]:
    """The ids of `count` users, the first of that name, the others named after it: bulk, bulk-1, …"""
    names = [first, *(f"{first}-{number}" for number in range(1, count))]
    known = dict(User.objects.filter(username__in=names).values_list("username", "id"))
    return [known.get(name) or user_ensure(username=name)[0].id for name in names]


def write_jobs(samples: Sequence[SampleJob], owners: Sequence[int]) -> None:
    """Write the jobs and all that hangs on them, or nothing. `owners`: the users' ids by number."""
    with transaction.atomic():
        _write_rows(samples, owners)
    texts_fold()


def _write_rows(samples: Sequence[SampleJob], owners: Sequence[int]) -> None:
    jobs = BulkTable(Job, with_id=True)
    ids = jobs.reserve_ids(len(samples))
    numbered = [(id, owners[sample.owner], sample) for id, sample in zip(ids, samples, strict=True)]
    jobs.write({"id": id, "user_id": user_id, **sample.columns} for id, user_id, sample in numbered)
    BulkTable(JobTag).write(_tag_rows(numbered))
    BulkTable(Take).write({"job_id": id, **take} for id, _, sample in numbered for take in sample.takes)
    BulkTable(Reaction).write(_reaction_rows(numbered))


def _tag_rows(numbered: Sequence[tuple[int, int, SampleJob]]) -> Iterator[dict[str, Any]]:
    for id, user_id, sample in numbered:
        common = {"job_id": id, "user_id": user_id, "created_at": sample.columns["created_at"]}
        yield from ({**common, "kind": kind, "value": value} for kind, value in sample.tags)


def _reaction_rows(numbered: Sequence[tuple[int, int, SampleJob]]) -> Iterator[dict[str, Any]]:
    for id, user_id, sample in numbered:
        if sample.interaction:
            moment = sample.columns["created_at"]
            yield {
                "job_id": id, "user_id": user_id, "value": sample.interaction,
                "created_at": moment, "job_created_at": moment,
            }  # fmt: skip


def widen_cache() -> None:
    """Let this connection keep the indexes in memory; SQLite's own share is 2 MB."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = -{CACHE_KB}")


def refresh_statistics() -> None:
    """What PostgreSQL's autovacuum would do by itself some minutes later; SQLite keeps none unasked."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for model in TABLES:
                cursor.execute(f"VACUUM (ANALYZE) {model._meta.db_table}")
