"""Step patterns: a line of signs, one per sixteenth, and how each metre reads them.

Signs: `X` loud, `x` normal, `o` soft, `.` rest, `-` sustain. In chord parts `b` is the chord's bass note and
a digit a single chord tone, counted upwards. In bass parts `R 3 5 7 8` are root, third, fifth, seventh (or
octave) and octave, `a` approaches the next root and `w` walks there. In riffs a digit is a degree above the
root. `p` is struck early: it sounds the next chord.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

STEP = 0.25  # quarters
LOUDNESS = {"X": 1.0, "x": 0.8, "o": 0.5, "p": 0.85}
PUSH_QUARTERS = 0.5  # how early `p` is
#: Pieces that fill every eighth of a 6/8 pulse where 4/4 has two eighths.
STEADY_PIECES = frozenset({"closed_hat", "pedal_hat", "ride", "shaker", "tambourine", "guiro"})


class Step(NamedTuple):
    """One sounding sign and its duration. Times in quarters."""

    onset: float
    length: float
    sign: str


@cache
def read_in_metre(pattern: str, metre: str, steady: bool = False) -> str:
    """Convert a 4/4 pattern to a cycle for `metre`.

    2/4 spreads it over two bars. 3/4 keeps beats 1, 2 and 4, which turns boom-chick into a waltz. 6/8 maps
    two beats to a bar's two pulses; 9/8 and 12/8 do so with three and four. 5/4 extends the second beat, so
    that the third falls on its 4. 7/8 drops the last eighth.
    """
    if metre == "6/8":
        return _compound(pattern, steady)
    bars = [pattern[start : start + 16] for start in range(0, len(pattern), 16)]
    if metre == "3/4":
        return "".join(bar[0:8] + bar[12:16] for bar in bars)
    if metre == "5/4":
        return "".join(bar[0:8] + _drawn_out(bar[4:8], steady) + bar[8:16] for bar in bars)
    if metre == "7/8":
        return "".join(bar[0:14] for bar in bars)
    if metre == "9/8":
        return "".join(_compound(bar[0:8] + bar[12:16], steady) for bar in bars)
    if metre == "12/8":
        return _compound(pattern, steady)
    return pattern


def _compound(pattern: str, steady: bool) -> str:
    return "".join(_pulse(pattern[start : start + 4], steady) for start in range(0, len(pattern), 4))


def _drawn_out(beat: str, steady: bool) -> str:
    """Return an extra beat: a repetition for timekeepers and single tones, else a sustain or rest."""
    if steady or any(sign.isdigit() for sign in beat):
        return beat
    return "----" if beat.endswith("-") else "...."


def _pulse(beat: str, steady: bool) -> str:
    """Convert a beat's four sixteenths to the six of a dotted beat."""
    first, second, third, fourth = tuple(beat)
    hold = "-" if second == "-" else "."
    if steady or third.isdigit():
        return f"{first}{hold}{third}{hold}{first if third.isdigit() else third}{fourth}"
    return f"{first}{hold}{hold}{hold}{third}{fourth}"


def sounding_from(step: Step) -> float:
    """Return the onset of the chord that a step sounds."""
    return step.onset + (PUSH_QUARTERS if step.sign == "p" else 0.0)


@cache
def steps_of(cycle: str) -> tuple[Step, ...]:
    """Return every sounding sign of a cycle; a note sustained at the end lasts to the end."""
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
    """Yield the cycle's steps from `start` to `stop` (quarters), with the cycle starting at `origin`."""
    length = len(cycle) * STEP
    turn = int((start - origin) // length)
    while origin + turn * length < stop:
        for step in steps_of(cycle):
            onset = origin + turn * length + step.onset
            if start - 1e-9 <= onset < stop - 1e-9:
                yield Step(onset, min(step.length, stop - onset), step.sign)
        turn += 1
