"""Marks for lyrics, line by line as they are typed.

Only lines that will be sung have marks: a line that the parser of pasted lyrics skips, such as a heading or
a row of chords, has none. espeak reads the lines, as it does for the voice, so the margin and the song count
alike; the network that sings English reads a few words differently.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from audiomusic.engines.lyrics.pasted import clean_line, read_pasted
from audiomusic.engines.studio.compose.form import BREATH_S, UNHURRIED_SYLLABLE_S
from audiomusic.engines.studio.lyrics import MAX_RAP_SYLLABLES, MAX_SYLLABLES, split_ad_lib, split_line
from audiomusic.engines.studio.margin.line_sounds import LineSounds, line_sounds
from audiomusic.engines.studio.plan import Plan
from audiomusic.engines.studio.voice.speech import SpeechFailed, can_pronounce

MAX_LINES = 300
TIME_BUDGET_S = 0.6  # for lines not read before; the next call continues
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Rooms = Mapping[str, tuple[float, bool]]  # line -> (available seconds, whether it is rapped)

_BRACKETED = re.compile(r"[\[【{][^\]】}]*[\]】}]")


@dataclass(frozen=True)
class LineMark:
    """The mark of one line.

    `rhyme`: a letter shared with the lines of its stanza that rhyme. `pieces`: the number of lines it is
    sung as. `is_hurried`: it has less time than its syllables need.
    """

    line: int  # index in the text, from 0
    syllables: int
    rhyme: str
    pieces: int
    is_hurried: bool


@dataclass(frozen=True)
class LyricsMarks:
    """`is_whole`: every line was read. If False, repeating the call returns more."""

    language: str
    marks: tuple[LineMark, ...]
    is_whole: bool


def lyrics_marks(text: str, plans: Sequence[Plan], *, knows_tempo: bool) -> LyricsMarks:
    """Return the marks of the lyrics of these plans, which differ only in their seeds.

    A line is hurried if it is hurried in all plans. Without `knows_tempo` the tempo is not settled, and no
    line is. A language that no voice reads has no marks.
    """
    plan = plans[0]
    language = plan.language or ""
    if not language or not can_pronounce(language):
        return LyricsMarks(language, (), is_whole=True)
    is_rap = plan.kind == "rap"
    rooms = [_seconds_by_line(plan) for plan in plans] if knows_tempo else []
    most = MAX_RAP_SYLLABLES if is_rap else MAX_SYLLABLES
    marks: list[LineMark] = []
    is_whole = True
    deadline = time.monotonic() + TIME_BUDGET_S
    for stanza in _stanzas(text):
        sounds: dict[int, LineSounds] = {}
        for number, line in stanza:
            if len(marks) + len(sounds) >= MAX_LINES or time.monotonic() > deadline:
                is_whole = False
                break
            try:
                sounds[number] = line_sounds(line, language)
            except SpeechFailed:
                return LyricsMarks(language, tuple(marks), is_whole=False)
        letters = _letters(sounds)
        for number, line in stanza:
            if number not in sounds:
                break
            pieces = split_line(split_ad_lib(line)[0], most)
            marks.append(
                LineMark(
                    line=number,
                    syllables=sounds[number].syllables,
                    rhyme=letters[number],
                    pieces=len(pieces),
                    is_hurried=_is_hurried(pieces, sounds[number].syllables, rooms),
                )
            )
        if not is_whole:
            break
    return LyricsMarks(language, tuple(marks), is_whole)


def _stanzas(text: str) -> Iterator[list[tuple[int, str]]]:
    """Yield the sung lines of each stanza as (number, words). Headings and empty lines separate stanzas."""
    sung = {line.text for section in read_pasted(text).sections for line in section.lines}
    stanza: list[tuple[int, str]] = []
    for number, row in enumerate(text.splitlines()):
        words = _sung_words(row, sung)
        if words:
            stanza.append((number, words))
        elif stanza:
            yield stanza
            stanza = []
    if stanza:
        yield stanza


def _sung_words(row: str, sung: set[str]) -> str:
    """Return the sung part of a row: all of it, or the text after a singer's name or between chords."""
    bare = _BRACKETED.sub("", row)
    candidates = (clean_line(row), clean_line(row.partition(":")[2]), clean_line(bare), row.strip())
    return next((words for words in candidates if words in sung), "")


def _letters(sounds: Mapping[int, LineSounds]) -> dict[int, str]:
    """Return a letter for each line whose rhyme another line shares; "" for the others."""
    counts = Counter(sound.rhyme for sound in sounds.values())
    rhymes = dict.fromkeys(sound.rhyme for sound in sounds.values())
    shared = [rhyme for rhyme in rhymes if rhyme and counts[rhyme] > 1]
    names = dict(zip(shared, LETTERS, strict=False))
    return {number: names.get(sound.rhyme, "") for number, sound in sounds.items()}


def _seconds_by_line(plan: Plan) -> Rooms:
    """Return the time that the plan gives each sung line, and whether the line is rapped."""
    rooms: dict[str, tuple[float, bool]] = {}  # the shortest time of lines sung more than once
    for section in plan.sections:
        seconds = section.line_bars * plan.metre.bar_s
        for line in section.lines:
            words = split_ad_lib(line)[0]
            if seconds < rooms.get(words, (float("inf"), False))[0]:
                rooms[words] = (seconds, section.rap or plan.kind == "rap")
    return rooms


def _is_hurried(pieces: list[str], syllables: int, rooms: Sequence[Rooms]) -> bool:
    return bool(rooms) and all(_is_hurried_in(pieces, syllables, each) for each in rooms)


def _is_hurried_in(pieces: list[str], syllables: int, rooms: Rooms) -> bool:
    """Return whether a piece has less time than its share of the syllables takes unhurried."""
    share = syllables / max(1, len(pieces))
    for piece in pieces:
        seconds, is_rapped = rooms.get(piece, (float("inf"), False))
        if share * UNHURRIED_SYLLABLE_S[is_rapped] + BREATH_S[is_rapped] > seconds:
            return True
    return False
