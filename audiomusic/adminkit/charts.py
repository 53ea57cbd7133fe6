"""The geometry of charts that a template draws as SVG: attributes only, no style and no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

WIDTH, HEIGHT = 720.0, 200.0  # in the chart's own units
GAP_SHARE = 0.22  # of a step, left free between two columns
LEAST = 2.0  # the smallest height, so each value above 0 is visible
STEPS = (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10)  # possible ends of a scale, times a power of ten


@dataclass(frozen=True)
class Piece:
    """The part of a column that belongs to one series."""

    series: str
    value: int
    y: float
    height: float


@dataclass(frozen=True)
class Column:
    label: str
    total: int
    x: float
    width: float
    pieces: list[Piece]


@dataclass(frozen=True)
class Columns:
    """Stacked columns on a scale from 0 to `top`."""

    columns: list[Column]
    series: list[str]
    top: int
    width: float = WIDTH
    height: float = HEIGHT

    @property
    def half(self) -> int:
        return self.top // 2

    @property
    def middle(self) -> float:
        return self.height / 2

    @property
    def labels(self) -> list[str]:
        """The labels of the first, the middle and the last column."""
        names = [column.label for column in self.columns]
        return [names[0], names[len(names) // 2], names[-1]] if names else []

    @property
    def total(self) -> int:
        return sum(column.total for column in self.columns)


def scale_top(largest: float) -> int:
    """Return the round even end of a scale, at least `largest`."""
    power = 10 ** floor(log10(max(largest, 2)))
    tops = (round(step * power, 6) for step in STEPS)
    return int(next(top for top in tops if top >= largest and top % 2 == 0))


def stacked(
    rows: Sequence[tuple[str, Mapping[str, int]]],
    series: Sequence[str],
    *,
    height: float = HEIGHT,
    top: int | None = None,
) -> Columns:
    """Return columns for (label, series -> value) rows, with the first series at the bottom.

    `top` is the value at the full height of the chart; None chooses a round number above the highest column.
    """
    totals = [sum(values.get(name, 0) for name in series) for _, values in rows]
    if top is None:
        top = scale_top(max(totals, default=0))
    step = WIDTH / max(1, len(rows))
    columns = [
        Column(
            label,
            total,
            round(step * (number + GAP_SHARE / 2), 2),
            round(step * (1 - GAP_SHARE), 2),
            _pieces(values, series, top, height),
        )
        for number, ((label, values), total) in enumerate(zip(rows, totals, strict=True))
    ]
    return Columns(columns, list(series), top, height=height)


def _pieces(values: Mapping[str, int], series: Sequence[str], top: int, chart_height: float) -> list[Piece]:
    pieces, y = [], chart_height
    for name in series:
        value = values.get(name, 0)
        if value:
            height = max(LEAST, round(chart_height * value / top, 2))
            y = max(0.0, round(y - height, 2))
            pieces.append(Piece(name, value, y, height))
    return pieces


def share_of(value: float, largest: float, width: float = 100.0) -> float:
    """Return the length of the bar for `value` if the bar for `largest` is `width` long; at least 1."""
    return max(1.0, ceil(width * 10 * value / largest) / 10) if largest else 1.0
