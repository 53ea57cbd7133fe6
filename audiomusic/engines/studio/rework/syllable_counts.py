"""Who reads the words of a song that is worked on: whoever counted its syllables, so each has its note."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from audiomusic.engines.studio.plan import Plan
from audiomusic.engines.studio.score import Reader, Score, Syllable
from audiomusic.engines.studio.voice import choose_reader, syllabify


def counted_for(reader: Reader) -> Callable[[Sequence[str], str], list[list[Syllable]]]:
    """What composing counts syllables with."""
    return partial(syllabify, reader=reader)


def reader_of(source: Score, plan: Plan) -> Reader:
    """The reader of the song's own lines; of one that is sung for the first time, as of a new song."""
    if source.vocals:
        return source.reader
    return choose_reader(plan.language or "", is_sung=bool(plan.lyrics))
