"""Recognises lines that are section headings, settings or singers' names: bracketed, Markdown or plain."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from audiomusic.engines.lyrics.words import (
    DECORATION,
    any_of,
    field_names,
    fold,
    section_kinds,
    words_of,
)
from audiomusic.engines.studio.score import SectionKind

MAX_REPEATS = 8
MAX_HEADING_CHARS = 80
MAX_NAME_CHARS = 24
MAX_NAME_WORDS = 3
_EDGES = re.compile(r"^[^\w(（#]+|[^\w)）:：.]+$")
_DETAILED = re.compile(r"(.{1,40}?)\s*(?:[:(（]| [-–—|] )\s*(.{1,40}?)[)）]?")
_FIELD = re.compile(r"\s*([^:：=\n]{1,30}?)\s*([:：=]|\s[-–]\s)\s*(.*)")
_JOINTS = re.compile(r"\s*(?:[&,+/、，]|\b(?:and|und|et|y|e|con|mit|with|avec|feat\.?|ft\.?)\b)\s*")
LABELS: dict[SectionKind, str] = {"prechorus": "Pre-Chorus"}
BRACKETS = dict(zip("[【［{<〔〈《『「｛＜", "]】］}>〕〉》』」｝＞", strict=True))
ROUND = {"(": ")", "（": "）"}


@dataclass(frozen=True)
class Heading:
    """What a heading says of the lines below it."""

    kind: SectionKind
    number: str = ""  # "2" of "Verse 2", as written
    rap: bool = False
    repeats: int = 1
    singers: str = ""
    recalls: bool = False  # "repeat chorus"
    named: bool = True  # False: marks a section without naming its kind

    @property
    def label(self) -> str:
        return LABELS.get(self.kind, self.kind.capitalize())


@dataclass(frozen=True)
class HeaderField:
    """A field of the header: `Tempo: 90 BPM`."""

    name: str  # title, tempo, key, metre, singer, left_out
    word: str  # as written
    value: str
    is_credit: bool = False


@dataclass(frozen=True)
class Cue:
    """A direction to the performers, which is not sung."""

    text: str


Mark = Heading | HeaderField | Cue
Shape = Literal["square", "round", "marked", "plain"]


@dataclass(frozen=True)
class Peeled:
    """A line without its enclosing brackets or markup."""

    text: str
    shape: Shape
    tail: str = ""  # after the bracket: "(2x)", or the first line


@lru_cache(maxsize=1024)
def peel(line: str) -> Peeled:
    """Remove brackets and Markdown from a line; lines beyond a certain length are not headings."""
    line = line.strip()
    marked = False
    while True:  # each iteration removes something
        bare = line.lstrip("#").lstrip() if line.startswith("#") else line
        for mark in ("**", "__", "*", "_", "==", "~~"):
            if len(bare) > 2 * len(mark) and bare.startswith(mark) and bare.rstrip(":").endswith(mark):
                bare = bare[len(mark) : bare.rindex(mark)].strip() + (":" if bare.endswith(":") else "")
                break
        if bare == line:
            break
        line, marked = bare, True
    opening = line[:1]
    closing = BRACKETS.get(opening) or ROUND.get(opening)
    end = line.find(closing, 1) if closing else -1
    if closing and 0 < end <= MAX_HEADING_CHARS + 1:
        # The closing bracket may be of another kind.
        shape: Shape = "round" if opening in ROUND else "square"
        return Peeled(line[1:end].strip(), shape, line[end + 1 :].strip())
    if opening in BRACKETS:
        ends = [
            place for sign in BRACKETS.values() if 0 < (place := line.find(sign, 1)) <= MAX_HEADING_CHARS + 1
        ]
        if ends:
            return Peeled(line[1 : min(ends)].strip(), "square", line[min(ends) + 1 :].strip())
    return Peeled(line, "marked" if marked else "plain")


@lru_cache(maxsize=1024)
def read_square(text: str) -> Mark | None:
    """Interpret the text in [brackets], which is nearly always a mark."""
    if not text or len(text) > MAX_HEADING_CHARS:
        return None
    field = read_field(text)
    if field is not None:
        return field
    tag, colon, value = text.partition(":")
    if colon and fold(tag) in words_of("fields", "tags"):
        return HeaderField("left_out", tag, value)
    found = _anywhere(text)
    if found is not None:
        return found
    folded = fold(text)
    times = read_times(folded)
    if times and times[1] == "":
        return None
    if is_direction(folded):
        return Cue(text)
    return None


@cache
def _directions() -> re.Pattern[str]:
    return re.compile(
        rf"(?:{any_of(words_of('marks', 'directions'))})(?!\w).*|.*(?:vocals?|voice|stimme|voix|voz|voce)$"
    )


def is_direction(folded: str) -> bool:
    return bool(_directions().fullmatch(folded))


@lru_cache(maxsize=1024)
def read_strict(text: str, *, is_bare: bool) -> Heading | None:
    """Return a heading that consists of nothing else: `Verse 2`, `Last chorus (x2)`, `Strophe 1 - Anna`."""
    if len(text) > MAX_HEADING_CHARS:
        return None
    has_dot = text.rstrip().endswith(".")
    text = _EDGES.sub("", text.strip(DECORATION))
    has_colon = text.endswith((":", "："))
    text = text.rstrip(":： ")
    if not text or len(text) > 60:
        return None
    folded = fold(text)
    count, rest = read_times(folded) or (1, folded)
    again, rest = _without_again(rest)
    rest, details, has_aside = rest.strip(" :.-–—*_,#()（）"), "", False
    found = _DETAILED.fullmatch(rest)
    if found and not _strict().fullmatch(rest):
        # The singers as written, not folded.
        behind = re.split(r"[:(：（]|\s[-–—|]\s", text, maxsplit=1)
        rest, details = found[1].strip(), behind[1].strip(" )）") if len(behind) > 1 else ""
        is_spoken = fold(details) in words_of("marks", "spoken")
        is_group = fold(details) in words_of("marks", "groups")
        if not (is_spoken or is_group) and is_aside(details):
            details, has_aside = "", True
        elif not (is_spoken or names_of(details)):
            return None
    match = _strict().fullmatch(rest)
    if match is None:
        return None
    word = match["word"]
    before = _article().sub("", match["before"]).strip()
    is_specific = bool(match["number"] or before or again or count > 1 or details or has_aside)
    is_short = word in words_of("marks", "abbreviated") and has_dot
    if is_bare and word in words_of("marks", "weak") and not (is_specific or has_colon or is_short):
        return None
    rap = fold(details) in words_of("marks", "spoken")
    number = (match["number"] or before).strip()
    return Heading(section_kinds()[word], number, rap, count, "" if rap else details, again)


@lru_cache(maxsize=256)
def is_aside(text: str) -> bool:
    """Return whether the words after a heading describe how it is sung: "softly", "slow and quiet"."""
    parts = [part for part in _JOINTS.split(fold(text)) if part]
    known = words_of("marks", "asides") | words_of("marks", "directions") | words_of("marks", "groups")
    return 0 < len(parts) <= 3 and all(part in known or known.issuperset(part.split()) for part in parts)


@cache
def _article() -> re.Pattern[str]:
    return re.compile(rf"^(?:{any_of(words_of('marks', 'articles'))})\s+")


@cache
def _strict() -> re.Pattern[str]:
    """Match a whole, folded heading."""
    before, numbers = any_of(words_of("marks", "before")), any_of(words_of("marks", "numbers"))
    number = rf"\d{{1,2}}[ºª.]?|[ivx]{{1,4}}|{numbers}"
    return re.compile(
        rf"(?P<before>(?:(?:{before}|\d{{1,2}}(?:st|nd|rd|th|er|e|eme|re|te|[.ºªa°])?|第)\s*){{0,2}})"
        rf"(?P<word>{any_of(section_kinds())})s?(?:\s*[-.#]?\s*(?:no\.?|nr\.?|n°|#)?\s*(?P<number>{number}))?"
    )


@cache
def _within() -> re.Pattern[str]:
    """Match a section's name among other words; East Asian characters need no spaces around them."""
    words = section_kinds()
    spaced = any_of(word for word in words if ord(word[0]) < 0x3000)
    signs = any_of(word for word in words if ord(word[0]) >= 0x3000)
    return re.compile(rf"(?<!\w)(?P<spaced>{spaced})s?(?![^\W\d_])|(?P<signs>{signs})")


