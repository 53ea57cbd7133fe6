"""What Japanese and Chinese wishes share: tables, and finding the subject among words about the song."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from audiomusic.engines.captions.reader import read_wishes
from audiomusic.engines.studio.lyricist.grammar import READING_DIR
from audiomusic.engines.studio.lyricist.mood import OCCASION_MOODS, tagged_mood
from audiomusic.engines.studio.lyricist.sentence import Mood
from audiomusic.engines.studio.lyricist.tokens import MAX_CHARS

SIGN_LANGUAGES = ("ja", "zh")
MOODS: tuple[Mood, ...] = ("sad", "calm", "past", "bright")
MAX_SEGMENTS = 12
_STOPS = re.compile(r"[、。，．,.;；:：!！?？\n「」『』“”\"()（）【】\[\]<>{}…—|/]+")


@dataclass(frozen=True, eq=False)
class SignTables:
    """One language's words; the longest first, because they are matched at the ends of a text."""

    language: str
    data: dict[str, Any]

    def words(self, key: str) -> tuple[str, ...]:
        return _longest_first(self.data.get(key, ""))

    @cached_property
    def occasions(self) -> dict[str, str]:
        return {word: name for name, row in self.data["occasions"].items() for word in row.split()}


@dataclass(frozen=True)
class Subject:
    """A clause of the wish without words about the song. `is_for`: "for Mia", not "about Mia"."""

    text: str
    is_for: bool = False


@cache
def sign_tables(language: str) -> SignTables:
    """Return the tables of a language in SIGN_LANGUAGES; loaded on first use."""
    return SignTables(language, tomllib.loads((READING_DIR / f"{language}.toml").read_text(encoding="utf-8")))


@cache
def _longest_first(text: str) -> tuple[str, ...]:
    return tuple(sorted(set(text.split()), key=lambda word: (-len(word), word)))


def subjects(query: str, tables: SignTables) -> Iterator[Subject]:
    """Yield the clauses that say what the wish is about, in order."""
    text = unicodedata.normalize("NFKC", query[:MAX_CHARS])
    wished = sorted({wish.words for wish in read_wishes(text).wishes}, key=lambda words: (-len(words), words))
    for clause in _STOPS.split(text)[:MAX_SEGMENTS]:
        if _is_musical(clause, wished):
            continue
        subject = _without_song(_SPACES.sub("", clause) if _is_signs(clause) else clause.strip(), tables)
        if any(char.isalnum() for char in subject.text) and subject.text not in tables.occasions:
            yield subject


def _is_musical(clause: str, wished: list[str]) -> bool:
    """Whether a clause contains only what the caption grammar reads as music: "女性ボーカル"."""
    rest = clause
    for words in wished:
        rest = rest.replace(words, "")
    return rest != clause and not _SMALL.sub("", rest)


_SMALL = re.compile(r"[\sのなでにをはとや的和与與跟]")
_SPACES = re.compile(r"\s+")


def _is_signs(text: str) -> bool:
    return any("\u3040" <= char <= "\u9fff" for char in text)


def _without_song(clause: str, tables: SignTables) -> Subject:
    """Reduce a clause to its subject.

    "海辺を走る電車の歌を書いて" is about "海辺を走る電車", "写给小杰的情歌" is for "小杰".
    """
    body, is_for = _without_opener(clause, tables)
    before = _before_song(body, tables)
    if before is None:
        return Subject(body, is_for)
    manner = tables.words("manner")
    dedications = tables.words("dedications") if tables.language == "ja" else ()
    while True:
        ending = next((word for word in (*manner, *dedications) if before.endswith(word)), "")
        if not ending:
            return Subject(before, is_for)
        is_for = is_for or ending in dedications
        before = before.removesuffix(ending)


def _without_opener(clause: str, tables: SignTables) -> tuple[str, bool]:
    """Strip "写一首", "关于" and the like before the subject."""
    is_for = False
    if not tables.words("openers"):
        return clause, is_for
    while True:
        opener = next((word for word in tables.words("openers") if clause.startswith(word)), "")
        dedication = next((word for word in tables.words("dedications") if clause.startswith(word)), "")
        start = max(opener, dedication, _song_before(clause, tables), key=len)
        if not start or clause == start:
            return clause, is_for
        is_for = is_for or start == dedication
        clause = clause.removeprefix(start)


def _song_before(clause: str, tables: SignTables) -> str:
    """Match "歌" in "歌给我爷爷": a song that is followed by an opener or a dedication."""
    song = next((word for word in tables.words("songs") if clause.startswith(word)), "")
    goes_on = clause.removeprefix(song).startswith((*tables.words("openers"), *tables.words("dedications")))
    return song if song and goes_on else ""


def _before_song(clause: str, tables: SignTables) -> str | None:
    """Return the text before the word for the song, or None if the clause does not end with one."""
    requests = tables.words("requests")
    while True:
        request = next((word for word in requests if clause.endswith(word)), "")
        song = next((word for word in tables.words("songs") if clause.endswith(word)), "")
        if song:
            return clause.removesuffix(song)
        if not request:
            return None
        clause = clause.removesuffix(request)


def occasion_of_signs(query: str, tables: SignTables) -> str:
    """Return the first occasion that the wish names, or ""."""
    found = [(query.find(word), -len(word), name) for word, name in tables.occasions.items() if word in query]
    return min(found)[2] if found else ""


def mood_of_signs(query: str, occasion: str, tables: SignTables) -> Mood:
    """Return the mood from mood words, else from the occasion, else from the other words."""
    said = {mood: any(word in query for word in tables.data["moods"][mood].split()) for mood in MOODS}
    for mood in MOODS[:2]:
        if said[mood]:
            return mood
    if occasion:
        return OCCASION_MOODS[occasion]
    return next((mood for mood in MOODS[2:] if said[mood]), tagged_mood(query))
