"""Draws a cover for every song, with the same shapes that `static/library/cover.js` draws on the pages.

Both draw the same numbers from the same generator in the same order, so a song has one cover everywhere. A
shape is a polygon in a square of 100 by 100; curves consist of many short edges.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")
Point = tuple[float, float]
Inks = tuple[str, ...]
EDGES = 96  # per full circle
MASK = 0xFFFFFFFF

#: Background, then three inks.
PALETTES: tuple[Inks, ...] = (
    ("#2233c9", "#ffc81f", "#f6f7f3", "#15171a"),
    ("#ffc81f", "#15171a", "#e8452c", "#f6f7f3"),
    ("#0f6b5c", "#f3d9b1", "#ff8a5b", "#10201d"),
    ("#e8452c", "#f6efe2", "#1d2a6b", "#ffb400"),
    ("#15171a", "#ff6f9c", "#ffd166", "#6c7bff"),
    ("#f2e9dc", "#1f2937", "#d9482b", "#3c7a89"),
    ("#5b2a86", "#ffb3c7", "#ffdf6b", "#1b1030"),
    ("#a9d6c8", "#17324d", "#f25f3a", "#fdf6e3"),
    ("#17324d", "#7fd1ff", "#f4f1de", "#f2a541"),
    ("#f7b2a1", "#3b1f5b", "#e0442e", "#fff4e6"),
    ("#31572c", "#e9f5b8", "#f9a03f", "#12240f"),
    ("#dfe4ea", "#2b2d42", "#3d5afe", "#ef233c"),
)


class Shape(NamedTuple):
    points: list[Point]
    colour: str


class Chance:
    """A random generator: FNV-1a over a text seeds mulberry32, as in the script, with 32 bits on every
    platform."""

    def __init__(self, text: str) -> None:
        self.state = 0x811C9DC5
        for letter in f"sleeve {text}":
            self.state = (self.state ^ ord(letter)) * 0x01000193 & MASK

    def next(self) -> float:
        """Return a number from 0 up to, but not including, 1."""
        self.state = (self.state + 0x6D2B79F5) & MASK
        mixed = (self.state ^ (self.state >> 15)) * (1 | self.state) & MASK
        mixed = ((mixed + ((mixed ^ (mixed >> 7)) * (61 | mixed) & MASK)) & MASK) ^ mixed
        return (mixed ^ (mixed >> 14)) / 2**32

    def pick(self, items: Sequence[T]) -> T:
        return items[int(self.next() * len(items))]

    def between(self, low: float, high: float) -> float:
        return low + self.next() * (high - low)


def cover_shapes(text: str) -> list[Shape]:
    """Return a song's cover, from its number: the background first."""
    chance = Chance(text)
    ground, *inks = chance.pick(PALETTES)
    drawing = chance.pick(DRAWINGS)
    return [_rectangle(0, 0, 100, 100, ground), *drawing(tuple(inks), chance)]


def _rectangle(x: float, y: float, width: float, height: float, colour: str) -> Shape:
    return Shape([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], colour)


def _arc(cx: float, cy: float, radius: float, first_deg: float, last_deg: float) -> list[Point]:
    count = max(2, round(EDGES * abs(last_deg - first_deg) / 360))
    angles = (math.radians(first_deg + (last_deg - first_deg) * step / count) for step in range(count + 1))
    return [(cx + radius * math.cos(angle), cy + radius * math.sin(angle)) for angle in angles]


def _circle(cx: float, cy: float, radius: float, colour: str) -> Shape:
    return Shape(_arc(cx, cy, radius, 0, 360), colour)


