"""What to play after audio from elsewhere, and before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audiomusic.engines.base import MAX_DURATION_S, SAMPLE_RATE_HZ, EngineError
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.heard.blend import Samples
from audiomusic.engines.studio.heard.grid import BarGrid, Heard, chords_from, grid_near
from audiomusic.engines.studio.heard.piece import PieceWish
from audiomusic.engines.studio.heard.window import join_of
from audiomusic.engines.studio.score import ChordSpan

END_S = 12.0  # of the audio, whose beats determine the bar lines after it
RING_S = 2.5  # of the last chord, at least
LOOP_BARS = (8, 4, 2, 1)  # repeat the chords of this many bars
LEAST_S = 1.0
SEEDS = 2**32


@dataclass(frozen=True)
class Added:
    """A part to play, from second `at_s` of the audio. `join_s` is where the audio is left for it."""

    grid: BarGrid
    chords: tuple[ChordSpan, ...]
    wish: PieceWish
    at_s: float
    join_s: float
    seed: int


def lengths_of(found: Heard, wishes: Mapping[str, Any], audio: Samples) -> tuple[float, float]:
    """Return the seconds before and after; whole bars of the audio if bars were requested. Raises
    EngineError."""
    length_s = audio.shape[1] / SAMPLE_RATE_HZ
    left_s, right_s = float(wishes.get("left_s") or 0.0), float(wishes.get("right_s") or 0.0)
    if wishes.get("left_bars") is not None:
        left_s = round(wishes["left_bars"] * grid_near(found, 0.0, END_S).bar_s, 4)
    if wishes.get("right_bars") is not None:
        right_s = round(wishes["right_bars"] * grid_near(found, length_s - END_S, length_s).bar_s, 4)
    if length_s + left_s + right_s > MAX_DURATION_S:
        raise EngineError(
            f"right_extend_length: Expected at most {MAX_DURATION_S:g} s in all, got {length_s:.2f} with"
            f" {left_s + right_s:g} more.",
            "source_too_long",
        )
    return left_s, right_s


def added_after(found: Heard, right_s: float, wishes: Mapping[str, Any], seed: int, audio: Samples) -> Added:
    """Plan a part from a bar line near the end to a close, over the chords of the bars before it."""
    length_s = audio.shape[1] / SAMPLE_RATE_HZ
    grid = grid_near(found, length_s - END_S, length_s)
    lines = [grid.line_at(number) for number in range(grid.bar_of(length_s) + 1)]
    join_s = join_of(found, audio, grid.bar_s, lines)
    first = grid.bar_of(join_s) - 1
    ends_s = length_s + right_s - grid.line_at(first)
    bars = max(2, int((ends_s - RING_S) / grid.bar_s))
    period_s = _period(grid, found, join_s)

    def source(second: float) -> float:
        return second if second < join_s else join_s - period_s + (second - join_s) % period_s

    wish = PieceWish(
        caption=wishes["caption"],
        lyrics=wishes.get("lyrics") or "",
        bars=bars,
        length_s=ends_s,
        silent_bars=grid.line_from(join_s) - first,
        closes=True,
    )
    chords = chords_from(found, grid, first, bars, source)
    return Added(grid, chords, wish, grid.line_at(first), join_s, seed)


def added_before(found: Heard, left_s: float, wishes: Mapping[str, Any], seed: int) -> Added:
    """Plan whole bars up to the first sample, over the chords of the bars after it, without a close."""
    grid = grid_near(found, 0.0, END_S)
    first, last = grid.line_from(-left_s), grid.line_from(0.0)
    if first >= last:
        first = last - 1
    bars = last - first + 1
    starts_s = grid.line_at(last)
    period_s = _period(grid, found, float(found["duration"]) - starts_s)

    def source(second: float) -> float:
        return second if second >= starts_s else starts_s + (second - starts_s) % period_s

    wish = PieceWish(
        caption=wishes["caption"],
        lyrics=wishes.get("left_lyrics") or "",
        kind="verse" if wishes.get("left_lyrics") else "intro",
        bars=bars,
        length_s=bars * grid.bar_s,
        tail_bars=1,
    )
    chords = chords_from(found, grid, first, bars, source)
    own = draw(seed, "before").randrange(SEEDS)
    return Added(grid, chords, wish, grid.line_at(first), 0.0, own)


def _period(grid: BarGrid, found: Heard, room_s: float) -> float:
    """Return the length of the repeated chords: as many bars as there are, at most eight."""
    fitting = [bars for bars in LOOP_BARS if bars * grid.bar_s <= room_s + 0.1]
    return (fitting[0] if fitting else 1) * grid.bar_s
