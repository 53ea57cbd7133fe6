"""Writes lyrics: rhyming lines written by hand, chosen and filled for the query.

Themes are files in `themes/`; each holds, by language, couplets that rhyme and scan
alike. `common.toml` has what all share: choruses around the song's key word.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from audiomusic.engines.base import Kind
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.compose.vocabulary import words_table
from audiomusic.engines.taxonomy import vocabulary

THEMES_DIR = Path(__file__).parent / "themes"
COMMON = "common"
FALLBACK_LANGUAGE = "en"
MAX_KEY_CHARS = 18

#: Longest seconds -> the sections a song of that length has room for.
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
TAGS = {
    "couplet": "Verse",
    "verse": "Verse",
    "prechorus": "Pre-Chorus",
    "chorus": "Chorus",
    "bridge": "Bridge",
}
COUPLETS = {"couplet": 1, "verse": 2, "rapcouplet": 1, "rap4": 2, "rap8": 4}


@dataclass(frozen=True)
class WrittenLyrics:
    title: str
    lyrics: str
    caption: str


def write_lyrics(query: str, *, kind: Kind, language: str, duration_s: float, seed: int) -> WrittenLyrics:
    """Tagged, rhyming lyrics about the query, as long as `duration_s` has room for.

    English, Spanish, French and German; another language gets English words.
    """
    rng = draw(seed, "lyrics", query, language)
    words = _query_words(query)
    theme = find_theme(words, rng)
    language = language if language in _themes()[COMMON] else FALLBACK_LANGUAGE
    bank = _bank(theme, language)
    slots = _slots(query, bank, language)
    writer = _Writer(bank, slots, rng)
    forms = RAP_FORMS if kind == "rap" and "rap" in bank else SONG_FORMS
    form = next(form for longest, form in forms if duration_s <= longest)
    title = writer.fill(rng.choice(bank["titles"]))
    caption = " ".join(query.split()) or bank["caption"].format(**slots)
    return WrittenLyrics(title, writer.write(form.split()), caption)


def find_theme(words: list[str], rng: Random) -> str:
    """The theme that most words of the query belong to; any where none does."""
    themes = {name: frozenset(data["words"]) for name, data in _themes().items() if name != COMMON}
    counts = {name: sum(word in known for word in words) for name, known in themes.items()}
    best = max(counts.values())
    return rng.choice(sorted(name for name, count in counts.items() if count == best))


class _Writer:
    """Takes each couplet once, and writes the chorus once for all its returns."""

    def __init__(self, bank: dict[str, Any], slots: dict[str, str], rng: Random) -> None:
        self._slots = slots
        self._rng = rng
        self._bank = bank
        self._chorus = [self.fill(line) for line in rng.choice(bank["choruses"])]
        self._prechorus = [self.fill(line) for line in rng.choice(bank["prechoruses"])]
        self._couplets = self._shuffled("couplets")
        self._rap = self._shuffled("rap")
        self._bridges = self._shuffled("bridges")

    def write(self, form: list[str]) -> str:
        verses = 0
        blocks: list[str] = []
        for part in form:
            verses += part in COUPLETS
            blocks.append("\n".join([self._tag(part, verses), *self._lines(part)]))
        return "\n\n".join(blocks)

    def fill(self, template: str) -> str:
        """The line with its slots filled; an article agrees with what follows it."""
        line = template.format(soft=self._rng.choice(self._bank["soft"]), **self._slots)
        line = (
            re.sub(r"\b([Aa]) (?=[aeiouAEIOU])", r"\1n ", line) if self._slots["language"] == "en" else line
        )
        return _capital(line)

    def _shuffled(self, name: str) -> list[list[str]]:
        """A deck to take from its end: the theme's own lines come before the common ones."""
        decks = [list(self._bank.get(f"common {name}", [])), list(self._bank.get(name, []))]
        for deck in decks:
            self._rng.shuffle(deck)
        return decks[0] + decks[1]

    def _tag(self, part: str, verses: int) -> str:
        if part in COUPLETS:
            return f"[Verse {verses}]" if not part.startswith("rap") else f"[Verse {verses} - rap]"
        return f"[{TAGS[part]}]"

    def _lines(self, part: str) -> list[str]:
        if part == "chorus":
            return self._chorus
        if part == "prechorus":
            return self._prechorus
        if part == "bridge":
            return [self.fill(line) for line in self._bridges[-1] + self._bridges[-2]]
        deck = self._rap if part.startswith("rap") else self._couplets
        taken = [deck.pop() for _ in range(min(COUPLETS[part], len(deck)))]
        return [self.fill(line) for couplet in taken for line in couplet]


