"""Where the bars of analysed audio lie near a moment, and which chords sound in them."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from audiomusic.engines.base import EngineError
from audiomusic.engines.studio.rework.sketch import chord_span
from audiomusic.engines.studio.score import ChordSpan, Metre

NEAR_BARS = 8  # whose beats determine the next bar line
LEAST_BEATS = 4
NO_BARS = "No bars were found in this audio, so it cannot be accompanied."
SLACK_BARS = 1e-3

Heard = Mapping[str, Any]


@dataclass(frozen=True)
class BarGrid:
    """Bar lines at `line_s` and every `bar_s` before and after it, in this metre."""

    line_s: float
    bar_s: float
    metre: Metre  # with the tempo of these bars

    @property
    def beat_quarters(self) -> float:
        return 1.5 if self.metre.is_compound else 1.0

    def line_at(self, number: int) -> float:
        return self.line_s + number * self.bar_s

    def bar_of(self, second: float) -> int:
        """Return the bar that contains a moment; just before a line counts as after it."""
        return math.floor((second - self.line_s) / self.bar_s + SLACK_BARS)

    def line_from(self, second: float) -> int:
        """Return the first line at or after a moment."""
        return math.ceil((second - self.line_s) / self.bar_s - SLACK_BARS)


def grid_near(found: Heard, start_s: float, end_s: float) -> BarGrid:
    """Return the grid of the beats between two moments and a few bars around them: a band without a click
    drifts, so the grid of the whole piece would not fit. Raises EngineError if no bars were detected."""
    beats, downbeats = np.array(found["beats"]), np.array(found["downbeats"])
    beats_text, unit_text = str(found["timesignature"]).split("/")
    nominal = Metre(int(beats_text), int(unit_text), float(found["bpm"]))
    if not len(downbeats) or len(beats) < LEAST_BEATS:
        raise EngineError(NO_BARS, "analysis_failed")
    reach = NEAR_BARS * nominal.bar_s
    is_near = (beats >= start_s - reach) & (beats <= end_s + reach)
    if is_near.sum() < LEAST_BEATS:  # after the last beat, or before the first
        order = np.argsort(np.abs(beats - (start_s + end_s) / 2))
        is_near = np.isin(np.arange(len(beats)), order[: 4 * NEAR_BARS])
    places = np.nonzero(is_near)[0]
    slope, offset = np.polyfit(places, beats[places], 1)
    first = int(np.argmin(np.abs(beats - downbeats[0])))
    a_bar = nominal.pulses
    bar_s = float(slope) * a_bar
    metre = Metre(nominal.beats, nominal.unit, nominal.bpm * nominal.bar_s / bar_s)
    return BarGrid(float(offset + slope * first), bar_s, metre)


def chords_from(
    found: Heard,
    grid: BarGrid,
    first_bar: int,
    bars: float,
    at: Callable[[float], float] = lambda second: second,
) -> tuple[ChordSpan, ...]:
    """Return the chords of these bars, beat by beat. `at` maps a moment to the position in the audio where
    its chord is read, for moments outside it."""
    heard = [row for row in found["chords"] if float(row[1]) > float(row[0])]
    if not heard:
        return ()
    starts = [float(row[0]) for row in heard]
    beat_s = grid.beat_quarters * grid.metre.quarter_s
    count = math.ceil(bars * grid.metre.bar_quarters / grid.beat_quarters - 1e-6)
    spans: list[ChordSpan] = []
    for beat in range(count):
        middle_s = at(grid.line_at(first_bar) + (beat + 0.5) * beat_s)
        name = str(heard[max(0, bisect_right(starts, middle_s) - 1)][2])
        if spans and spans[-1].name == name:
            spans[-1] = spans[-1]._replace(length=spans[-1].length + grid.beat_quarters)
        else:
            spans.append(chord_span(beat * grid.beat_quarters, grid.beat_quarters, name))
    return tuple(spans)
