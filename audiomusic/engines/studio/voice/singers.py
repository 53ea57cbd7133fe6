"""The available singers, read from singers.toml."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Singer:
    """One voice; singers.toml documents the fields."""

    name: str
    label: str
    kind: Literal["male", "female"]
    register: Literal["low", "high"]  # within the kind
    low_midi: int
    high_midi: int
    variant: str
    formant_shift: float
    brightness_db: float
    ring_db: float
    breath_db: float
    vibrato_hz: float
    vibrato_cents: float
    vibrato_delay_s: float
    neural_shift: float
    network_pitch: float


_TABLES = tomllib.loads(Path(__file__).with_name("singers.toml").read_text())
SINGERS = {row["name"]: Singer(**row) for row in _TABLES["singer"]}
#: Groups of singers under one name who all sing the lead.
CHOIRS: dict[str, tuple[Singer, ...]] = {
    row["name"]: tuple(SINGERS[member] for member in row["members"]) for row in _TABLES["choir"]
}

#: Words of a request -> the kind or register they ask for.
_WISHES = {
    "male": "male", "man": "male", "masculine": "male", "baritone": "low male", "bass": "low male",
    "tenor": "high male", "female": "female", "woman": "female", "feminine": "female",
    "alto": "low female", "mezzo": "low female", "soprano": "high female",
    "low": "low", "deep": "low", "high": "high", "bright": "high",
}  # fmt: skip


def find_singer(name: str) -> Singer:
    """Return the singer called `name`. Raises LookupError listing all singers."""
    try:
        return SINGERS[name]
    except KeyError:
        raise LookupError(f"no singer is called {name!r}; there are: {', '.join(SINGERS)}") from None


def choose_singers(wish: str, seed: int) -> tuple[Singer, ...]:
    """Return the choir that `wish` names, or the one singer who fits it."""
    named = next((CHOIRS[word] for word in wish.lower().split() if word in CHOIRS), None)
    return named or (choose_singer(wish, "", seed),)


def choose_cast(wishes: Sequence[str], seed: int) -> tuple[Singer, ...]:
    """Choose a singer for each wish, as different as possible; none repeats while the kind has others."""
    cast: list[Singer] = []
    for place, wish in enumerate(wishes):
        fitting = _fitting(wish)
        kind = [singer for singer in SINGERS.values() if singer.kind == fitting[0].kind]
        free = [singer for singer in fitting if singer not in cast]
        free = free or [singer for singer in kind if singer not in cast] or fitting
        heard = {singer.register for singer in cast if singer.kind == fitting[0].kind}
        options = [singer for singer in free if singer.register not in heard] or free
        digest = hashlib.sha256(f"{seed} cast {place}".encode()).digest()
        cast.append(options[digest[0] % len(options)])
    return tuple(cast)


def choose_singer(wish: str = "", language: str = "en", seed: int = 0) -> Singer:
    """Return a singer who fits `wish`: a name, or words such as "male", "high female", "deep voice".

    Unknown words, and wishes that no singer fits, are ignored: there is always a singer. Every singer sings
    every language; `language` and `seed` only vary the choice.
    """
    fitting = _fitting(wish)
    digest = hashlib.sha256(f"{seed} {language}".encode()).digest()
    return fitting[digest[0] % len(fitting)]


def _fitting(wish: str) -> list[Singer]:
    words = wish.lower().split()
    named = [SINGERS[word] for word in words if word in SINGERS]
    if named:
        return named[:1]
    fitting = list(SINGERS.values())
    for quality in " ".join(_WISHES.get(word, "") for word in words).split():
        fitting = [s for s in fitting if quality in (s.kind, s.register)] or fitting
    return fitting
