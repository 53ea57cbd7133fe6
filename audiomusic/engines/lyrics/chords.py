"""Detects chords in lyrics: inline, on separate lines, and in ChordPro notation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

MAX_CHORD_CHARS = 16
MAX_LINE_CHARS = 400

_ROOT = r"[A-H](?:[#♯b♭]|is|es|s(?!us))?"
_COLOUR = r"(?:maj|min|mi|ma|m|M|dim|aug|sus|add|alt|omit|no|[-+°ºøØΔ^])"
_CHORD = re.compile(
    rf"{_ROOT}{_COLOUR}?\d{{0,2}}(?:(?:{_COLOUR}|[#b♯♭])\d{{1,2}}|{_COLOUR}|\([^()\s]{{1,8}}\)){{0,3}}"
    rf"(?:/(?:{_ROOT}|\d))?[*'!]?"
)
_SILENCE = re.compile(r"\(?N\.?\s?C\.?\)?", re.IGNORECASE)
_DEGREE = r"DO|RE|RÉ|MI|FA|SOL|LA|SI|Do|Re|Ré|Mi|Fa|Sol|La|Si"
_SOLFEGE = re.compile(
    rf"(?:{_DEGREE})[#♯b♭]?(?:m|M|maj|min|-|dim|aug|sus)?\d{{0,2}}(?:sus\d|add\d)?(?:/(?:{_DEGREE})[#b]?)?"
)
_SOLFEGE_MARK = re.compile(r"[#♯\d]$|(?<![aeiouAEIOU])m$|[ailo]m$|min$|[/-]")
_FILLER = re.compile(r"[|/\\%.,:;~*()\[\]\-–—>]+|\(?[x×]\s?\d{1,2}\)?|\(?\d{1,2}\s?[x×]\)?", re.IGNORECASE)
_INLINE = re.compile(r"\[([^\[\]\n]{1,16})\]")
_INLINE_ROUND = re.compile(r"\(([A-H][^()\s]{0,12})\)")
_PLAIN = frozenset("ABCDEFGH")


@lru_cache(maxsize=1024)
def is_chord(text: str) -> bool:
    text = text.strip()
    return 0 < len(text) <= MAX_CHORD_CHARS and bool(_CHORD.fullmatch(text) or _SILENCE.fullmatch(text))


@lru_cache(maxsize=1024)
def is_inline_chord(text: str) -> bool:
    """Return whether it is a chord in square brackets between words, by letter or solfège: `[Am]`, `[Lam]`,
    `[DO7]`."""
    return is_chord(text) or (len(text) <= MAX_CHORD_CHARS and bool(_SOLFEGE.fullmatch(text.strip())))


def _tokens(line: str) -> list[str]:
    if len(line) > MAX_LINE_CHARS:
        return []
    found = [_unwrapped(token) for token in re.sub(r"\s[-–—|]\s?|[-–—](?=[A-H])", " ", line).split()]
    return [token for token in found if token and not _FILLER.fullmatch(token)]


def _unwrapped(token: str) -> str:
    token = token.strip("|[],.:–—")
    return token[1:-1] if token.startswith("(") and token.endswith(")") else token


@lru_cache(maxsize=1024)
def is_chord_line(line: str, *, among_chords: bool = False) -> bool:
    """Return whether a line only has chords. A single letter is a chord only if `among_chords`."""
    if (
        not line.strip()
        or not any(char in _PLAIN for char in line[:MAX_LINE_CHARS])
        and not _may_be_solfege(line)
    ):
        return False
    tokens = _tokens(line)
    if not tokens:
        return False
    if all(is_chord(token) for token in tokens):
        letters = "".join(tokens)
        is_alphabet = len(tokens) > 2 and letters in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        marked = [token for token in tokens if token not in _PLAIN and token != "Es"]
        if is_alphabet:
            return False
        if len(tokens) == 1:
            return among_chords or bool(re.search(r"[#♯♭\d/]|m(?!$)|[A-H]b", marked[0] if marked else ""))
        return True
    return _is_solfege_line(line, tokens, among_chords=among_chords)


def _may_be_solfege(line: str) -> bool:
    return line.lstrip()[:1] in ("D", "R", "M", "F", "S", "L")


def _is_solfege_line(line: str, tokens: Sequence[str], *, among_chords: bool) -> bool:
    """Return whether it is `Do Sol Lam Fa`, but neither "La la la" nor "Do re mi"; a single one only if
    `among_chords`."""
    if not all(_SOLFEGE.fullmatch(token) for token in tokens):
        return False
    is_wide = bool(re.search(r"\S\s{2,}\S", line))
    is_marked = any(_SOLFEGE_MARK.search(token[2:]) for token in tokens)
    if len(tokens) == 1:
        return among_chords and is_marked
    is_loud = among_chords and all(token.isupper() for token in tokens)  # "DO SOL FA"
    return is_loud and len(set(tokens)) > 1 or len(set(tokens)) > 1 and (is_wide or is_marked)


def has_chords(lines: Sequence[str]) -> bool:
    """Return whether the text is a chord sheet."""
    return any(is_chord_line(line) for line in lines) or _inline_count(lines) >= 2


def _inline_count(lines: Sequence[str]) -> int:
    return sum(is_inline_chord(found) for line in lines if "[" in line for found in _INLINE.findall(line))


def without_inline(line: str, *, round_ones: bool) -> str:
    """Remove `[Am]` from the line, and with `round_ones` also `(Am)`; split words are joined again."""
    if "[" in line:
        line = _INLINE.sub(lambda found: "" if is_inline_chord(found[1]) else found[0], line)
    if round_ones and "(" in line:
        line = _INLINE_ROUND.sub(lambda found: "" if is_chord(found[1]) else found[0], line)
    return line


def has_round_chords(lines: Sequence[str]) -> bool:
    found = [name for line in lines if "(" in line for name in _INLINE_ROUND.findall(line)]
    chords = [name for name in found if is_chord(name)]
    return len(chords) >= 3 and len(set(chords)) > 1 and len(chords) == len(found)