@cache
def _spoken() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{any_of(words_of('marks', 'spoken'))})")


@cache
def _again() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{any_of(words_of('marks', 'again'))})(?!\w)")


def _without_again(folded: str) -> tuple[bool, str]:
    found = _again().search(folded)
    if found is None:
        return False, folded
    rest = folded[: found.start()] + " " + folded[found.end() :]
    return True, re.sub(r"^(?:the|den|die|das|le|la|el|o|il|を)\s+", "", rest.strip(" :.-–—を"))


def _anywhere(text: str) -> Heading | None:
    """Return the section that a bracket's words name, with further details."""
    folded = fold(text)
    count, rest = read_times(folded) or (1, folded)
    again, rest = _without_again(rest)
    rap = bool(_spoken().search(rest))
    matches = list(_within().finditer(rest))
    if not matches:
        return Heading("verse", "", rap, count, recalls=again) if rap else None
    # "Final chorus", "Outro - chorus": the first word decides.
    has_word_before = len(matches) > 1 and matches[0][0] in words_of("marks", "before")
    match = matches[1] if has_word_before else matches[0]
    kind = section_kinds()[match["spaced"] or match["signs"]]
    behind = rest[match.end() :]
    number = re.match(r"\s*[-.#]?\s*(\d{1,2}|[ivx]{1,4}\b|[一二三四五])", behind)
    return Heading(kind, number[1] if number else "", rap, count, _singers(text), again)


