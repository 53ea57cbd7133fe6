"""Queries of the indexes over the texts (jobs.search.ddl), for each database.

Alternatives tried on PostgreSQL: one trigram index over the texts themselves (pg_trgm) and LIKE within the
user's ids, and no index at all. 100,000 jobs of 200 users, half of them one user's; medians in ms of the ids
and the exact count, two busy cores.

| user's jobs | term | found | this | trigram index on texts | no index |
|---|---|---|---|---|---|
| 50,000 | rain | 13,243 | 45 | 128 | 127 |
| 50,000 | ra | 32,175 | 92 | 232 | 140 |
| 50,000 | night drive | 0 | 5 | 6 | 119 |
| 50,000 | zqxj | 0 | 3 | 0.1 | 139 |
| 132 | rain | 34 | 2 | 0.2 | 0.1 |
| 132 | ra | 82 | 22 | 0.8 | 0.1 |

The index over words takes 31 MB, the one over texts 43 MB. So this is two to three times as fast for a user
with very many matches, and slower by some milliseconds for a small library, which needs no index. It stays
because the list is measured by large libraries; if a search should ever mean whole words, try PostgreSQL's
own full-text search before changing this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction

from jobs.search.ddl import JOB_BITS, USER_SHIFT, of_user
from jobs.search.normalize import query_terms, word_id

#: With this many texts or fewer, their ids are listed.
FEW = 5000

ALL = 2**63 - 1  # no limit: count to the end

EVERYBODY = (0, 2**63 - 1)  # ids of all possible texts

MAX_TRIGRAMS = 64  # that may start with a short term, on SQLite
MAX_WORDS = 1000  # that may contain a part of the term, on PostgreSQL
MAX_PIECES = 6  # of each kind looked up there; the text itself decides the rest
MAX_PHRASES = 12  # terms looked up on SQLite
MAX_KEYS = 50_000  # index keys in a search of all users on PostgreSQL: words times users

Range = tuple[int, int]  # first and last id of a user's texts

_IS_STALE = "EXISTS (SELECT 1 FROM jobs_jobtext WHERE is_stale AND id BETWEEN %s AND %s)"


#: The normalized terms that a text must hold, all of them.
Terms = Sequence[str]


class SqlCondition(NamedTuple):
    """SQL that is true for the texts with all terms."""

    table: str
    id: str
    sql: str
    params: tuple[Any, ...]


class Hits(NamedTuple):
    """The texts that hold the terms: their ids if they are few, else a condition."""

    ids: list[int] | None
    condition: SqlCondition | None
    total: int | None  # if many, only as far as requested: counting costs most
    first: list[int] | None = None  # if many: FEW of them, if they were listed
    is_stale: bool = False  # a text of the user must be normalized first


STALE = Hits([], None, None, is_stale=True)
NOTHING = Hits([], None, 0)


def ask(terms: Terms, texts: Range, *, count_to: int, few: int | None = None) -> Hits:
    """Return which of the texts hold all normalized terms, counted up to `count_to`; 0: not counted if they
    are many. `few`: more than this are many. One query; on SQLite one more for each term under three
    letters."""
    vendors = {"sqlite": _ask_sqlite, "postgresql": _ask_postgresql}
    return vendors[connection.vendor](terms, texts, count_to, FEW if few is None else few)


def first_ids(condition: SqlCondition) -> list[int]:
    """Return a few of the texts for which the condition is true."""
    table, id, sql, params = condition
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {id} FROM {table} WHERE {sql} LIMIT {FEW}", params)
        return [number for (number,) in cursor.fetchall()]


def ask_everybody(terms: Terms) -> Hits:
    """Return which texts of all users hold all normalized terms, if they are few; otherwise uncounted."""
    if connection.vendor == "sqlite":
        return _ask_sqlite(terms, EVERYBODY, 0, FEW)
    return _ask_postgresql_everybody(terms)


def _answer(ids: list[int], few: int, total: int | None, condition: SqlCondition) -> Hits:
    """Build the result. `ids`: the first ids, up to one more than `few`."""
    if len(ids) <= few:
        return Hits(ids, condition, len(ids))
    return Hits(None, condition, total, first=ids[:few])


def _counting(rows: str, count_to: int) -> str:
    if count_to >= ALL:
        return f"SELECT count(*) {rows}"
    return f"SELECT count(*) FROM (SELECT 1 {rows} LIMIT {count_to}) AS counted"


# SQLite: for each term a phrase of trigrams. FTS5 walks the texts of the rarest and skips through those of
# the others.


def _ask_sqlite(terms: Terms, texts: Range, count_to: int, few: int) -> Hits:
    condition = _sqlite_condition(terms, texts)
    table, id, sql, params = condition
    holding = f"FROM {table} WHERE {sql}"
    asked = [
        f"WITH first AS MATERIALIZED (SELECT {id} AS id {holding} LIMIT {few + 1})",
        f"SELECT 'stale', 0 WHERE {_IS_STALE} UNION ALL SELECT 'id', id FROM first",
    ]
    if count_to:
        is_many = f"(SELECT count(*) FROM first) > {few}"
        asked.append(f"UNION ALL SELECT 'total', ({_counting(holding, count_to)}) WHERE {is_many}")
    with connection.cursor() as cursor:
        cursor.execute(" ".join(asked), [*params, *texts, *(params if count_to else ())])
        rows = cursor.fetchall()
    totals = {word: number for word, number in rows if word != "id"}
    if "stale" in totals:
        return STALE
    return _answer([number for word, number in rows if word == "id"], few, totals.get("total"), condition)


def _sqlite_condition(terms: Terms, texts: Range) -> SqlCondition:
    """Return the condition. What the index cannot decide (one or two letters that occur nearly everywhere,
    more terms than are looked up) is searched in the texts themselves."""
    phrases: list[str] = []
    looked_for: list[str] = []
    for term in terms:
        groups = [term] if len(term) > 2 else _trigrams_from(term)
        if not groups:
            return SqlCondition("jobs_jobtext", "id", "id BETWEEN %s AND %s AND false", texts)
        if len(groups) > MAX_TRIGRAMS or len(phrases) == MAX_PHRASES:
            looked_for.append(term)
        else:
            any_group = " OR ".join('"' + group.replace('"', '""') + '"' for group in groups)
            phrases.append(f"({any_group})")
    stands_in = " AND instr(body, %s) > 0" * len(looked_for)
    if not phrases:
        sql = f"id BETWEEN %s AND %s{stands_in}"
        return SqlCondition("jobs_jobtext", "id", sql, (*texts, *looked_for))
    sql = f"jobs_textindex MATCH %s AND rowid BETWEEN %s AND %s{stands_in}"
    return SqlCondition("jobs_textindex", "rowid", sql, (" AND ".join(phrases), *texts, *looked_for))


def _trigrams_from(term: str) -> list[str]:
    """Return the trigrams that start with a term of one or two letters: every letter of a text starts one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT term FROM jobs_texttrigram WHERE term >= %s AND term <= %s LIMIT %s",
            [term, term + "\U0010ffff", MAX_TRIGRAMS + 1],
        )
        return [trigram for (trigram,) in cursor.fetchall()]


