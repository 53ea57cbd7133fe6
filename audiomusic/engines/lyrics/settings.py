"""Reads the settings in pasted lyrics: title, tempo, key and metre."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from audiomusic.engines.lyrics.headings import HeaderField
from audiomusic.engines.lyrics.words import any_of, data, fold, words_of
from audiomusic.engines.theory import parse_key, parse_metre

SLOWEST_BPM, FASTEST_BPM = 30.0, 300.0
MAX_TITLE_CHARS = 200


@dataclass(frozen=True)
class Settings:
    """None: not given. `words` has each setting as written, for messages about it."""

    title: str = ""
    bpm: float | None = None
    keyscale: str | None = None
    timesignature: str | None = None
    words: tuple[tuple[str, str], ...] = ()  # parameter, "Tempo: 90 BPM"
    near: tuple[str, ...] = ()  # those of `words` that were replaced by the nearest playable value


def read_setting(settings: Settings, field: HeaderField) -> Settings | None:
    """Return `settings` with the field's value; None if the value cannot be read."""
    value = field.value[:120].strip()
    if field.name == "title":
        return replace(settings, title=settings.title or " ".join(value.split())[:MAX_TITLE_CHARS])
    reader = {"tempo": _tempo, "key": _key, "metre": _metre}.get(field.name)
    found = reader(value) if reader else None
    if found is None:
        return None
    name, read = found
    is_near = name == "keyscale" and bool(_near_mode(value))
    if getattr(settings, name) is not None:
        return settings
    written = f"{field.word}: {value}"
    words = (*settings.words, (name, written))
    changes: dict[str, Any] = {name: read, "near": (*settings.near, written) if is_near else settings.near}
    return replace(settings, words=words, **changes)


def _tempo(value: str) -> tuple[str, float] | None:
    found = re.search(r"(?<![\d.,])(\d{2,3}(?:[.,]\d{1,2})?)(?![\d.,])", value)
    bpm = float(found[1].replace(",", ".")) if found else 0.0
    return ("bpm", bpm) if SLOWEST_BPM <= bpm <= FASTEST_BPM else None


@cache
def _degree() -> re.Pattern[str]:
    return re.compile(rf"^({any_of(data()['modes']['degrees'])})(?![a-z])")


@cache
def _mode(mode: str) -> re.Pattern[str]:
    return re.compile(rf"[\s-]*(?:{any_of(words_of('modes', mode))})$")


def _near_mode(value: str) -> str:
    """Return "major" or "minor" for a mode that is close to it; otherwise ""."""
    folded = fold(value)
    return next((mode for mode in ("major", "minor") if _mode(f"near_{mode}").search(folded)), "")


def _key(value: str) -> tuple[str, str] | None:
    words = fold(value)
    degrees = data()["modes"]["degrees"]
    words = _degree().sub(lambda found: degrees[found[1]], words)
    for mode in ("major", "minor"):
        words = _mode(f"near_{mode}").sub(f" {mode}", _mode(mode).sub(f" {mode}", words))
    if not words.endswith((" major", " minor")):
        words = value.strip()  # "Am" is not "AM"
    words = re.sub(r"^([a-h])(is|es)\b", lambda found: found[1] + ("#" if found[2] == "is" else "b"), words)
    words = re.sub(r"^h\b", "b", words)
    try:
        return "keyscale", str(parse_key(words))
    except ValueError:
        return None


def _metre(value: str) -> tuple[str, str] | None:
    found = re.match(r"(\d{1,2}\s?/\s?\d{1,2})", value)
    try:
        return ("timesignature", parse_metre(found[1])) if found else None
    except ValueError:
        return None
