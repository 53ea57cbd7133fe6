"""What is asked of the indexes over the texts (jobs.search_tables), in the words of each database."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import connection, transaction

from jobs.folding import pieces_of, word_id
from jobs.search_tables import JOB_BITS, of_user

#: So many texts or fewer are told one by one.
FEW = 5000

MAX_TRIGRAMS = 64  # that a short term may be the beginning of, on SQLite
MAX_WORDS = 1000  # that may hold a piece of the term, on PostgreSQL
MAX_PIECES = 6  # of a term that are looked up; the text itself tells the rest

Range = tuple[int, int]  # the first and the last id of a user's texts

_IS_STALE = "EXISTS (SELECT 1 FROM jobs_jobtext WHERE is_stale AND id BETWEEN %s AND %s)"


class Condition(NamedTuple):
    """A piece of SQL that holds for the texts with a term."""

    table: str
    id: str
    sql: str
    params: tuple[Any, ...]


class Answer(NamedTuple):
    """How many texts hold the term, and which where they are few."""

    total: int
    ids: list[int] | None
    condition: Condition | None
    is_stale: bool  # some text of the user must be folded first


STALE = Answer(0, [], None, is_stale=True)
NOTHING = Answer(0, [], None, is_stale=False)


def ask(term: str, texts: Range) -> Answer:
    """Which of the texts hold the folded term."""
    return {"sqlite": _ask_sqlite, "postgresql": _ask_postgresql}[connection.vendor](term, texts)


# SQLite: a phrase of groups of three letters.


def _ask_sqlite(term: str, texts: Range) -> Answer:
    condition = _sqlite_condition(term, texts)
    table, id, sql, params = condition
    with connection.cursor() as cursor:
        # The first of them show whether they are few; a row of -1 says that something is stale.
        few = f"SELECT {id} FROM {table} WHERE {sql} LIMIT {FEW + 1}"
        cursor.execute(f"SELECT -1 WHERE {_IS_STALE} UNION ALL SELECT * FROM ({few})", [*texts, *params])
        ids = [id for (id,) in cursor.fetchall()]
        if ids[:1] == [-1]:
            return STALE
        if len(ids) <= FEW:
            return Answer(len(ids), ids, condition, is_stale=False)
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {sql}", params)
        return Answer(cursor.fetchone()[0], None, condition, is_stale=False)


def _sqlite_condition(term: str, texts: Range) -> Condition:
    groups = [term] if len(term) > 2 else _trigrams_from(term)
    if len(groups) > MAX_TRIGRAMS:  # a letter or two that stand nearly everywhere
        return Condition("jobs_jobtext", "id", "id BETWEEN %s AND %s AND instr(body, %s)", (*texts, term))
    phrases = " OR ".join('"' + group.replace('"', '""') + '"' for group in groups) or '""'
    sql = "jobs_textindex MATCH %s AND rowid BETWEEN %s AND %s"
    return Condition("jobs_textindex", "rowid", sql, (phrases, *texts))


def _trigrams_from(term: str) -> list[str]:
    """Those that begin with a term of one or two letters: every letter of a text begins one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT term FROM jobs_texttrigram WHERE term >= %s AND term <= %s LIMIT %s",
            [term, term + "\U0010ffff", MAX_TRIGRAMS + 1],
        )
        return [trigram for (trigram,) in cursor.fetchall()]


# PostgreSQL: the words that hold the term, then the user's texts that hold one of them. What the index
# tells by itself is counted without reading a text, which the planner, left to itself, would not do.

_PLANNING = {"enable_seqscan": "off", "jit": "off", "work_mem": "64MB"}


def _ask_postgresql(term: str, texts: Range) -> Answer:
    parts, words = pieces_of(term)
    is_told = [*parts, *words] == [term]  # else the text has to be looked into
    parts, words = _longest(parts), words[:MAX_PIECES]
    with transaction.atomic(), connection.cursor() as cursor:
        is_stale, holders = _words_with(cursor, parts, texts)
        if is_stale:
            return STALE
        if not all(holders):
            return NOTHING
        is_told = is_told and all(len(ids) <= MAX_WORDS for ids in holders)
        condition = _postgresql_condition(holders, words, texts, looked_for="" if is_told else term)
        table, id, sql, params = condition
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {sql}", params)
        (total,) = cursor.fetchone()
        if total > FEW:
            return Answer(total, None, condition, is_stale=False)
        cursor.execute(f"SELECT {id} FROM {table} WHERE {sql}", params)
        ids = [id for (id,) in cursor.fetchall()]
        return Answer(len(ids), ids, condition, is_stale=False)


def _longest(parts: list[str]) -> list[str]:
    return sorted(set(parts), key=lambda part: (-len(part), part))[:MAX_PIECES]


def _postgresql_condition(
    holders: list[list[int]], words: list[str], texts: Range, *, looked_for: str
) -> Condition:
    """`holders`: for each part of a word, the words that hold it."""
    user_id = texts[0] >> JOB_BITS
    clauses: list[str] = []
    params: list[Any] = []
    for ids in holders:
        if len(ids) <= MAX_WORDS:
            clauses.append("words && %s::bigint[]")
            params.append([of_user(id, user_id) for id in ids])
    if words:
        clauses.append("words @> %s::bigint[]")
        params.append([of_user(word_id(word), user_id) for word in words])
    if looked_for:
        clauses.append("id BETWEEN %s AND %s AND strpos(body, %s) > 0")
        params += [*texts, looked_for]
    return Condition("jobs_jobtext", "id", " AND ".join(clauses), tuple(params))


def _words_with(cursor: Any, parts: list[str], texts: Range) -> tuple[bool, list[list[int]]]:
    """Whether something is stale, and for each part the words that hold it. Sets up the planner too."""
    planning = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in _PLANNING.items())
    holders = f"ARRAY(SELECT id FROM jobs_textword WHERE word LIKE %s LIMIT {MAX_WORDS + 1})"
    selected = ", ".join([planning, _IS_STALE, *[holders] * len(parts)])
    cursor.execute(f"SELECT {selected}", [*texts, *(f"%{_literally(part)}%" for part in parts)])
    is_stale, *found = cursor.fetchone()[len(_PLANNING) :]
    return is_stale, found


def _literally(text: str) -> str:
    """The text without LIKE's wildcards."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
