"""Proof that what is searched is what the jobs say."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DatabaseError, connection, transaction

from audiomusic.db.triggers import missing_triggers
from jobs.models import Job, SearchDocument
from jobs.search.ddl import JOB_BITS, TRIGGERS, USER_SHIFT
from jobs.search.documents import text_id
from jobs.search.normalize import normalize_texts

CHUNK = 2000


def text_problems() -> list[str]:
    """A sentence for each job that would not be found by its texts; empty when all are."""
    return [*_missing_triggers(), *_wrong_texts(), *_orphans(), *_broken_index()]


def _missing_triggers() -> Iterator[str]:
    for name in missing_triggers(connection, TRIGGERS):
        yield f"The trigger {name} is missing, so changed texts are not noticed."


def _wrong_texts() -> Iterator[str]:
    rows = Job.objects.order_by("id").values_list("id", "user_id", "display_name", "prompt", "lyrics")
    chunk: list[tuple[int, int, str]] = []
    for job_id, user_id, *texts in rows.iterator(chunk_size=CHUNK):
        chunk.append((job_id, text_id(user_id, job_id), normalize_texts(*texts)))
        if len(chunk) == CHUNK:
            yield from _wrong_in(chunk)
            chunk.clear()
    yield from _wrong_in(chunk)


def _wrong_in(chunk: list[tuple[int, int, str]]) -> Iterator[str]:
    kept = SearchDocument.objects.in_bulk([id for _, id, _ in chunk])
    for job_id, id, wanted in chunk:
        text = kept.get(id)
        if text is None:
            yield f"Job {job_id} has no text to be found by."
        elif not text.is_stale and text.body != wanted:  # a stale one is folded before it is asked
            yield f"Job {job_id} is found by other words than it has."


def _orphans() -> Iterator[str]:
    surplus = SearchDocument.objects.count() - Job.objects.count()
    if surplus > 0:
        yield f"{surplus} texts belong to no job."


def _broken_index() -> Iterator[str]:
    yield from {"sqlite": _broken_trigrams, "postgresql": _unknown_words}[connection.vendor]()


def _broken_trigrams() -> Iterator[str]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:  # FTS5 reads every text again
            cursor.execute("INSERT INTO jobs_textindex (jobs_textindex, rank) VALUES ('integrity-check', 1)")
    except DatabaseError:
        yield "The index jobs_textindex is not that of the texts; its command 'rebuild' makes it anew."


def _unknown_words() -> Iterator[str]:
    used = f"SELECT DISTINCT unnest(words) # (id >> {JOB_BITS} << {USER_SHIFT}) AS id FROM jobs_jobtext"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM ({used}) AS used WHERE id NOT IN (SELECT id FROM jobs_textword)"
        )
        (unknown,) = cursor.fetchone()
    if unknown:
        yield f"{unknown} words of the texts are not among jobs_textword."
