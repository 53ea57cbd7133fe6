"""Convert a kept score (docs/score.md) to a ChordPro sheet, which most players and song books read.

Sung lines have their chords before the syllable where they start; sections without the lead are grids of
bars.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

BARS_A_ROW = 4
SAME_BEAT = 0.26  # quarters: a chord that starts this soon after a syllable belongs to it
_UNFIT = str.maketrans("{}[]\r\n", "()()  ")  # characters with a special meaning in ChordPro

Row = Sequence[Any]


def chord_sheet(score: Mapping[str, Any]) -> str:
    """Return the sheet's text. `score` is version 1 of the format."""
    return "\n".join(_lines(score)) + "\n"


def _lines(score: Mapping[str, Any]) -> Iterator[str]:
    yield _directive("title", score.get("title") or "Song")
    yield _directive("key", score["key"])
    yield _directive("tempo", f"{score['bpm']:g}")
    yield _directive("time", score["timesignature"])
    sung = sorted(
        (line for line in score["vocals"] if line["part"] == "lead" and line["syllables"]),
        key=lambda line: line["syllables"][0][5],
    )
    for section in score["sections"]:
        start, stop = section["beat"], section["beat"] + section["beats"]
        yield ""
        yield _directive("comment", section["label"])
        inside = [line for line in sung if start <= line["syllables"][0][5] < stop]
        chords = [chord for chord in score["chords"] if start - SAME_BEAT <= chord[3] < stop - SAME_BEAT]
        if inside:
            yield from _sung(inside, chords)
        elif chords:
            yield from _grid(chords, start, section["beats"], score["timesignature"])


def _directive(name: str, value: str) -> str:
    return f"{{{name}: {value.translate(_UNFIT)}}}"


def _sung(lines: Sequence[Mapping[str, Any]], chords: Sequence[Row]) -> Iterator[str]:
    """Yield each line with the chords from its start (the first: the section's) to the next line's."""
    firsts = [line["syllables"][0][5] for line in lines[1:]]
    left = list(chords)
    for line, until in zip(lines, [*firsts, float("inf")], strict=True):
        mine = [chord for chord in left if chord[3] < until - SAME_BEAT]
        left = left[len(mine) :]
        yield _with_chords(line["syllables"], mine)


def _with_chords(syllables: Sequence[Row], chords: Sequence[Row]) -> str:
    waiting, text = list(chords), ""
    for number, (_, _, _, letters, begins_word, beat, _) in enumerate(syllables):
        text += " " if number and begins_word else ""
        while waiting and waiting[0][3] <= beat + SAME_BEAT:
            text += f"[{waiting.pop(0)[2]}]"
        text += letters.translate(_UNFIT)
    return " ".join([text, *(f"[{chord[2]}]" for chord in waiting)]).strip()


def _grid(chords: Sequence[Row], start: float, beats: float, timesignature: str) -> Iterator[str]:
    """Yield a grid such as "| Am7 . F . | G . . . |", a cell per quarter, or per eighth if the metre counts
    those."""
    upper, lower = (int(figure) for figure in timesignature.split("/"))
    cell, bar = 4 / lower, upper * 4 / lower
    bars = max(1, round(beats / bar))
    names = {round((chord[3] - start) / cell): chord[2] for chord in chords}
    yield "{start_of_grid}"
    for first in range(0, bars, BARS_A_ROW):
        row = range(first, min(first + BARS_A_ROW, bars))
        cells = (" ".join(names.get(number * upper + beat, ".") for beat in range(upper)) for number in row)
        yield f"| {' | '.join(cells)} |"
    yield "{end_of_grid}"
