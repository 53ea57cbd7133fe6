"""Turn lyrics as people type and paste them into sections of singable lines.

`engines.lyrics` reads sections and lines; this module splits long lines at breaths. It never fails: what
cannot be sung is left out and counted. Words in (brackets) beside a line are its ad-lib, the answer of a
second voice; they stay in brackets until composing.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from audiomusic.engines.lyrics.pasted import (
    MAX_LINES,
    MAX_LYRICS_CHARS,
    PastedSection,
    clean_line,
    is_singable,
    read_pasted,
)
from audiomusic.engines.studio.score import SectionKind

__all__ = ["MAX_LINES", "MAX_LYRICS_CHARS", "clean_line", "is_singable"]

MAX_SYLLABLES = 14  # a longer line is split
MAX_RAP_SYLLABLES = 18
MAX_AD_LIB_SYLLABLES = 7  # a longer one is not an ad-lib
COMMA_SYLLABLES = 4  # a cut after a comma may be this much farther from the middle
MAX_WORD_CHARS = 40  # a longer word is split: no voice has the breath

_AD_LIB = re.compile(r"[(（]([^()（）]*)[)）]")
_VOWEL_GROUP = re.compile(r"[aeiouyäöüáàâãéèêëíìîïóòôõúùûůýÿøåæœаеёиоуыэюяіїєαεηιουωάέήίόύώ]+")
_EACH_LETTER = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ABUGIDA = re.compile(r"[\u0590-\u06ff\u0900-\u0e7f]")
_BREAKS = frozenset(",;:.!?…—–、。，！？")


@dataclass(frozen=True)
class LyricSection:
    """The lines sung in one section of the form; an instrumental section has none."""

    kind: SectionKind
    label: str
    lines: tuple[str, ...] = ()
    rap: bool = False
    singers: tuple[str, ...] = ()  # one per line, as named in the lyrics; empty if no one is named
    cast: tuple[tuple[int, ...], ...] = ()  # a row per line: indexes of cast members, the lead first


def parse_lyrics(text: str, rap: bool = False) -> list[LyricSection]:
    """Return the sections in text order, each line at most about 14 syllables, or 18 if it is rapped: by its
    tag, or everywhere with `rap`."""
    sections: list[LyricSection] = []
    room = MAX_LINES
    for pasted in read_pasted(text).sections:
        if pasted.lines and room <= 0:
            break
        section = _section(pasted, room, rap)
        sections.append(section)
        room -= len(section.lines)
    return sections


def _section(pasted: PastedSection, room: int, rap: bool) -> LyricSection:
    lines: list[str] = []
    singers: list[str] = []
    most = MAX_RAP_SYLLABLES if rap or pasted.rap else MAX_SYLLABLES
    for line in pasted.lines:
        pieces = _pieces(*split_ad_lib(line.text), most)[: room - len(lines)]
        lines += pieces
        singers += [line.singer or pasted.singers] * len(pieces)
    named = tuple(singers) if any(singers) else ()
    return LyricSection(pasted.kind, pasted.label, tuple(lines), pasted.rap, named)


def _pieces(line: str, ad_lib: str, most: int) -> list[str]:
    pieces = [piece for piece in split_line(line, most) if is_singable(piece)]
    if pieces and ad_lib:
        pieces[-1] += f" ({ad_lib})"
    return pieces


def dropped_lines(text: str) -> int:
    """Return how many lines of the text have characters but nothing that a voice can say."""
    return read_pasted(text).dropped.get("wordless", 0)


def split_ad_lib(line: str) -> tuple[str, str]:
    """Split off the ad-lib in brackets: "Hold me (ooh, hold me)" -> "Hold me", "ooh, hold me".

    There is no ad-lib if the brackets hold the whole line or more than a few syllables.
    """
    lead = clean_line(_AD_LIB.sub(" ", line))
    ad_lib = clean_line(", ".join(found.strip() for found in _AD_LIB.findall(line) if is_singable(found)))
    if is_singable(lead) and is_singable(ad_lib) and count_syllables(ad_lib) <= MAX_AD_LIB_SYLLABLES:
        return lead, ad_lib
    return clean_line(line), ""


def count_syllables(text: str) -> int:
    """Estimate how many syllables a voice makes of the text, from vowel groups or characters."""
    return sum(_word_syllables(word) for word in text.casefold().split())


@lru_cache(maxsize=4096)
def _word_syllables(word: str) -> int:
    signs = len(_EACH_LETTER.findall(word)) + len(_ABUGIDA.findall(word)) // 2
    digits = sum(char.isdigit() for char in word)
    groups = len(_VOWEL_GROUP.findall(word))
    if groups > 1 and word.isascii() and re.search(r"[^aeiouyl]e[s,.!?']*$", word):
        groups -= 1  # a silent e
    count = signs + 2 * digits + groups
    return count or int(any(char.isalnum() for char in word))


def split_line(line: str, most: int = MAX_SYLLABLES) -> list[str]:
    """Split a line into pieces of at most about `most` syllables, at punctuation or in the middle."""
    words = _words(line)
    pieces: list[str] = []
    waiting = [(words, [_word_syllables(word.casefold()) for word in words])]
    while waiting:
        part, counts = waiting.pop()
        if sum(counts) <= most or len(part) < 2:
            pieces.append(_join(part))
            continue
        cut = _best_cut(part, counts)
        waiting += [(part[cut:], counts[cut:]), (part[:cut], counts[:cut])]
    return pieces


def _words(line: str) -> list[str]:
    """Return words, or single characters in scripts without spaces; no word longer than a breath."""
    words: list[str] = []
    for word in line.split():
        if len(_EACH_LETTER.findall(word)) > 2:
            words += re.findall(r"[a-zA-Z0-9']+|.[、。，！？…]*", word)
        else:
            words += [word[start : start + MAX_WORD_CHARS] for start in range(0, len(word), MAX_WORD_CHARS)]
    return words


def _join(words: list[str]) -> str:
    joined = " ".join(words)
    return re.sub(r"(?<=[\u3040-\u30ff\u3400-\u9fff]) (?=[\u3040-\u30ff\u3400-\u9fff])", "", joined)


def _best_cut(words: list[str], counts: list[int]) -> int:
    """Return the cut closest to the middle, where a comma counts as much as four syllables."""
    before = list(accumulate(counts[:-1]))  # syllables before each cut
    middle = sum(counts) / 2

    def cost(place: int) -> float:
        return abs(before[place] - middle) - (COMMA_SYLLABLES if words[place][-1] in _BREAKS else 0)

    behind = min(bisect_left(before, middle), len(before) - 1)
    reach = abs(before[behind] - middle) + COMMA_SYLLABLES  # no cut farther away can be better
    places = range(bisect_left(before, middle - reach), bisect_right(before, middle + reach))
    return min(places, key=cost) + 1
