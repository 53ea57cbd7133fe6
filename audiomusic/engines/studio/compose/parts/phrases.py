"""Expand one bar of a player's part to a four-bar phrase: pushes, gaps, turns, sometimes another pattern.

A genre's pattern is one bar. Repeating it unchanged for eight bars would sound mechanical.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

PHRASE_BARS = 4
PUSH = "p"  # sounds the next chord and is held into it
STRUCK = "XxoR"
#: How a bass leads into the next bar: its last beat.
TURNS = ("a---", "5-a-", "3-a-", "8-a-", "5-3-", "8-5-", "R-a-", "..a-")
THIRD_BAR = 0.55  # how much more often a third bar repeats the first than a second or fourth does
NEIGHBOUR_CHANCE = 0.3  # probability that a fourth bar is another pattern of the part
FREE = 1.0  # from this variety on, each bar may use any pattern of the part

_Change = Callable[[str, Random], str]


def phrase_of(
    pattern: str, others: Sequence[str], bar_signs: int, is_bass: bool, variety: float, rng: Random
) -> str:
    """Expand the pattern's first bar to four: A B A C. `others` are patterns that may replace a bar."""
    bars = _bars(pattern, bar_signs)
    neighbours = [bar for other in others for bar in _bars(other, bar_signs)]
    phrase = [bars[index % len(bars)] for index in range(PHRASE_BARS)]
    for index in range(PHRASE_BARS):
        if variety >= FREE and neighbours and rng.random() < 0.5:
            phrase[index] = rng.choice(neighbours)
        chance = 0.0 if index == 0 else variety * (1 - THIRD_BAR if index == 2 else 1.0)
        if rng.random() < chance:
            phrase[index] = _varied(phrase[index], neighbours, is_bass, index == PHRASE_BARS - 1, rng)
    return _with_pushes(phrase, variety, is_bass, rng)


def _bars(pattern: str, bar_signs: int) -> list[str]:
    whole = pattern * (bar_signs if len(pattern) % bar_signs else 1)
    return [whole[start : start + bar_signs] for start in range(0, max(bar_signs, len(pattern)), bar_signs)]


def _varied(bar: str, neighbours: Sequence[str], is_bass: bool, is_last: bool, rng: Random) -> str:
    if is_last and neighbours and rng.random() < NEIGHBOUR_CHANCE:
        return rng.choice(list(neighbours))
    if any(sign.isdigit() for sign in bar) and not is_bass:
        return rng.choice((_reordered, _turned_round, _thinned))(bar, rng)
    if is_bass and is_last and len(bar) >= 8:
        return _turn(bar, rng)
    changes: tuple[_Change, ...] = (_thinned, _added, _added, _moved)
    changed = rng.choice(changes)(bar, rng)
    if is_last and not is_bass and rng.random() < 0.3:
        changed = changed[:-4] + "...."
    return changed if any(sign not in ".-" for sign in changed) else bar


def _struck(bar: str) -> list[int]:
    """Return the positions after the first where a note starts."""
    return [index for index, sign in enumerate(bar) if index and sign not in ".-"]


def _set(bar: str, index: int, sign: str) -> str:
    return bar[:index] + sign + bar[index + 1 :]


def _thinned(bar: str, rng: Random) -> str:
    places = _struck(bar)
    if not places:
        return _added(bar, rng) if not any(sign.isdigit() for sign in bar) else bar
    place = rng.choice(places)
    return _set(bar, place, "-" if bar[place - 1] != "." else ".")


def _added(bar: str, rng: Random) -> str:
    """Add a stroke on a free eighth."""
    free = [index for index in range(2, len(bar), 2) if bar[index] in ".-"]
    if not free:
        return _thinned(bar, rng) if len(_struck(bar)) > 2 else bar
    like = next((sign for sign in bar if sign in STRUCK), "x")
    return _set(bar, rng.choice(free), like.lower() if like != "R" else "R")


def _moved(bar: str, rng: Random) -> str:
    """Move a stroke an eighth earlier or later."""
    places = _struck(bar)
    if not places:
        return _added(bar, rng)
    place = rng.choice(places)
    target = place + rng.choice((-2, 2))
    if not 0 < target < len(bar) or bar[target] not in ".-":
        return _thinned(bar, rng) if len(places) > 2 else bar
    emptied = _set(bar, place, "-" if bar[place - 1] != "." else ".")
    return _set(emptied, target, bar[place])


def _turn(bar: str, rng: Random) -> str:
    return bar[:-4] + rng.choice(TURNS)


def _reordered(bar: str, rng: Random) -> str:
    """Keep the rhythm and reorder the digits."""
    figures = [sign for sign in bar if sign.isdigit()]
    turned = figures[::-1] if rng.random() < 0.5 else figures[1:] + figures[:1]
    waiting = iter(turned)
    return "".join(next(waiting) if sign.isdigit() else sign for sign in bar)


def _turned_round(bar: str, rng: Random) -> str:
    """Swap the bar's halves. If the result starts empty, it gets the bar's first sign."""
    half = len(bar) // 2 // 2 * 2
    turned = bar[half:] + bar[:half]
    return _set(turned, 0, bar[0]) if turned[0] in ".-" else turned


def _with_pushes(bars: list[str], variety: float, is_bass: bool, rng: Random) -> str:
    """Join the bars, anticipating some: struck on the last eighth and held over the bar line."""
    bars = list(bars)
    for index in range(len(bars) - 1):
        first, following = bars[index], bars[index + 1]
        can = first[-2] in ".-" and following[0] in STRUCK and following[1] == "-"
        if can and rng.random() < variety * (0.2 if is_bass else 0.35):
            bars[index] = first[:-2] + PUSH + "-"
            bars[index + 1] = _set(following, 0, "-")
    return "".join(bars)
