"""Grapheme normalization: kanji become kana, unreadable scripts become hums, the rest stays as written."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from audiomusic.engines.lyrics.reading import readings
from audiomusic.engines.studio.voice.scripts import HUMMED, Run, runs

if TYPE_CHECKING:
    from sudachipy import Tokenizer

HUM, HUM_LANGUAGE = "hmm", "en"
MOST_ADDED = 800  # characters that spelled-out numbers and signs may add to a line
MOST_PARTS = 24  # each costs 10 ms; no real line changes its script this often
_JOINERS = "\u200c\u200d"  # shape letters in Persian and the Indic scripts
#: Words whose sung reading is not the dictionary's first one.
SUNG_READINGS = {"私": "ワタシ", "明日": "アシタ", "下": "シタ"}
PARTICLES = {"は": "ワ", "へ": "エ", "を": "オ"}
#: Parts of speech that attach to the preceding word: particles, auxiliaries, suffixes.
LEANING = frozenset({"助詞", "助動詞", "接尾辞"})
VERB = "動詞"
_LONG_O = re.compile(r"(?<=[オコソトノホモヨロゴゾドボポョ])ウ")


class Saying(NamedTuple):
    """A stretch of a line (characters start to end) and the text spoken for it."""

    start: int
    end: int
    said: str


def readable(text: str) -> str:
    """Return `text` with every character that must not be spoken replaced by a space.

    Letters, marks, digits, apostrophes and joiners stay. Punctuation is removed because it makes pauses,
    symbols because their names would be read out, control characters because espeak takes commands from
    them. The length does not change, so positions still match the line.
    """
    return "".join(c if _is_spoken(c) else " " for c in text)


def _is_spoken(character: str) -> bool:
    return character in "'’" or character in _JOINERS or unicodedata.category(character)[0] in "LMN"


class Part(NamedTuple):
    """The text that one voice speaks, and the position in the line that each of its characters stands for."""

    language: str
    said: str
    origins: tuple[int, ...]


def parts_of(line: str, language: str) -> list[Part]:
    """Split `line` among the voices that read it, in order: usually one, at most MOST_PARTS."""
    wanted = (run for run in runs(line, language) if line[run.start : run.end].strip())
    return [_part(line, run) for run in islice(wanted, MOST_PARTS)]


def hummed_words(line: str, language: str) -> list[str]:
    """Return the words of `line` that no voice can read."""
    line = readable(line)
    hums = (line[run.start : run.end] for run in runs(line, language) if run.language == HUMMED)
    return [word for hum in hums for word in hum.split()]


def heard_in(line: str, language: str) -> str:
    """Return `line` with everything unspoken blanked out. Positions still match the line."""
    heard = list(readable(line))
    for run in runs(line, language):
        for start, end, _ in readings(line[run.start : run.end], run.language):
            heard[run.start + start : run.start + end] = line[run.start + start : run.start + end]
    return "".join(heard)


def _part(line: str, run: Run) -> Part:
    said, origins = "", []
    for saying in _sayings(line[run.start : run.end], run.language):
        start, end = run.start + saying.start, run.start + saying.end
        origins += [start] if said else []
        said += " " if said else ""
        same = len(saying.said) == end - start
        origins += range(start, end) if same else [start] * len(saying.said)
        said += saying.said
    return Part(run.language or HUM_LANGUAGE, said, tuple(origins))


def _sayings(text: str, language: str) -> Iterator[Saying]:
    """Yield stretches with a special reading, and the text between them as the language's reader gives it."""
    reader = READERS.get(language.partition("-")[0], _as_it_stands)
    place, room = 0, MOST_ADDED
    for start, end, said in readings(text, language):
        room -= max(0, len(said) - (end - start))
        if room < 0:
            break
        yield from _moved(reader(readable(text[place:start])), place)
        yield Saying(start, end, readable(said))
        place = end
    yield from _moved(reader(readable(text[place:])), place)


def _moved(sayings: Iterator[Saying], by: int) -> Iterator[Saying]:
    for start, end, said in sayings:
        yield Saying(start + by, end + by, said)


def _as_it_stands(line: str) -> Iterator[Saying]:
    if line:
        yield Saying(0, len(line), line)


def _hummed(line: str) -> Iterator[Saying]:
    for match in re.finditer(r"\S+", line):
        yield Saying(match.start(), match.end(), HUM)


def _japanese(line: str) -> Iterator[Saying]:
    """Yield words as pronounced, each with the particles attached to it."""
    waiting: Saying | None = None
    for start, end, kana, leans in _morphemes(line):
        if waiting and leans:
            waiting = Saying(waiting.start, end, waiting.said + kana)
            continue
        if waiting:
            yield waiting
        waiting = Saying(start, end, kana)
    if waiting:
        yield waiting


def _morphemes(line: str) -> Iterator[tuple[int, int, str, bool]]:
    """Yield (start, end, kana, whether it attaches to the word before) for each non-blank morpheme."""
    with _LOCK:  # one tokenizer serves one thread at a time
        found = [
            (m.begin(), m.end(), m.surface(), m.reading_form(), m.part_of_speech()[0])
            for m in _tokenizer().tokenize(line)
        ]
    for start, end, surface, reading, part in found:
        if surface.strip():
            yield start, end, _pronounced(surface, reading, part), part in LEANING


class Morpheme(NamedTuple):
    """A word of a Japanese text: its part of speech ("名詞"), the subcategory, and its pronunciation."""

    surface: str
    part: str
    kind: str
    kana: str


def morphemes_of(text: str) -> list[Morpheme]:
    """Return the words of a Japanese text, without blanks."""
    with _LOCK:
        found = [(m.surface(), m.part_of_speech(), m.reading_form()) for m in _tokenizer().tokenize(text)]
    return [
        Morpheme(surface, parts[0], "-".join(parts[1:3]), _pronounced(surface, reading, parts[0]))
        for surface, parts, reading in found
        if surface.strip()
    ]


def _pronounced(surface: str, reading: str, part: str) -> str:
    if part == "助詞" and surface in PARTICLES:
        return PARTICLES[surface]
    kana = SUNG_READINGS.get(surface) or reading or surface
    if not any("\u3040" <= sign <= "\u30ff" for sign in kana) or surface.isdecimal():
        return surface
    return kana if part == VERB else _LONG_O.sub("オ", kana)


_LOCK = threading.Lock()


@cache
def _tokenizer() -> Tokenizer:
    from sudachipy import Dictionary  # 50 ms and 45 MB, needed by few songs

    return Dictionary(dict="small").tokenizer()


READERS: dict[str, Callable[[str], Iterator[Saying]]] = {"ja": _japanese, HUMMED: _hummed}