def _turned(shape: Shape, degrees: float, cx: float, cy: float, dx: float = 0, dy: float = 0) -> Shape:
    """Rotate clockwise around a point, then translate."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    points = [
        (cx + (x - cx) * cos - (y - cy) * sin + dx, cy + (x - cx) * sin + (y - cy) * cos + dy)
        for x, y in shape.points
    ]
    return Shape(points, shape.colour)


def _curve(start: Point, first: Point, second: Point, end: Point) -> list[Point]:
    """Return the points of a cubic Bézier curve."""
    steps = (step / 24 for step in range(25))
    return [
        (
            (1 - t) ** 3 * start[0] + 3 * (1 - t) ** 2 * t * first[0] + 3 * (1 - t) * t**2 * second[0]
            + t**3 * end[0],
            (1 - t) ** 3 * start[1] + 3 * (1 - t) ** 2 * t * first[1] + 3 * (1 - t) * t**2 * second[1]
            + t**3 * end[1],
        )
        for t in steps
    ]  # fmt: skip


def _rings(inks: Inks, chance: Chance) -> list[Shape]:
    cx, cy = chance.pick((0, 50, 100)), chance.pick((30, 50, 100))
    step = chance.between(8, 13)
    return [_circle(cx, cy, index * step, inks[index % 3]) for index in range(9, 0, -1)]


def _bars(inks: Inks, chance: Chance) -> list[Shape]:
    count = chance.pick((7, 9, 13))
    width = 100 / count
    floor = chance.pick((50, 100))
    shapes = []
    for index in range(count):
        height = chance.between(14, 78 if floor == 50 else 86)
        y = 50 - height / 2 if floor == 50 else 100 - height
        colour = inks[1] if chance.next() < 0.2 else inks[0]
        shapes.append(_rectangle(index * width + width * 0.15, y, width * 0.7, height, colour))
    return shapes


def _quarters(inks: Inks, chance: Chance) -> list[Shape]:
    count = chance.pick((3, 4))
    size = 100 / count
    shapes = []
    for cell in range(count * count):
        if chance.next() < 0.15:
            continue
        turn = int(chance.next() * 4) * 90
        quarter = Shape([(0, 0), *_arc(0, 0, size, 0, 90)], chance.pick(inks))
        x, y = cell % count * size, cell // count * size
        shapes.append(_turned(quarter, turn, size / 2, size / 2, x, y))
    return shapes


def _sun(inks: Inks, chance: Chance) -> list[Shape]:
    horizon, radius, cx = chance.between(52, 72), chance.between(24, 36), chance.between(32, 68)
    shapes = [_circle(cx, horizon, radius, inks[0]), _rectangle(0, horizon, 100, 100, inks[2])]
    for line in range(6):
        y = horizon + 3 + line * line * 1.3 + line * 2
        width = radius * 2 * (1 - line * 0.12)
        shapes.append(_rectangle(cx - width / 2, y, width, 1 + line * 0.5, inks[1]))
    return shapes


def _waves(inks: Inks, chance: Chance) -> list[Shape]:
    swing = chance.between(6, 16)
    shapes = []
    for band in range(6):
        y, bend = 18 + band * 15, swing if band % 2 else -swing
        left = _curve((0, y), (25, y + bend), (25, y + bend), (50, y))
        right = _curve((50, y), (75, y - bend), (75, y - bend), (100, y))
        shapes.append(Shape([*left, *right, (100, 100), (0, 100)], inks[band % 3]))
    return shapes


def _dots(inks: Inks, chance: Chance) -> list[Shape]:
    count = chance.pick((5, 6, 8))
    step = 100 / count
    fx, fy = chance.next() * 100, chance.next() * 100
    shapes = []
    for cell in range(count * count):
        cx, cy = (cell % count + 0.5) * step, (cell // count + 0.5) * step
        near = max(0.0, 1 - math.hypot(cx - fx, cy - fy) / 95)
        shapes.append(_circle(cx, cy, step * (0.08 + near * 0.42), inks[1] if near > 0.72 else inks[0]))
    return shapes


def _stairs(inks: Inks, chance: Chance) -> list[Shape]:
    count = chance.pick((5, 7))
    step = 100 / count
    goes_up = chance.next() < 0.5
    shapes = []
    for index in range(count):
        height = (index + 1 if goes_up else count - index) * step
        shapes.append(_rectangle(index * step, 100 - height, step + 0.2, height, inks[index % 2]))
    return [*shapes, _circle(26 if goes_up else 74, 26, chance.between(10, 17), inks[2])]


def _halves(inks: Inks, chance: Chance) -> list[Shape]:
    radius = chance.between(26, 38)
    split = chance.pick((0, 90, 180, 270))
    upper = Shape(_arc(50, 50, radius, 180, 360), inks[0])
    lower = _turned(Shape(upper.points, inks[1]), 180, 50, 50, dx=8)
    shapes = [_rectangle(-50, 50, 200, 100, inks[2]), upper, lower]
    return [_turned(shape, split, 50, 50) for shape in shapes]


DRAWINGS: tuple[Callable[[Inks, Chance], list[Shape]], ...] = (
    _rings, _bars, _quarters, _sun, _waves, _dots, _stairs, _halves,
)  # fmt: skip
