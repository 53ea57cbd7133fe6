"""Themes: handwritten couplets for the lines of a song that its sentence leaves open.

Each file in `themes/` has trigger words, a subject for queries that name none, and couplets by language that
rhyme and scan alike. `common.toml` has those shared by all.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from audiomusic.engines.studio.lyricist.sentence import Fact, Mood

THEMES_DIR = Path(__file__).parent / "themes"
COMMON = "common"
Couplet = list[str]
#: Themes to draw from by mood if no word of the query selects one, and those that do not suit the mood.
MOOD_THEMES: dict[Mood, tuple[str, ...]] = {
    "bright": ("summer", "dance", "friendship"),
    "calm": ("night", "dream", "sea"),
    "sad": ("loss", "rain", "winter"),
    "past": ("time", "friendship", "road"),
    "plain": ("road", "city", "sea", "night", "dream"),
}
UNFIT: dict[Mood, tuple[str, ...]] = {
    "bright": ("loss", "rain", "winter"),
    "calm": ("loss", "dance", "fire", "city"),
    "sad": ("dance", "summer"),
    "past": (),
    "plain": ("loss",),
}


def find_theme(words: list[str], mood: Mood, rng: Random) -> str:
    """Return the theme that most words of the query belong to, else one of the mood's."""
    called = called_theme(words)
    if called and called not in UNFIT[mood]:
        return called
    return rng.choice(MOOD_THEMES[mood])


def called_theme(words: list[str]) -> str:
    """Return the theme that most words belong to, or ""."""
    text = " ".join(words)
    counts = {
        name: sum(word in data["words"] for word in words)
        + sum(sign in text for sign in data.get("signs", ()))
        for name, data in themes().items()
        if name != COMMON
    }
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else ""


def couplets_of(theme: str, language: str, mood: Mood, rng: Random) -> dict[str, list[Couplet]]:
    """Return decks to pop from: the theme's own couplets come before the common ones."""
    own, common = themes()[theme].get(language, {}), themes()[COMMON][language]
    soft = common["soft"]
    decks: dict[str, list[Couplet]] = {}
    for name in ("couplets", "rap", "bridges"):
        later = list(common.get(name, [])) if mood != "calm" or name == "rap" else []
        first = list(own.get(name, []))
        rng.shuffle(later)
        rng.shuffle(first)
        decks[name] = [
            [line.replace("{soft}", rng.choice(soft)) for line in couplet] for couplet in later + first
        ]
    return decks


def theme_fact(theme: str, language: str) -> Fact:
    """Return the subject of a song of the theme if its query names none."""
    noun = themes()[theme].get(language, {}).get("key", theme)
    articles = themes()[COMMON]["keys"].get(language, {})
    article = articles.get(noun, "")
    spaced = noun if not article else f"{article}{noun}" if article.endswith("'") else f"{article} {noun}"
    text = spaced if article or language != "fr" else with_article(noun, "fr")
    plural = noun in ("amigos", "amis", "Freunde", "amici")
    gender = _GENDERS.get(article, "")
    return Fact("thing", text, (noun,), article, noun, gender=gender, number="pl" if plural else "sg")


_GENDERS: dict[str, Any] = {"der": "m", "ein": "m", "die": "f", "das": "n"}


def with_article(noun: str, language: str) -> str:
    """Return a noun with its definite article, in languages whose lines require one."""
    rules = themes()[COMMON]["articles"].get(language)
    if rules is None:
        return noun
    if noun[0] in "aeiouyhàâéèêëîïôœùû" and noun not in rules["aspirated"]:
        return f"l'{noun}"
    endings = {gender: _longest_ending(noun, rules[gender]) for gender in ("masculine", "feminine")}
    return f"la {noun}" if endings["feminine"] > endings["masculine"] else f"le {noun}"


def _longest_ending(noun: str, endings: list[str]) -> int:
    return max((len(ending) for ending in endings if noun.endswith(ending)), default=0)


def query_words(query: str) -> list[str]:
    return re.findall(r"[^\W\d_]{2,}", query.casefold())


@cache
def themes() -> dict[str, dict[str, Any]]:
    """Load every file in `themes/` by name."""
    return {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted(THEMES_DIR.glob("*.toml"))
    }
