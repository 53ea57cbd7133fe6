"""How a band varies a progression: secondary dominants, borrowed chords, inversions, changes within a bar,
and a second half that differs from the first.

Everything is written in roman numerals, so the result reads like a genre file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from audiomusic.engines.studio.compose.genres import HarmonyHabits
from audiomusic.engines.theory import Tonality

Bars = list[list[str]]

RULES_FILE = Path(__file__).parent / "colours.toml"
SLASH_SHARE = 1.15  # of the genre's chance, because not every chord has a passing bass
PERIOD_BARS = 8
LONGEST_LOOP = 4
SPLIT_EVERY = 4  # the span in bars to which the habits' chances apply
_DEGREE = re.compile(r"[b#]?[ivIV]+")


class _Change(NamedTuple):
    chance: float
    change: Callable[[str, str, Tonality], tuple[str, ...] | None]


@cache
def _rules() -> dict[Tonality, dict[str, dict[str, Any]]]:
    """Load mode -> kind of change -> "chord next" -> replacement bar from `colours.toml`."""
    return tomllib.loads(RULES_FILE.read_text(encoding="utf-8"))  # type: ignore[return-value]


def coloured(text: str, mode: Tonality, bars_wanted: float, habits: HarmonyHabits, rng: Random) -> str:
    """Return the progression as this song plays it; unchanged if the genre likes it plain."""
    bars = [bar.split() for bar in text.split("|")]
    if len(bars) <= LONGEST_LOOP and bars_wanted >= PERIOD_BARS and rng.random() < habits.period:
        bars = _period(bars, mode, rng)
    changes = (
        _Change(habits.colour, _secondary),
        _Change(habits.borrow, lambda chord, after, mode: _looked_up("borrowed", chord, after, mode)),
        _Change(
            min(1.0, SLASH_SHARE * habits.slash),
            lambda chord, after, mode: _looked_up("passing", chord, after, mode),
        ),
        _Change(habits.split, lambda chord, after, mode: _looked_up("split", chord, after, mode)),
    )
    for chance, change in changes:
        for start in range(0, len(bars), SPLIT_EVERY):
            if rng.random() < chance * min(1.0, (len(bars) - start) / SPLIT_EVERY):
                _change_one(bars, range(start, min(start + SPLIT_EVERY, len(bars))), change, mode, rng)
    return " | ".join(" ".join(bar) for bar in bars)


def _change_one(
    bars: Bars,
    places: Sequence[int],
    change: Callable[[str, str, Tonality], tuple[str, ...] | None],
    mode: Tonality,
    rng: Random,
) -> None:
    """Change one bar that the change fits, if there is one. Bars with several chords stay as they are."""
    options = []
    for place in places:
        if len(bars[place]) == 1:
            found = change(bars[place][0], bars[(place + 1) % len(bars)][0], mode)
            options += [(place, found)] if found and not (place == 0 and len(found) == 1) else []
    if options:
        place, found = rng.choice(options)
        bars[place] = list(found)


def _degree(numeral: str) -> str:
    match = _DEGREE.match(numeral)
    return match[0] if match else numeral


def _secondary(chord: str, after: str, mode: Tonality) -> tuple[str, ...] | None:
    dominant = _rules()[mode]["dominants"].get(_degree(after))
    if "/" in after or dominant is None or dominant.rstrip("7") == _degree(chord):
        return None
    return (chord, dominant)


def _looked_up(kind: str, chord: str, after: str, mode: Tonality) -> tuple[str, ...] | None:
    """Look up a replacement. Only plain triads are replaced: a coloured chord was chosen deliberately."""
    rows = _rules()[mode][kind]
    found = rows.get(f"{chord} {_degree(after)}") or rows.get(f"{chord} *")
    return tuple(found.split()) if found and chord == _degree(chord) else None


def _period(bars: Bars, mode: Tonality, rng: Random) -> Bars:
    """Expand four bars to eight: the second half differs in its ending, or in one inner chord."""
    loop = [list(bar) for bar in bars * (LONGEST_LOOP // len(bars) or 1)]
    first, second = [list(bar) for bar in loop], [list(bar) for bar in loop]
    half = rng.choice(_rules()[mode]["half_closes"]["bars"]).split()
    if _degree(first[-1][-1]) != _degree(half[-1]):
        target = first if rng.random() < 0.5 else second
        target[-1] = half
    substitutes = _rules()[mode]["substitutes"]
    inner = [place for place in range(1, len(second) - 1) if second[place][0] in substitutes]
    if inner and rng.random() < 0.6:
        place = rng.choice(inner)
        second[place] = [substitutes[second[place][0]]]
    return first + second
