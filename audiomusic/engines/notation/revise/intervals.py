"""Parses musical intervals: "2 semitones", "a whole step", "a fifth"."""

from __future__ import annotations

import re

#: Semitones of an interval; a third is major unless called minor.
INTERVALS = {
    "semitone": 1, "half step": 1, "half tone": 1, "minor second": 1,
    "whole step": 2, "whole tone": 2, "tone": 2, "major second": 2,
    "minor third": 3, "major third": 4, "third": 4, "perfect fourth": 5, "fourth": 5, "tritone": 6,
    "perfect fifth": 7, "fifth": 7, "minor sixth": 8, "major sixth": 9, "sixth": 9, "octave": 12,
}  # fmt: skip
COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_NAMES = "|".join(sorted(INTERVALS, key=len, reverse=True)).replace(" ", "[ -]?")
_INTERVAL = re.compile(rf"(?<!\w)(-?\d{{1,2}}|{'|'.join(COUNTS)})[ -]?({_NAMES})s?\b")


def semitones_in(text: str) -> int | None:
    """Return the semitones that a lower-case text names, negative if downwards; None if it names none."""
    found = _INTERVAL.search(text)
    if found is None:
        return None
    name = next(name for name in INTERVALS if re.fullmatch(name.replace(" ", "[ -]?"), found[2]))
    count = COUNTS[found[1]] if found[1] in COUNTS else int(found[1])
    return count * INTERVALS[name] * (-1 if re.search(r"\b(down|lower|below)\b", text) else 1)