def _singers(text: str) -> str:
    """Return `Anna & Ben` of `Verse 2: Anna & Ben`; lower-case directions are not names."""
    parts = re.split(r"[:：]|\s[-–—|]\s|[(（]", text, maxsplit=1)
    if len(parts) < 2:
        return ""
    details = re.sub(r"[(（]?(?:[x×]\s?\d{1,2}|\d{1,2}\s?[x×])[)）]?", "", parts[1])
    details = re.sub(r"\s*[-–—,(（]\s*(?:rap|spoken)\b.*", "", details, flags=re.IGNORECASE).strip(" )）")
    return details if names_of(details) else ""


@lru_cache(maxsize=1024)
def names_of(text: str) -> tuple[str, ...]:
    """Return the singers named in `text`, or () if its words are not names."""
    text = unicodedata.normalize("NFC", text.strip(" *_"))
    if not text or len(text) > 60:
        return ()
    parts = [
        part.strip()
        for part in re.split(
            r"\s*(?:[&,+/、，]|\b(?:and|und|et|y|e|con|mit|with|avec)\b|\b(?:feat|ft)\b\.?)\s*", text
        )
    ]
    parts = [part for part in parts if part]
    return tuple(parts) if parts and all(_is_name(part) for part in parts) else ()


def _is_name(text: str) -> bool:
    if fold(text) in words_of("marks", "groups"):
        return True
    words = text.split()
    if not words or len(words) > MAX_NAME_WORDS or len(text) > MAX_NAME_CHARS:
        return False
    folded = fold(text)
    is_field = folded in field_names() and folded not in words_of("marks", "names")
    if is_field or _within().search(folded) or _spoken().search(folded):
        return False
    return all(word[0].isupper() or not (word[0].islower() or word[0].isascii()) for word in words) and any(
        char.isalpha() for char in text
    )


def read_field(text: str) -> HeaderField | None:
    """Parse `Key: C major` if the text before the colon is a field's name."""
    found = _FIELD.match(text)
    if found is None:
        return None
    word, value = found[1].strip(DECORATION), found[3].strip(DECORATION)
    name = field_names().get(fold(word))
    if name is None or (found[2].strip() in ("-", "–") and name not in ("tempo", "key", "metre")):
        return None
    return HeaderField(name, word, value, is_credit=fold(word) in words_of("fields", "credits"))


@cache
def _times() -> re.Pattern[str]:
    twice, thrice = any_of(words_of("marks", "twice")), any_of(words_of("marks", "thrice"))
    times = any_of(words_of("marks", "times"))
    return re.compile(
        r"[(（\[]?\s?(?:"
        rf"(?<!\w)[x×]\s?(?P<a>\d{{1,2}})(?!\w)|(?<!\w)(?P<b>\d{{1,2}})\s?[x×](?!\w)|(?<!\w)(?P<c>\d{{1,2}})\s?(?:{times})(?!\w)"
        rf"|(?<!\w)(?P<two>{twice})(?!\w)|(?<!\w)(?P<three>{thrice})(?!\w)"
        r")\s?[)）\]]?"
    )


def read_times(folded: str) -> tuple[int, str] | None:
    """Return the number of repeats and the remaining words; None if it is not stated."""
    found = _times().search(folded)
    if found is None:
        return None
    digits = found["a"] or found["b"] or found["c"]
    count = int(digits) if digits else 2 if found["two"] else 3
    rest = f"{folded[: found.start()]} {folded[found.end() :]}"
    return max(1, min(count, MAX_REPEATS)), " ".join(rest.split())


_LINE_TIMES = re.compile(
    r"(?:[(（\[{]\s?(?:[xX×]\s?(\d{1,2})|(\d{1,2})\s?[xX×]|(\d{1,2})\s(?:times|mal|fois|veces|vezes|volte|раза|回|遍|次)|(\d{1,2})(?:回|遍|次))\s?[)）\]}]"
    r"|(?<=[\s,.!?)）])(?:[xX×]\s?(\d{1,2})|(\d{1,2})\s?[xX×]))[.!]?$"
)
_WORD_TIMES = re.compile(r"[(（\[{]\s?([^()（）\[\]{}]{2,14}?)\s?[)）\]}][.!]?$")


def times_at_end(line: str) -> tuple[str, int]:
    """Split `Nobody knows x3` into "Nobody knows" and 3."""
    tail = line[-24:]
    found = _LINE_TIMES.search(tail)
    if found:
        count = int(next(group for group in found.groups() if group))
    elif (found := _WORD_TIMES.search(tail)) and (folded := fold(found[1])) in (
        words_of("marks", "twice") | words_of("marks", "thrice") | words_of("marks", "again")
    ):
        count = 3 if folded in words_of("marks", "thrice") else 2
    else:
        return line, 1
    rest = line[: len(line) - len(tail) + found.start()].rstrip()
    return rest, max(1, min(count, MAX_REPEATS))


@cache
def chordpro_sections() -> dict[str, SectionKind]:
    short: dict[str, SectionKind] = {"v": "verse", "c": "chorus", "b": "bridge"}
    return {**short, "verse": "verse", "chorus": "chorus", "bridge": "bridge"}
