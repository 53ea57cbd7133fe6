"""Expand one bar of drums to a four-bar phrase: what a drummer adds to and removes from a groove."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from audiomusic.engines.studio.compose.parts.patterns import STEADY_PIECES, read_in_metre
from audiomusic.engines.studio.compose.seeds import draw

PHRASES_FILE = Path(__file__).parent.parent / "drum_phrases.toml"
PHRASE_BARS = 4
HALF_TIME_KINDS, HALF_TIME_CHANCE = ("bridge", "breakdown"), 0.35
HALF_TIME_MANNERS = ("rock", "metal", "funk")
BACKBEAT = ("snare", "clap", "rim")


@dataclass(frozen=True)
class BarVariant:
    """Hits added to a bar of the groove, and hits removed from it."""

    bars: str  # bars of four in which it may occur: "24"
    put: Mapping[str, str] = field(default_factory=dict)
    take: Mapping[str, str] = field(default_factory=dict)
    weight: float = 1.0
    energy: tuple[float, float] = (0.0, 1.0)


@cache
def drum_manners() -> dict[str, tuple[BarVariant, ...]]:
    """Load every manner of `drum_phrases.toml` with its variants."""
    data = tomllib.loads(PHRASES_FILE.read_text(encoding="utf-8"))
    return {
        manner: tuple(BarVariant(**{**row, "energy": tuple(row.get("energy", (0.0, 1.0)))}) for row in rows)
        for manner, rows in data.items()
    }


def phrase_steps(
    steps: Mapping[str, str],
    metre: str,
    manner: str,
    variety: float,
    energy: float,
    seed: int,
    *place: object,
) -> dict[str, str]:
    """Expand a bar of the groove, already in its metre, to four bars: each piece with the signs of all four.

    `variety` is the probability that each later bar differs. Variants are drawn by the seed and `place` (kind
    of section, how often it has occurred), so that a phrase returns unchanged.
    """
    bar_signs = max(len(text) for text in steps.values())
    bars = [
        _bar(steps, bar_signs, metre, _choice(manner, number, variety, energy, seed, *place))
        for number in range(1, PHRASE_BARS + 1)
    ]
    pieces = dict.fromkeys(piece for bar in bars for piece in bar)
    silence = "." * bar_signs
    return {piece: "".join(bar.get(piece, silence) for bar in bars) for piece in pieces}


def _choice(
    manner: str, number: int, variety: float, energy: float, seed: int, *place: object
) -> BarVariant | None:
    rng = draw(seed, "drum bar", number, *place)
    fitting = [
        variant
        for variant in drum_manners().get(manner, ())
        if str(number) in variant.bars and variant.energy[0] <= energy <= variant.energy[1]
    ]
    if not fitting or rng.random() >= variety:
        return None
    return rng.choices(fitting, [variant.weight for variant in fitting])[0]


def _bar(steps: Mapping[str, str], length: int, metre: str, variant: BarVariant | None) -> dict[str, str]:
    bar = {piece: (text * length)[:length] for piece, text in steps.items()}
    if variant is None:
        return bar
    for piece, text in variant.take.items():
        gone = _fitted(text, length, metre, piece)
        if piece in bar:
            bar[piece] = "".join(
                "." if away != "." else own for own, away in zip(bar[piece], gone, strict=True)
            )
    for piece, text in variant.put.items():
        more = _fitted(text, length, metre, piece)
        own = bar.get(piece, "." * length)
        bar[piece] = "".join(new if new != "." else old for old, new in zip(own, more, strict=True))
    return bar


def _fitted(text: str, length: int, metre: str, piece: str) -> str:
    """Return a variant's bar in the metre, repeated or cut to the groove's length."""
    read = read_in_metre(text, metre, piece in STEADY_PIECES)
    return (read * length)[:length]


def half_time(steps: Mapping[str, str], length: int) -> dict[str, str]:
    """Put the backbeat only on the middle of the bar, and the kick on its first beat."""
    middle = length // 2
    slow = {}
    for piece, text in steps.items():
        bar = text[:length]
        if piece in BACKBEAT:
            slow[piece] = "." * middle + "X" + "." * (length - middle - 1)
        elif piece == "kick":
            slow[piece] = "X" + "." * 5 + bar[6:middle] + "." * 2 + bar[middle + 2 :]
        else:
            slow[piece] = bar
    return slow
