"""Checks that the search index matches the jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.db import DatabaseError, connection, transaction

from audiomusic.db.name_keys import name_key
from audiomusic.db.triggers import TriggerSet, run_statements
from jobs.models import Job, SearchDocument
from jobs.search.ddl import (
    ADD_MISSING_TEXTS,
    DELETE_ORPHANED_TEXTS,
    INDEX_TRIGGERS,
    JOB_BITS,
    TRIGGERS,
    USER_SHIFT,
    index_rebuild,
    triggers_replace,
)
from jobs.search.documents import TEXT_COLUMNS, SearchedTexts, text_id

CHUNK = 2000


class ExpectedText(NamedTuple):
    job_id: int
    id: int
    body: str
    is_in_place: bool  # whether the name's sort key is correct

    def differs_from(self, text: SearchDocument) -> bool:
        """Whether the stored text is wrong. A stale one is normalized before it is searched."""
        return not text.is_stale and text.body != self.body

    def needs_folding(self, text: SearchDocument) -> bool:
        return self.differs_from(text) or not self.is_in_place


def text_problems() -> list[str]:
    """Return a sentence for each job that its texts would not find; empty if there is none."""
    return [*_missing_triggers(), *_wrong_texts(), *_orphans(), *_broken_index()]


def _missing_triggers() -> Iterator[str]:
    for name in SEARCH_TRIGGERS.missing(connection):
        yield f"The trigger {name} is missing, so changed texts are not noticed."


def _wrong_texts() -> Iterator[str]:
    for chunk in _chunks():
        yield from _wrong_in(chunk)


def _chunks() -> Iterator[list[ExpectedText]]:
    rows = Job.objects.order_by("id").values_list("id", "user_id", "name_key", *TEXT_COLUMNS)
    chunk: list[ExpectedText] = []
    for job_id, user_id, key, *columns in rows.iterator(chunk_size=CHUNK):
        texts = SearchedTexts(*columns)
        is_in_place = key is not None and bytes(key) == name_key(texts.display_name)
        chunk.append(ExpectedText(job_id, text_id(user_id, job_id), texts.folded, is_in_place))
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    yield chunk


def _wrong_in(chunk: list[ExpectedText]) -> Iterator[str]:
    kept = SearchDocument.objects.in_bulk([expected.id for expected in chunk])
    for expected in chunk:
        text = kept.get(expected.id)
        if text is None:
            yield f"Job {expected.job_id} has no search text."
        elif expected.differs_from(text):
            yield f"The search text of job {expected.job_id} is out of date."
        elif not (expected.is_in_place or text.is_stale):
            yield f"The sort key of job {expected.job_id} does not match its name."


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
        yield "The index jobs_textindex does not match the texts; its command 'rebuild' makes it again."


def _unknown_words() -> Iterator[str]:
    used = f"SELECT DISTINCT unnest(words) # (id >> {JOB_BITS} << {USER_SHIFT}) AS id FROM jobs_jobtext"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM ({used}) AS used WHERE id NOT IN (SELECT id FROM jobs_textword)"
        )
        (unknown,) = cursor.fetchone()
    if unknown:
        yield f"{unknown} words of the texts are missing in jobs_textword."


def search_rebuild() -> None:
    """Correct texts that changed while the triggers were missing. Reads every job but writes only wrong
    texts, because each written one goes through the full-text index again."""
    run_statements(connection, [ADD_MISSING_TEXTS, DELETE_ORPHANED_TEXTS])
    for chunk in _chunks():
        kept = SearchDocument.objects.in_bulk([expected.id for expected in chunk])
        wrong = [expected.id for expected in chunk if expected.needs_folding(kept[expected.id])]
        SearchDocument.objects.filter(id__in=wrong).update(is_stale=True)
    index_rebuild(connection)


SEARCH_TRIGGERS = TriggerSet(
    names={"sqlite": (*TRIGGERS, *INDEX_TRIGGERS), "postgresql": TRIGGERS},
    made_by=("jobs", "0029_search_tags"),
    replace=triggers_replace,
    rebuild=search_rebuild,
)
