"""The vocabulary of pasted lyrics (`words.toml`), prepared for matching."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from audiomusic.engines.studio.score import SectionKind

LATIN_ACCENTS = ("\u0300", "\u036f")  # kana voicing marks stay: が is not か
DECORATION = " \t*_#=~-–—•·♪♫|>.\u3000"


@cache
def data() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=2048)
def fold(text: str) -> str:
    """Return lower-case, half-width text without accents, for comparison. Callers limit its length."""
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(char for char in plain if not LATIN_ACCENTS[0] <= char <= LATIN_ACCENTS[1])
    return " ".join(unicodedata.normalize("NFC", bare).split())


@cache
def words_of(table: str, name: str) -> frozenset[str]:
    return frozenset(fold(word) for word in data()[table][name])


@cache
def section_kinds() -> dict[str, SectionKind]:
    rows: dict[SectionKind, list[str]] = data()["sections"]
    return {fold(word): kind for kind, words in rows.items() for word in words}


@cache
def field_names() -> dict[str, str]:
    """Return a field's name as people write it -> what it sets: title, tempo, key, metre, singer,
    left_out."""
    rows: dict[str, list[str]] = data()["fields"]
    ranked = [name for name in rows if name not in ("credits", "left_out", "tags")]
    found = {fold(word): "left_out" for name in ("credits", "left_out") for word in rows[name]}
    return found | {fold(word): name for name in ranked for word in rows[name]}


def any_of(words: Iterable[str]) -> str:
    """Return a pattern that matches any of the words, longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


@cache
def boilerplate(name: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in data()["boilerplate"][name]))