@cache
def _themes() -> dict[str, dict[str, Any]]:
    return {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted(THEMES_DIR.glob("*.toml"))
    }


def _bank(theme: str, language: str) -> dict[str, Any]:
    """The theme's lines, and the common ones beside them or where it has none."""
    common = _themes()[COMMON][language]
    own = _themes()[theme].get(language, {})
    bank = {"key": theme, **common, **own}
    for name in ("couplets", "bridges"):
        bank[name] = own.get(name, [])
        bank[f"common {name}"] = common.get(name, [])
    return bank


def _query_words(query: str) -> list[str]:
    """Words of the query; what stands after "about" comes first."""
    manner, about, subject = query.casefold().rpartition(" about ")
    return re.findall(r"[^\W\d_]{2,}", f"{subject} {manner}" if about else query.casefold())


def _slots(query: str, bank: dict[str, Any], language: str) -> dict[str, str]:
    key = _key_word(query, language) or bank["key"]
    the = with_article(key, language)
    return {"key": key, "Key": _capital(key), "the": the, "The": _capital(the), "language": language}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def with_article(noun: str, language: str) -> str:
    """A noun with its definite article, in languages whose lines cannot do without one."""
    rules = _themes()[COMMON]["articles"].get(language)
    if rules is None:
        return noun
    if noun[0] in "aeiouyhàâéèêëîïôœùû" and noun not in rules["aspirated"]:
        return f"l'{noun}"
    endings = {gender: _longest_ending(noun, rules[gender]) for gender in ("masculine", "feminine")}
    return f"la {noun}" if endings["feminine"] > endings["masculine"] else f"le {noun}"


def _longest_ending(noun: str, endings: list[str]) -> int:
    return max((len(ending) for ending in endings if noun.endswith(ending)), default=0)


def _key_word(query: str, language: str) -> str | None:
    """The word the song turns around: of a theme if one is, else the first telling one."""
    known = frozenset().union(*(data["words"] for data in _themes().values()))
    passed_over = frozenset(_themes()[COMMON]["not_keys"].split())
    telling = [word for word in _query_words(query) if word not in passed_over]
    telling = [word for word in telling if word in known or _is_subject(word)] or _subjects(
        query, passed_over
    )
    themed = [word for word in telling if word in known]
    chosen = telling if " about " in query else themed or telling
    best = next(iter(chosen), None)
    return best.capitalize() if best and language == "de" else best


def _subjects(query: str, passed_over: frozenset[str]) -> list[str]:
    """What stands after "about", be it a word of style: hope is a subject where it is called one."""
    _, about, subject = query.casefold().rpartition(" about ")
    words = _query_words(subject) if about else []
    return [word for word in words if word not in passed_over and len(word) <= MAX_KEY_CHARS]


def _is_subject(word: str) -> bool:
    return len(word) <= MAX_KEY_CHARS and word not in _style_words()


@cache
def _style_words() -> frozenset[str]:
    """Single words by which genres, moods, instruments and singers are named."""
    known = vocabulary()
    phrases = [word for value in known.genres.values() for word in (value.name, *value.words)]
    phrases += [word for mood in known.emotions.values() for word in (mood.name, *mood.words)]
    for table in ("instruments", "singers", "eras"):
        phrases += [word for row in words_table(table).values() for word in row["words"]]
    phrases += words_table("tempo")["places"]
    return frozenset(word for phrase in phrases for word in phrase.casefold().split())
