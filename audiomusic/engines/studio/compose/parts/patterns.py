"""Step patterns: a line of signs, one a sixteenth, and how each metre reads them.

Signs: `X` loud, `x` normal, `o` soft, `.` rest, `-` go on sounding. In chord parts
`b` is the chord's bass note and a figure one chord tone, counted upwards; in bass
parts `R 3 5 7 8` are root, third, fifth, seventh (or octave) and octave, and `a`
leads to the next root.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

STEP = 0.25  # quarters
LOUDNESS = {"X": 1.0, "x": 0.8, "o": 0.5}
#: Pieces that fill every eighth of a 6/8 pulse where 4/4 has two.
STEADY_PIECES = frozenset({"closed_hat", "pedal_hat", "ride", "shaker", "tambourine", "guiro"})


class Step(NamedTuple):
    """One sign that sounds, with how long it goes on. Times in quarters."""

    onset: float
    length: float
    sign: str


@cache
def read_in_metre(pattern: str, metre: str, steady: bool = False) -> str:
    """A 4/4 pattern as a cycle for `metre`.

    2/4 reads it over two bars. 3/4 keeps beats 1, 2 and 4, which turns boom-chick
    into a waltz. 6/8 spreads two beats over a bar's two pulses.
    """
    if metre == "3/4":
        bars = [pattern[start : start + 16] for start in range(0, len(pattern), 16)]
        return "".join(bar[0:8] + bar[12:16] for bar in bars)
    if metre == "6/8":
        beats = [pattern[start : start + 4] for start in range(0, len(pattern), 4)]
        return "".join(_pulse(beat, steady) for beat in beats)
    return pattern


def _pulse(beat: str, steady: bool) -> str:
    """Four sixteenths of a beat as six of a dotted one."""
    first, second, third, fourth = tuple(beat)
    hold = "-" if second == "-" else "."
    if steady or third.isdigit():
        return f"{first}{hold}{third}{hold}{first if third.isdigit() else third}{fourth}"
    return f"{first}{hold}{hold}{hold}{third}{fourth}"


@cache
def steps_of(cycle: str) -> tuple[Step, ...]:
    """Every sounding sign of a cycle; a note that holds at its end holds to the end."""
    found: list[Step] = []
    for index, sign in enumerate(cycle):
        if sign in ".-":
            continue
        held = 1
        while index + held < len(cycle) and cycle[index + held] == "-":
            held += 1
        found.append(Step(index * STEP, held * STEP, sign))
    return tuple(found)


def repeat(cycle: str, start: float, stop: float, origin: float) -> Iterator[Step]:
    """The cycle's steps from `start` to `stop` (quarters), with the cycle begun at `origin`."""
    length = len(cycle) * STEP
    turn = int((start - origin) // length)
    while origin + turn * length < stop:
        for step in steps_of(cycle):
            onset = origin + turn * length + step.onset
            if start - 1e-9 <= onset < stop - 1e-9:
                yield Step(onset, min(step.length, stop - onset), step.sign)
        turn += 1
