"""Checks whether each line of the lyrics is sung, by the score's syllables."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from audiomusic.engines.analysis.findings import Finding, names_of
from audiomusic.engines.analysis.score_facts import SYLLABLE_TEXT, ScoreFacts, spoken_count
from audiomusic.engines.captions.wishes import Wish

OWN_PARTS = ("lead", "partner")  # parts that do not repeat another
MOST_QUOTED = 2  # missed lines quoted in a message
LONGEST_QUOTE = 60  # letters


def check_lyrics(score: ScoreFacts, wish: Wish, wishes: Sequence[Wish]) -> Finding | None:
    asked = [line for line in names_of(wish.value) if _letters(line)]
    if not asked:
        return None
    missed = missed_lines(score, asked)
    found = f"{len(asked) - len(missed)} of {spoken_count(len(asked), 'line')}"
    if missed:
        quoted = ", ".join(f"“{line[:LONGEST_QUOTE]}”" for line in missed[:MOST_QUOTED])
        found += f"; not {quoted}" + (" and others" if len(missed) > MOST_QUOTED else "")
    return Finding("each line is sung", found, not missed, len(missed) / len(asked))


def missed_lines(score: ScoreFacts, asked: Sequence[str]) -> list[str]:
    """Return the requested lines whose letters are not on syllables, in order. Only letters are compared,
    since a long line is sung as two; a syllable without letters is hummed."""
    sung = "".join(
        _letters(str(syllable[SYLLABLE_TEXT]))
        for line in score.lines
        if line["part"] in OWN_PARTS
        for syllable in line["syllables"]
    )
    missed: list[str] = []
    at = 0
    for line in asked:
        letters = _letters(line)
        place = sung.find(letters, at)
        if place < 0:
            missed.append(line)
        else:
            at = place + len(letters)
    return missed


def _letters(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if sign.isalnum())
