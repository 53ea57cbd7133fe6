"""Read a wish written without spaces: what these languages share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from audiomusic.engines.studio.lyricist.sentence import Fact, Sentence
from audiomusic.engines.studio.lyricist.signs.tables import (
    SignTables,
    Subject,
    mood_of_signs,
    occasion_of_signs,
    sign_tables,
    subjects,
)


class SubjectReader(Protocol):
    """Reads one subject after another into `facts`."""

    facts: list[Fact]

    def read(self, subject: Subject) -> None: ...


def read_signs(language: str, query: str, new_reader: Callable[[SignTables], SubjectReader]) -> Sentence:
    """Read the wish into people, things, places and clauses, in its own words."""
    tables = sign_tables(language)
    reader = new_reader(tables)
    for subject in subjects(query, tables):
        reader.read(subject)
    occasion = occasion_of_signs(query, tables)
    return Sentence(
        language,
        facts=tuple(reader.facts),
        occasion=occasion,
        mood=mood_of_signs(query, occasion, tables),
        names=tuple(dict.fromkeys(fact.name for fact in reader.facts if fact.name)),
    )
