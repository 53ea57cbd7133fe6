"""Reads numbers in captions, in digits or words: tempo, metre and duration."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from audiomusic.engines.captions.lexicon import Lexicon, book_of, lexicon, table
from audiomusic.engines.captions.tokens import CaptionToken
from audiomusic.engines.captions.wishes import Aspect, WishValue

TEMPO_BPM = (30.0, 300.0)
LONGEST_S = 600.0
SPOKEN_LENGTHS_S = {"half_minute": 30.0, "minute_and_half": 90.0}
BARE_TEMPO_BPM = (40.0, 250.0)  # for a number without a unit: "at 120"
METRE_UNITS = (2, 4, 8, 16)
MOST_BEATS = 15
IN_BEATS = {2: "2/4", 3: "3/4", 4: "4/4", 5: "5/4", 6: "6/8", 7: "7/8", 9: "9/8", 11: "11/8", 12: "12/8"}
NOT_A_LENGTH = frozenset(
    [
        "first",
        "last",
        "after",
        "every",
        "each",
        "next",
        "ersten",
        "letzten",
        "nach",
        "premieres",
        "dernieres",
        "primeros",
        "ultimos",
        "apres",
        "despues",
        "depois",
        "dopo",
    ]
)
_SECONDS = re.compile(r"\d{1,3}(?:[.,]\d+)?s")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_DASH = re.compile(r"\s*[-–—−~]\s*")
LINKS = frozenset(
    {
        ":",
        "=",
        "of",
        "is",
        "around",
        "about",
        "ca",
        "circa",
        "approximately",
        "roughly",
        "von",
        "de",
        "di",
        "at",
        "um",
        "~",
        "≈",
        "は",
        "的",
    }
)


@dataclass(frozen=True)
class Quantity:
    """What a run of tokens measures. `reason`: why it is impossible."""

    aspect: Aspect
    value: WishValue
    end: int  # the token after it
    reason: str = ""
    nearest_to: str | None = None


@cache
def _units() -> Lexicon:
    return book_of(table("quantities")["units"])


@cache
def _ranges() -> Lexicon:
    return book_of(table("quantities")["ranges"])


@cache
def _numbers() -> Lexicon:
    return book_of(table("quantities")["numbers"])


@cache
def _firsts() -> frozenset[str]:
    metres = table("quantities")["metre_nouns"]["in"]
    return _units().firsts() | _ranges().firsts() | _numbers().firsts() | frozenset(metres)


def begins_quantity(word: str) -> bool:
    """Return whether a quantity may start with this word; a quick check that rejects most words."""
    return word[0].isdecimal() or word in _firsts()


def read_number(tokens: Sequence[CaptionToken], start: int) -> tuple[int, float] | None:
    """Read a number in digits or words: "one hundred and twenty"."""
    if start < len(tokens) and _NUMBER.fullmatch(tokens[start].text) and tokens[start].text.isascii():
        return start + 1, float(tokens[start].text.replace(",", "."))
    total, index, before = 0.0, start, 0.0
    for _ in range(5):
        at = index
        if total and at < len(tokens) and tokens[at].text in ("and", "und", "y", "e") and before >= 100:
            at += 1
        if at < len(tokens) and tokens[at].text == "十" and 1 < total < 10:
            total, index, before = 10 * total, at + 1, 20.0  # "三十", and a digit may follow
            continue
        end, name = _numbers().names(tokens, at)
        if name is None or (total and before < 20 and float(name) < 100):
            break
        before = float(name)
        total = max(total, 1.0) * before if before == 100 else total + before
        index = end
    return (index, total) if index > start else None


def read_quantity(tokens: Sequence[CaptionToken], start: int, kana: bool = False) -> Quantity | None:
    """Read a tempo, a metre or a duration that starts here."""
    return (
        _metre(tokens, start, kana)
        or _named_tempo(tokens, start)
        or _tempo(tokens, start)
        or _duration(tokens, start)
    )


def _unit(tokens: Sequence[CaptionToken], index: int) -> tuple[int, str | None]:
    return _units().names(tokens, index) if index < len(tokens) else (index, None)


def _range(tokens: Sequence[CaptionToken], start: int) -> tuple[int, float, float] | None:
    """Read a number, or two with "to" or a dash between them."""
    first = read_number(tokens, start)
    if first is None:
        return None
    end, low = first
    if end < len(tokens):
        dashed = bool(_DASH.fullmatch(tokens[end].gap)) and tokens[end].text[0].isdigit()
        after, name = _ranges().names(tokens, end)
        second = read_number(tokens, end if dashed else after) if dashed or name == "to" else None
        if second is not None and second[1] > low:
            return second[0], low, second[1]
    return end, low, low


def _tempo(tokens: Sequence[CaptionToken], start: int) -> Quantity | None:
    end, name = _ranges().names(tokens, start)
    found = _range(tokens, end if name == "between" else start)
    if found is None:
        return None
    end, low, high = found
    after, unit = _unit(tokens, end)
    return _bpm(low, high, after) if unit == "bpm" else None


def _named_tempo(tokens: Sequence[CaptionToken], start: int) -> Quantity | None:
    """Read "tempo: 95.5", "at 120", "bpm 90"."""
    index, unit = _unit(tokens, start)
    if unit not in ("tempo", "bpm") or tokens[start].text == "beats":
        return None
    word, linked = tokens[start].text, False
    while index < len(tokens) and tokens[index].text in LINKS and index < start + 6:
        linked = linked or tokens[index].text in (":", "=")
        index += 1
    if _ranges().names(tokens, index)[1] == "between":
        index = _ranges().names(tokens, index)[0]
    found = _range(tokens, index)
    if found is None or (word == "q" and not linked):
        return None
    end, low, high = found
    after, behind = _unit(tokens, end)
    if behind == "bpm":
        return _bpm(low, high, after)
    if word == "at" and not (_is_end(tokens, end) and BARE_TEMPO_BPM[0] <= low <= BARE_TEMPO_BPM[1]):
        return None
    if behind in ("seconds", "minutes") or _at(tokens, end) in ("/", ":"):
        return None
    return _bpm(low, high, end)


def _bpm(low: float, high: float, end: int) -> Quantity:
    if TEMPO_BPM[0] <= low and high <= TEMPO_BPM[1]:
        return Quantity("tempo", (low, high), end)
    return Quantity("tempo", (low, high), end, "Expected a tempo between 30 and 300 bpm.")


def _at(tokens: Sequence[CaptionToken], index: int) -> str:
    return tokens[index].text if index < len(tokens) else ""


def _is_end(tokens: Sequence[CaptionToken], index: int) -> bool:
    return index >= len(tokens) or not tokens[index].is_word


def _metre(tokens: Sequence[CaptionToken], start: int, kana: bool) -> Quantity | None:
    """Read "7/8", "in 7", "7拍子"."""
    figure = tokens[start].text
    if figure.isdecimal() and figure.isascii():
        unit = _at(tokens, start + 2)
        if _at(tokens, start + 1) == "/" and unit.isdecimal() and unit.isascii() and len(figure + unit) <= 4:
            if int(unit) in METRE_UNITS and 2 <= int(figure) <= MOST_BEATS:
                return Quantity("metre", f"{int(figure)}/{int(unit)}", _behind_metre(tokens, start + 3))
            return None
        if _at(tokens, start + 1) == "拍" and _at(tokens, start + 2) == "子" and int(figure) in IN_BEATS:
            return Quantity("metre", IN_BEATS[int(figure)], start + 3)
        return None
    if figure not in table("quantities")["metre_nouns"]["in"]:
        return None
    found = read_number(tokens, start + 1)
    if found is None or found[1] not in IN_BEATS:
        return None
    end = _behind_metre(tokens, found[0])
    ends = end > found[0] or _is_end(tokens, end) or bool(_closes(tokens, end, kana))
    return (
        Quantity("metre", IN_BEATS[int(found[1])], end)
        if ends and _at(tokens, end) not in ("/", ":")
        else None
    )


def _closes(tokens: Sequence[CaptionToken], index: int, kana: bool) -> bool:
    kinds = {meaning.kind for meaning in lexicon().longest(tokens, index, kana=kana)[1]}
    return bool(kinds & {"close", "refuse", "and"})


@cache
def _metre_nouns() -> Lexicon:
    return book_of({"noun": [*table("quantities")["metre_nouns"]["before"], "拍"]})


def _behind_metre(tokens: Sequence[CaptionToken], index: int) -> int:
    return _metre_nouns().names(tokens, index)[0]


def _duration(tokens: Sequence[CaptionToken], start: int) -> Quantity | None:
    """Read "30 seconds", "two minutes", "3:30", "2 min 30 s"."""
    before = tokens[start - 1].text if start else ""
    if before in NOT_A_LENGTH:
        return None
    text = tokens[start].text
    if _SECONDS.fullmatch(text) and not any(m.kind == "era" for m in lexicon().longest(tokens, start)[1]):
        return _length(float(text[:-1].replace(",", ".")), start + 1)
    if clock := _clock(tokens, start):
        return clock
    end, unit = _unit(tokens, start)
    if unit is not None and unit in SPOKEN_LENGTHS_S:
        return _length(SPOKEN_LENGTHS_S[unit], end)
    found = read_number(tokens, start)
    if found is None:
        return None
    end, number = found
    after, unit = _unit(tokens, end)
    if end < len(tokens) and tokens[end].gap.strip() in ("'", "’"):
        return None  # "1970's"
    if unit == "seconds":
        return _length(number, after)
    return _with_rest(tokens, number, after) if unit == "minutes" else None


def _rest(tokens: Sequence[CaptionToken], index: int) -> tuple[int, float] | None:
    """Read the seconds after the minutes."""
    if _at(tokens, index) in ("and", "und", "et", "y", "e"):
        index += 1
    found = read_number(tokens, index) if index < len(tokens) else None
    if found is None:
        return None
    end, unit = _unit(tokens, found[0])
    return (end, found[1]) if unit == "seconds" else None


def _with_rest(tokens: Sequence[CaptionToken], minutes: float, index: int) -> Quantity | None:
    rest = _rest(tokens, index)
    return _length(60 * minutes + rest[1], rest[0]) if rest else _length(60 * minutes, index)


def _clock(tokens: Sequence[CaptionToken], start: int) -> Quantity | None:
    minutes, seconds = _at(tokens, start), _at(tokens, start + 2)
    if _at(tokens, start + 1) != ":" or not (minutes.isdecimal() and seconds.isdecimal()):
        return None
    if (
        not (minutes.isascii() and seconds.isascii())
        or len(minutes) > 2
        or len(seconds) != 2
        or int(seconds) > 59
    ):
        return None
    if _at(tokens, start + 3) in ("am", "pm", ":", "a", "p", "uhr", "h"):
        return None
    return _length(60.0 * int(minutes) + int(seconds), start + 3)


def _length(seconds: float, end: int) -> Quantity | None:
    if seconds <= 0:
        return None
    reason = "" if 1 <= seconds <= LONGEST_S else "Expected a length between 1 and 600 seconds."
    return Quantity("duration", seconds, end, reason)