# PostgreSQL: the words that hold the term, then the user's texts that hold one of them.

#: Settings that make the planner count from the index without reading texts, which it would not do on its
#: own.
_PLANNING = ", ".join(
    f"set_config('{name}', '{value}', true)"
    for name, value in {"enable_seqscan": "off", "jit": "off", "work_mem": "64MB"}.items()
)


class _Pieces(NamedTuple):
    """What a text that holds all terms must contain: the longest parts of words and whole words, up to the
    limit; and the terms to search in the text itself, because these do not decide them."""

    parts: list[str]
    words: list[str]
    looked_for: list[str]


def _pieces(terms: Terms) -> _Pieces:
    asked = {term: query_terms(term) for term in terms}
    parts = {part for found, _ in asked.values() for part in found}
    words = list(dict.fromkeys(word for _, found in asked.values() for word in found))[:MAX_PIECES]
    longest = sorted(parts, key=lambda part: (-len(part), part))[:MAX_PIECES]
    looked_up = {*longest, *words}
    sure = {term for term, found in asked.items() if [*found[0], *found[1]] == [term] and term in looked_up}
    return _Pieces(longest, words, [term for term in terms if term not in sure])


def _ask_postgresql(terms: Terms, texts: Range, count_to: int, few: int) -> Hits:
    parts, words, looked_for = _pieces(terms)
    whole = [of_user(word_id(word), texts[0] >> JOB_BITS) for word in words]
    is_stale, ids, total, *found = _looked_up(parts, whole, texts, looked_for, count_to, few)
    if is_stale:
        return STALE
    if not all(found):
        return NOTHING
    if ids is None:  # too many words contain a part, so the index cannot decide
        frequent = {part for part, words in zip(parts, found, strict=True) if len(words) > MAX_WORDS}
        looked_for = [term for term in terms if term in looked_for or term in frequent]
        found = [each for each in found if len(each) <= MAX_WORDS]
    condition = _postgresql_condition(found, whole, texts, looked_for)
    if ids is None:
        return Hits(None, condition, _count(condition, count_to) if count_to else None)
    return _answer(ids, few, total, condition)


