"""Write the lyrics of a song about a one-sentence wish, in one of WRITTEN_LANGUAGES."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from audiomusic.engines.base import Kind
from audiomusic.engines.languages import guess_language
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.lyricist.grammar import LANGUAGES, grammar
from audiomusic.engines.studio.lyricist.mood import OCCASION_MOODS, tagged_mood
from audiomusic.engines.studio.lyricist.reader import read_sentence
from audiomusic.engines.studio.lyricist.sentence import Fact, Mood, Sentence
from audiomusic.engines.studio.lyricist.signs.chinese import read_chinese
from audiomusic.engines.studio.lyricist.signs.japanese import read_japanese
from audiomusic.engines.studio.lyricist.signs.tables import SIGN_LANGUAGES
from audiomusic.engines.studio.lyricist.themes import (
    called_theme,
    couplets_of,
    find_theme,
    query_words,
    theme_fact,
)
from audiomusic.engines.studio.lyricist.tokens import plain_text
from audiomusic.engines.studio.lyricist.writer import LyricWriter
from audiomusic.engines.taxonomy import tags_of

FALLBACK_LANGUAGE = "en"
WRITTEN_LANGUAGES = (*LANGUAGES, *SIGN_LANGUAGES)
MAX_QUERY_CHARS = 2000
MAX_NAMES = 3
SURE_LEAD = 2  # lead in function words by which another language overrides the requested one
SURE_SHARE = 0.4  # share of function words that identifies a sentence's language

#: Maximum seconds -> the sections that fit a song of that length.
SONG_FORMS: tuple[tuple[float, str], ...] = (
    (14.0, "couplet"),
    (32.0, "chorus"),
    (62.0, "verse chorus"),
    (95.0, "verse chorus verse chorus"),
    (150.0, "verse prechorus chorus verse prechorus chorus"),
    (float("inf"), "verse prechorus chorus verse prechorus chorus bridge chorus"),
)
RAP_FORMS: tuple[tuple[float, str], ...] = (
    (10.0, "rapcouplet"),
    (24.0, "rap4"),
    (50.0, "rap8 chorus"),
    (95.0, "rap8 chorus rap8 chorus"),
    (float("inf"), "rap8 chorus rap8 chorus rap8 chorus"),
)
TAGS = {"prechorus": "Pre-Chorus", "chorus": "Chorus", "bridge": "Bridge"}
#: Added to a caption whose own words do not express the mood.
MOOD_WORDS: dict[Mood, str] = {
    "bright": "joyful",
    "calm": "calm, gentle",
    "sad": "melancholic",
    "past": "nostalgic",
    "plain": "",
}
#: Occasions of the vocabulary, which knows them in many languages -> those with written lines.
OCCASIONS = {
    "Birthday": "birthday", "Wedding": "wedding", "Christmas": "christmas", "Graduation": "graduation",
    "Anniversary": "anniversary", "Party": "party", "Funeral": "memorial",
}  # fmt: skip
LANGUAGE_NAMES = "English, Spanish, French, German, Portuguese, Italian, Japanese and Chinese"
_READERS: dict[str, Callable[[str], Sentence]] = {"ja": read_japanese, "zh": read_chinese}
_LATIN_NAME = re.compile(r"(?<=[a-zà-ÿ,] )[A-ZÀ-Þ][a-zß-ÿ]{1,19}(?: [A-ZÀ-Þ][a-zß-ÿ]{1,19})?\b")


@dataclass(frozen=True)
class WrittenLyrics:
    """The result. `language`: of the words. `not_applied`: what was asked for and not done, and why."""

    title: str
    lyrics: str
    caption: str
    language: str = FALLBACK_LANGUAGE
    not_applied: dict[str, str] = field(default_factory=dict)


def write_lyrics(query: str, *, kind: Kind, language: str, duration_s: float, seed: int) -> WrittenLyrics:
    """Write tagged, rhyming lyrics about the query to fit `duration_s`.

    They are in `language`, or in English if nothing can be written in it. The same query, language and seed
    give the same words.
    """
    query = query[:MAX_QUERY_CHARS]
    asked = language.partition("-")[0].casefold()
    written = asked if asked in WRITTEN_LANGUAGES else FALLBACK_LANGUAGE
    heard = _language_of(query, asked)
    sentence = (
        _READERS.get(written, partial(read_sentence, language=written))(query)
        if heard == written
        else _foreign_sentence(query, heard, written)
    )
    rng = draw(seed, "lyrics", query, written)
    theme = find_theme(query_words(query), sentence.mood, rng)
    if not sentence.facts:
        subject = called_theme(query_words(query)) or theme
        sentence = replace(sentence, facts=(theme_fact(subject, written),))
    writer = LyricWriter(sentence, couplets_of(theme, written, sentence.mood, rng), rng)
    lyrics = "\n\n".join("\n".join(block) for block in _blocks(writer, _form(kind, duration_s), kind))
    return WrittenLyrics(
        writer.title,
        lyrics,
        _caption(query, sentence),
        written,
        _not_applied(asked, heard, written, sentence),
    )


def _form(kind: Kind, duration_s: float) -> list[str]:
    forms = RAP_FORMS if kind == "rap" else SONG_FORMS
    return next(form for longest, form in forms if duration_s <= longest).split()


def _blocks(writer: LyricWriter, form: list[str], kind: Kind) -> Iterator[list[str]]:
    """Yield each section's tag and lines."""
    verses = 0
    chorus = writer.with_second_fact() if form == ["chorus"] else writer.chorus
    for part in form:
        if part in TAGS:
            yield [f"[{TAGS[part]}]", *(chorus if part == "chorus" else writer.section(part))]
            continue
        verses += 1
        yield [f"[Verse {verses}{' - rap' if part.startswith('rap') else ''}]", *writer.section(part)]


