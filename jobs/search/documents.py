"""Maintaining the searched texts: normalizing those of new and changed jobs."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from django.db import connection, transaction

from audiomusic.accounts.models import User
from audiomusic.db.name_keys import name_key
from jobs.models import Job, SearchDocument, TagKind
from jobs.search.ddl import JOB_BITS, of_user
from jobs.search.normalize import dictionary_words, normalize_texts, tokens, word_id

BATCH = 10_000

#: In the order of SearchedTexts. Only the genres of `effective` are read, because it has kilobytes.
TEXT_COLUMNS = ("display_name", "prompt", "lyrics", "effective__genres", "own_tags", "removed_tags")
#: The fields that hold them.
TEXT_FIELDS = ("display_name", "prompt", "lyrics", "effective", "own_tags", "removed_tags")


class SearchedTexts(NamedTuple):
    """The texts as the columns hold them. `removed_tags`: [kind, value] of what the owner removed."""

    display_name: str
    prompt: str
    lyrics: str
    genres: Sequence[str] | None
    own_tags: Sequence[str] | None
    removed_tags: Sequence[Sequence[str]] | None

    @classmethod
    def of_job(cls, job: Job) -> SearchedTexts:
        genres = job.effective.get("genres")
        return cls(job.display_name, job.prompt, job.lyrics, genres, job.own_tags, job.removed_tags)

    @property
    def folded(self) -> str:
        """The texts as stored. Each tag is a text of its own, so no phrase spans two tags."""
        gone = {value for kind, value in self.removed_tags or () if kind == TagKind.GENRE}
        genres = [genre for genre in self.genres or () if genre not in gone]
        return normalize_texts(self.display_name, self.prompt, self.lyrics, *genres, *(self.own_tags or ()))


class Folded(NamedTuple):
    id: int
    body: str


class NamedJob(NamedTuple):
    id: int
    name: str
    key: bytes | memoryview | None  # as stored


def text_id(user_id: int, job_id: int) -> int:
    """Return the id of a job's text."""
    return (user_id << JOB_BITS) + job_id


def text_ids(user: User) -> tuple[int, int]:
    """Return the first and last id that a user's texts can have."""
    return text_id(user.pk, 0), text_id(user.pk + 1, 0) - 1


def search_document_update(*, job: Job) -> None:
    """Normalize the texts of a job that was just written. Call it last in the same transaction, because it
    may wait for another transaction that adds the same new word."""
    _write([Folded(text_id(job.user_id, job.pk), SearchedTexts.of_job(job).folded)])
    _keep_name_keys([NamedJob(job.pk, job.display_name, job.name_key)])


def _keep_name_keys(jobs: Iterable[NamedJob]) -> None:
    """Write name keys that do not match the names, of names written without the model."""
    keys = [(job.id, job.key, name_key(job.name)) for job in jobs]
    wrong = [(new, id) for id, old, new in keys if old is None or bytes(old) != new]
    if not wrong:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany("UPDATE jobs_job SET name_key = %s WHERE id = %s", wrong)
        else:
            cursor.execute(
                "UPDATE jobs_job SET name_key = named.key"
                " FROM unnest(%s::bytea[], %s::bigint[]) AS named (key, id) WHERE jobs_job.id = named.id",
                [[key for key, _ in wrong], [id for _, id in wrong]],
            )


def search_documents_refresh(*, user: User) -> None:
    """Normalize the user's stale texts before a list is sorted by name; there are rarely any."""
    if SearchDocument.objects.filter(is_stale=True, id__range=text_ids(user)).exists():
        search_documents_update(user=user)


def search_documents_update(*, user: User | None = None) -> int:
    """Normalize stale texts of one user or of all. Return how many there were.

    The services normalize what they write; this handles what was written without them.
    """
    folded = 0
    while count := _fold_batch(user):
        folded += count
    return folded


@transaction.atomic
def _fold_batch(user: User | None) -> int:
    """Normalize one batch. A job that changes meanwhile waits for the lock, and is then stale again."""
    stale = SearchDocument.objects.filter(is_stale=True)
    if user is not None:
        stale = stale.filter(id__range=text_ids(user))
    ids = list(stale.select_for_update().order_by("id").values_list("id", flat=True)[:BATCH])
    jobs = Job.objects.filter(id__in=[id & ((1 << JOB_BITS) - 1) for id in ids])
    rows = [
        (user_id, job_id, key, SearchedTexts(*texts))
        for user_id, job_id, key, *texts in jobs.values_list("user_id", "id", "name_key", *TEXT_COLUMNS)
    ]
    _write([Folded(text_id(user_id, job_id), texts.folded) for user_id, job_id, _, texts in rows])
    _keep_name_keys(NamedJob(job_id, texts.display_name, key) for _, job_id, key, texts in rows)
    return len(ids)


def _write(texts: Sequence[Folded]) -> None:
    write = {"sqlite": _write_sqlite, "postgresql": _write_postgresql}[connection.vendor]
    write(texts)
    _note_words({(text.id >> JOB_BITS, word) for text in texts for word in dictionary_words(text.body)})


def _note_words(words: Collection[tuple[int, str]]) -> None:
    """Insert words that are new for a user, always in the same order: concurrent writers of the same words
    may wait for each other but never deadlock."""
    ordered = sorted(words)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            insert = "INSERT OR IGNORE INTO jobs_searchword (user_id, word) VALUES (%s, %s)"
            cursor.executemany(insert, ordered)
        else:
            cursor.execute(
                "INSERT INTO jobs_searchword (user_id, word)"
                " SELECT * FROM unnest(%s::bigint[], %s::text[]) ON CONFLICT DO NOTHING",
                [[user_id for user_id, _ in ordered], [word for _, word in ordered]],
            )


def _write_sqlite(texts: Sequence[Folded]) -> None:
    """Write the texts in one statement, ordered by id; otherwise FTS5 writes an index segment for each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_jobtext SET body = json_extract(folded.value, '$[1]'), is_stale = 0"
            " FROM json_each(%s) AS folded WHERE jobs_jobtext.id = json_extract(folded.value, '$[0]')",
            [json.dumps(sorted(texts), ensure_ascii=False)],
        )


def _write_postgresql(texts: Sequence[Folded]) -> None:
    """Write the texts in one statement. New words are inserted in the same order by every writer, so that no
    two of them deadlock."""
    words = [tokens(text.body) for text in texts]
    noted = sorted((word_id(word), word) for word in set().union(*words))
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH noted AS (INSERT INTO jobs_textword (id, word)"
            " SELECT * FROM unnest(%s::bigint[], %s::text[]) ON CONFLICT DO NOTHING)"
            " UPDATE jobs_jobtext SET body = folded.body, words = folded.words::bigint[], is_stale = false"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS folded (id, body, words)"
            " WHERE jobs_jobtext.id = folded.id",
            [
                [id for id, _ in noted],
                [word for _, word in noted],
                [text.id for text in texts],
                [text.body for text in texts],
                [_array(each, text.id >> JOB_BITS) for each, text in zip(words, texts, strict=True)],
            ],
        )


def _array(words: set[str], user_id: int) -> str:
    """Return the words as a PostgreSQL array of numbers."""
    return "{" + ",".join(str(of_user(word_id(word), user_id)) for word in words) + "}"
