"""Resolve a requested range of analysed audio, and find where the audio is left for an extension."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from audiomusic.engines.base import SAMPLE_RATE_HZ, EngineError
from audiomusic.engines.studio.heard.grid import Heard
from audiomusic.engines.studio.rework.edits.repaint import Window

LEAST_WINDOW_S, EDGE_S = 0.5, 0.05
UNFIT = "validation_error"
MOST_JOIN_S, JOIN_BARS = 8.0, 2.0
LEVEL_S = 0.1
FADED_DB = 12.0  # a piece has ended when it is this far below its median level
LEAST_KEPT_S = 0.5

Samples = npt.NDArray[np.float32]


def window_of(found: Heard, wishes: Mapping[str, Any], length_s: float) -> Window:
    """Return the requested window.

    `wishes`: start_s and end_s (None: to the end), start_bar and end_bar, or section; and snap. Raises
    EngineError with a sentence if the audio has no such range.
    """
    if wishes.get("section"):
        start_s, end_s = _section(found, str(wishes["section"]), length_s)
    elif wishes.get("start_bar") or wishes.get("end_bar"):
        start_s, end_s = _bars(found, wishes.get("start_bar") or 1, wishes.get("end_bar"), length_s)
    else:
        start_s = float(wishes["start_s"])
        end_s = length_s if wishes.get("end_s") is None else float(wishes["end_s"])
    lines = {"beat": found["beats"], "bar": found["downbeats"]}.get(wishes.get("snap", "none"), ())
    if len(lines):
        start_s, end_s = (_nearest([0.0, *lines, length_s], second) for second in (start_s, end_s))
    if end_s > length_s + EDGE_S:
        raise EngineError(
            f"repainting_end: Expected at most the audio's {length_s:.2f} s, or -1, got {end_s:g}.", UNFIT
        )
    end_s = min(end_s, length_s)
    if end_s - start_s < LEAST_WINDOW_S - 1e-6:
        raise EngineError(
            f"repainting_start: Expected a range of at least {LEAST_WINDOW_S} s within the audio's"
            f" {length_s:.2f} s, got {start_s:.2f} to {end_s:.2f}.",
            UNFIT,
        )
    return Window(round(start_s, 4), round(end_s, 4))


def _section(found: Heard, name: str, length_s: float) -> tuple[float, float]:
    for row in found["sections"]:
        if str(row["label"]).casefold() == name.strip().casefold():
            return float(row["start_s"]), min(length_s, float(row["end_s"]))
    labels = ", ".join(dict.fromkeys(str(row["label"]) for row in found["sections"]))
    raise EngineError(f"section: Expected one of {labels}, which were detected, got {name!r}.", UNFIT)


def _bars(found: Heard, first: int, last: int | None, length_s: float) -> tuple[float, float]:
    lines = [float(line) for line in found["downbeats"]]
    last = len(lines) if last is None else last
    if not 1 <= first <= last <= len(lines):
        raise EngineError(
            f"end_bar: Expected bars from 1 to {len(lines)}, which were detected, got {first} to {last}.",
            UNFIT,
        )
    return lines[first - 1], lines[last] if last < len(lines) else length_s


def _nearest(lines: list[float], second: float) -> float:
    return min(lines, key=lambda line: abs(line - second))


def bar_number(found: Heard, second: float) -> int:
    return max(1, sum(float(line) <= second + EDGE_S for line in found["downbeats"]))


def join_of(found: Heard, master: Samples, bar_s: float, bar_lines: list[float]) -> float:
    """Return where the audio is left at its end: on a bar line before it fades or stops, but at most two
    bars, or eight seconds, before the last sample."""
    length_s = master.shape[1] / SAMPLE_RATE_HZ
    earliest_s = max(LEAST_KEPT_S, length_s - max(MOST_JOIN_S, JOIN_BARS * bar_s))
    ends_s = min(length_s, _sounding_until(master))
    lines = [line for line in bar_lines if earliest_s <= line <= length_s]
    loud = [line for line in lines if line <= ends_s + EDGE_S]
    if loud:
        return max(loud)
    return min(lines) if lines else max(earliest_s, min(ends_s, length_s))


def _sounding_until(master: Samples) -> float:
    """Return the last moment with about the usual loudness."""
    size, end_s = round(LEVEL_S * SAMPLE_RATE_HZ), float(master.shape[1] / SAMPLE_RATE_HZ)
    count = master.shape[1] // size
    if not count:
        return end_s
    power = np.square(master[:, : count * size]).reshape(2, count, size).mean(axis=(0, 2))
    smooth = np.convolve(power, np.ones(5) / 5, mode="same")
    levels = 10 * np.log10(smooth + 1e-12)
    usual = np.median(levels[levels > levels.max() - 40])
    loud = np.nonzero(levels > usual - FADED_DB)[0]
    return float((loud[-1] + 1) * LEVEL_S) if len(loud) else end_s