def _language_of(query: str, asked: str) -> str:
    """Return the query's language: the guessed one, else by its function words, else the requested one."""
    guessed = guess_language(query, query)
    counts = {code: _small_words(query, code) for code in LANGUAGES}
    best = max(LANGUAGES, key=lambda code: (counts[code], code == asked))
    if asked in LANGUAGES and counts[best] < counts[asked] + SURE_LEAD:
        best = asked
    words = max(1, len(query.split()))
    if guessed and (
        counts[guessed] >= counts[best] if guessed in LANGUAGES else counts[best] < SURE_SHARE * words
    ):
        return guessed
    if counts[best]:
        return best
    return asked if asked in WRITTEN_LANGUAGES else FALLBACK_LANGUAGE


def language_of_wish(query: str) -> str | None:
    """Return the language of a sentence, or None if there is too little evidence."""
    guessed = guess_language(query, query)
    if guessed:
        return guessed
    counts = {code: _small_words(query, code) for code in LANGUAGES}
    best, next_best = sorted(LANGUAGES, key=lambda code: -counts[code])[:2]
    return best if counts[best] >= max(SURE_LEAD, counts[next_best] + 1) else None


def _small_words(query: str, language: str) -> int:
    words = re.findall(r"[^\W\d_]+", query.casefold())
    tables = grammar(language)
    known = tables.function_words | tables.words_at("songs") | tables.numbers
    return sum(word in known for word in words)


def _foreign_sentence(query: str, heard: str, written: str) -> Sentence:
    """Return what can be sung of a sentence in another language: names, occasion and mood."""
    sentence = Sentence(written)
    if heard in LANGUAGES:
        read = read_sentence(query, heard)
        names, occasion, mood = read.names, read.occasion, read.mood
    else:
        names = tuple(dict.fromkeys(_LATIN_NAME.findall(plain_text(query))))
        tags = tags_of(query)
        occasion = next((OCCASIONS[name] for name in tags.occasions if name in OCCASIONS), "")
        occasion = "lullaby" if "Lullaby" in tags.genres else occasion
        mood = OCCASION_MOODS[occasion] if occasion else tagged_mood(query)
    facts = tuple(_named(name) for name in names[:MAX_NAMES])
    return replace(sentence, facts=facts, occasion=occasion, mood=mood, names=names)


def _named(name: str) -> Fact:
    return Fact("who", name, tuple(name.split()), bare=name, name=name)


def _not_applied(asked: str, heard: str, written: str, sentence: Sentence) -> dict[str, str]:
    notes: dict[str, str] = {}
    if asked not in WRITTEN_LANGUAGES:
        notes["vocal_language"] = (
            f"written in English: the built-in writer knows {LANGUAGE_NAMES}, not {asked!r}"
        )
    if heard != written:
        known = ", ".join(sentence.names[:MAX_NAMES]) or "none"
        notes["query"] = (
            f"it is in another language ({heard}) than the words ({written}): only its names ({known}), "
            "its occasion and its mood are sung"
        )
    return notes


def _caption(query: str, sentence: Sentence) -> str:
    """Return the query as a caption, plus the mood of its occasion if its words do not express it."""
    caption = " ".join(query.split())
    tags = tags_of(caption)
    said = tags.emotions
    words = "" if said and sentence.mood != "calm" else MOOD_WORDS[sentence.mood]
    if sentence.occasion == "lullaby" and "Lullaby" not in tags.genres:
        words = f"lullaby, {words}"
    if not caption:
        return words or sentence.facts[0].text
    return f"{caption}, {words}" if words and words not in caption.casefold() else caption
