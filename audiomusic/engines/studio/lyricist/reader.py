"""Read a sentence into the facts for a song about it, with small rules for each language.

The sentence's words are kept unchanged where possible, so that what is correct in the sentence is correct in
the song: a place keeps its preposition, a noun its article, a clause its tense.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from audiomusic.engines.captions.reader import read_wishes
from audiomusic.engines.studio.lyricist.clauses import ClauseReader
from audiomusic.engines.studio.lyricist.grammar import LANGUAGES, Grammar, grammar
from audiomusic.engines.studio.lyricist.inflection.german import nominative
from audiomusic.engines.studio.lyricist.manner import is_musical, music_words, split_manner
from audiomusic.engines.studio.lyricist.mood import mood_of, occasion_of
from audiomusic.engines.studio.lyricist.sentence import Fact, Sentence
from audiomusic.engines.studio.lyricist.tokens import PUNCTUATION, text_of, tokens_of

FIGURES = frozenset({"tempo", "metre"})


def _without_measures(query: str) -> str:
    """Remove musical figures and keys from the sentence: "5/4", "120 bpm", "F# minor"."""
    for wish in read_wishes(query).wishes:
        is_key = wish.aspect == "key" and " " in str(wish.value)
        if is_key or (wish.aspect in FIGURES and any(char.isdigit() for char in wish.words)):
            query = query.replace(wish.words, ",")
    return query


@lru_cache(maxsize=256)
def read_sentence(query: str, language: str) -> Sentence:
    """Read a sentence with the tables of its language, one of LANGUAGES. Cached: every take asks again."""
    tables = grammar(language if language in LANGUAGES else "en")
    music = music_words(query)
    split = split_manner(tokens_of(_without_measures(query), tables), tables, music)
    reader = ClauseReader(tables)
    for number, segment in enumerate(_segments(split.subject, tables)):
        if (number or not split.link) and is_musical(segment, tables, music):
            continue
        reader.read(segment, split.link if not number else "", is_first=not number)
    facts = tuple(reader.facts)
    manner_occasion = occasion_of(split.manner, tables)
    occasion = manner_occasion or occasion_of(split.subject, tables)
    return Sentence(
        language=tables.language,
        facts=_in_order(facts, split.link),
        occasion=occasion,
        is_occasion_song=bool(manner_occasion) or not facts,
        mood=mood_of(query, split, occasion, tables),
        pair=_pair(facts, split.subject, tables),
        names=tuple(dict.fromkeys(fact.name for fact in facts if fact.name)),
    )


def _segments(tokens: Iterable[str], tables: Grammar) -> list[list[str]]:
    segments: list[list[str]] = [[]]
    for token in tokens:
        if token in PUNCTUATION:
            segments.append([])
        else:
            segments[-1].append(token)
    return [segment for segment in segments if segment]


def _in_order(facts: tuple[Fact, ...], link: str) -> tuple[Fact, ...]:
    """Return named facts first if the song is for someone; the other facts keep their order."""
    named = [fact for fact in facts if fact.name] if link == "for" else []
    return (*named, *(fact for fact in facts if fact not in named))


def _pair(facts: tuple[Fact, ...], tokens: tuple[str, ...], tables: Grammar) -> str:
    """Match "Emma and her blue elephant": return the two as the sentence joins them."""
    if len(facts) < 2 or facts[0].kind not in ("who", "thing") or facts[1].kind != "thing":
        return ""
    first = facts[0].name or (nominative(facts[0]) if tables.language == "de" else facts[0].text)
    second = nominative(facts[1]) if tables.language == "de" else facts[1].text
    joint = next((t for t in tokens if t.casefold() in tables.words("joints", "and")), "")
    joined = joint and f"{facts[0].text} {joint} {facts[1].text}" in text_of(list(tokens))
    return f"{first} {joint} {second}" if joined and first and second else ""
