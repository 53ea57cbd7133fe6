"""The reader of a reworked song's words: the one that counted its syllables, so that each has a note."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from audiomusic.engines.studio.plan import Plan
from audiomusic.engines.studio.score import Reader, Score, Syllable
from audiomusic.engines.studio.voice import choose_reader, syllabify


def counted_for(reader: Reader) -> Callable[[Sequence[str], str], list[list[Syllable]]]:
    """Return the syllable counter for composing."""
    return partial(syllabify, reader=reader)


def reader_of(source: Score, plan: Plan) -> Reader:
    """Return the reader of the song's own lines; if it is first sung now, the reader for a new song."""
    if source.vocals:
        return source.reader
    return choose_reader(plan.language or "", is_sung=bool(plan.lyrics))