def _looked_up(
    parts: list[str], whole: list[int], texts: Range, looked_for: list[str], count_to: int, few: int
) -> tuple[Any, ...]:
    """Return whether a text is stale; the first texts that hold the terms (None if too many words contain one
    of the parts); their number if they are not few; and for each part the user's words that contain it."""
    names = [f"held_{number}" for number in range(len(parts))]
    user_word = f"id # {of_user(0, texts[0] >> JOB_BITS)}"
    found = f"SELECT {user_word} FROM jobs_textword WHERE word LIKE %s LIMIT {MAX_WORDS + 1}"
    held = ", ".join(["1", *(f"ARRAY({found}) AS {name}" for name in names)])
    is_listed = " AND ".join(["true", *(f"cardinality({name}) <= {MAX_WORDS}" for name in names)])
    clauses, params = _clauses(names, whole, texts, looked_for)
    first = f"SELECT jobs_jobtext.id FROM jobs_jobtext WHERE {clauses} LIMIT {few + 1}"
    total = _counting(f"FROM jobs_jobtext WHERE {clauses}", count_to) if count_to else "NULL"
    selected = ", ".join([_IS_STALE, "ids", f"CASE WHEN cardinality(ids) > {few} THEN ({total}) END", *names])
    sql = f"""
        SELECT {_PLANNING};
        WITH held AS MATERIALIZED (SELECT {held}), found AS MATERIALIZED (
            SELECT held.*, CASE WHEN {is_listed} THEN ARRAY({first}) END AS ids FROM held
        )
        SELECT {selected} FROM found
    """  # the settings apply to the rest of the same message
    patterns = [f"%{_literally(part)}%" for part in parts]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [*patterns, *params, *texts, *(params if count_to else ())])
        cursor.nextset()
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def _ask_postgresql_everybody(terms: Terms) -> Hits:
    """Search the texts of all users. A word has a different id for each user, so the index is asked for the
    ids of all users, using the piece that the fewest words contain."""
    parts, words, _ = _pieces(terms)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {_PLANNING}")
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM jobs_jobtext WHERE is_stale), (SELECT count(*) FROM accounts_user)"
        )
        is_stale, users = cursor.fetchone()
        if is_stale:
            return STALE
        holders = [[word_id(word)] for word in words]
        for part in parts:
            pattern = f"%{_literally(part)}%"
            sql = f"SELECT id FROM jobs_textword WHERE word LIKE %s LIMIT {MAX_WORDS + 1}"
            cursor.execute(sql, [pattern])
            holders.append([id for (id,) in cursor.fetchall()])
        if not all(holders):
            return NOTHING
        fewest = min(holders, key=len, default=[])
        if not fewest or len(fewest) > MAX_WORDS or len(fewest) * users > MAX_KEYS:
            return Hits(None, None, None)
        keys = f"SELECT word # (id::bigint << {USER_SHIFT}) FROM unnest(%s::bigint[]) AS word, accounts_user"
        holding = f"words && ARRAY({keys})" + " AND strpos(body, %s) > 0" * len(terms)
        cursor.execute(f"SELECT id FROM jobs_jobtext WHERE {holding} LIMIT {FEW + 1}", [fewest, *terms])
        ids = [id for (id,) in cursor.fetchall()]
    return Hits(ids if len(ids) <= FEW else None, None, None)


def _count(condition: SqlCondition, count_to: int) -> int:
    table, _, sql, params = condition
    with connection.cursor() as cursor:
        cursor.execute(_counting(f"FROM {table} WHERE {sql}", count_to), params)
        (total,) = cursor.fetchone()
        return int(total)


def _postgresql_condition(
    holders: list[list[int]], whole: list[int], texts: Range, looked_for: list[str]
) -> SqlCondition:
    """Return the condition. `holders`: for each part of a word, the words that contain it."""
    clauses, params = _clauses(["%s::bigint[]"] * len(holders), whole, texts, looked_for)
    return SqlCondition("jobs_jobtext", "id", clauses, (*holders, *params))


def _clauses(
    holders: Sequence[str], whole: list[int], texts: Range, looked_for: list[str]
) -> tuple[str, list[Any]]:
    """Return the clauses that are true for texts with any of each group of holders, all whole words, and the
    terms to search in the text itself."""
    clauses = [f"words && {holder}" for holder in holders]
    params: list[Any] = []
    if whole:
        clauses.append("words @> %s::bigint[]")
        params.append(whole)
    if looked_for or not clauses:
        clauses.append("jobs_jobtext.id BETWEEN %s AND %s")
        clauses += ["strpos(body, %s) > 0"] * len(looked_for)
        params += [*texts, *looked_for]
    return " AND ".join(clauses), params


def _literally(text: str) -> str:
    """Escape LIKE's wildcards in the text."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
