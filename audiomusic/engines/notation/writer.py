"""Writes a tune as ABC text, in this server's canonical form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from audiomusic.engines.notation.spelling import (
    ACCIDENTAL_SIGNS,
    key_text,
    letter_text,
    pieces,
    signature,
    spelled,
)
from audiomusic.engines.notation.tune import VOICES, WrittenTune
from audiomusic.engines.theory import Key

GROUP_BARS = 4
VOICE_LINES = (
    'V: Vocal clef=treble name="Vocal Melody" snm="Vocal"',
    'V: Ins clef=treble name="Ins Melody" snm="Inst."',
)
HARMONIC = "%%audiomusic-mode harmonic"
SWING = "%%audiomusic-swing"

Segment = tuple[int, int, int, bool]
#: ABC's special characters in lyrics -> letters that look alike.
_UNSIGNED = str.maketrans(
    {"-": "‑", " ": "\u00a0", "*": "∗", "_": "‗", "|": "ǀ", "\\": "", "~": "", "%": "٪"}
)


def write_abc(tune: WrittenTune) -> str:
    """Return the whole text, with a final newline."""
    return "\n".join(_lines(tune)) + "\n"


def _lines(tune: WrittenTune) -> Iterator[str]:
    yield "X:1"
    yield f"T:{' '.join(tune.title.split()) or 'Untitled'}"
    yield f"M:{tune.metre}"
    yield "L:1/32"
    yield f"Q:1/4={tune.quarter_bpm}"
    yield from VOICE_LINES
    yield f"K:{key_text(tune.key)}"
    if tune.key.mode == "harmonic minor":
        yield HARMONIC
    if tune.swing:
        yield f"{SWING} {tune.swing.amount:g} 1/{round(4 / tune.swing.grid)}"
    keys = {change.bar: change.key for change in tune.keys}
    bars, key = _prepared(tune), tune.key
    for first, last, label in _groups(tune):
        if label:
            yield f"% {label}"
        group = bars[first:last]
        for voice in VOICES:
            yield f"V: {voice}"
            rows = [(bar.vocal, bar.shown) if voice == "Vocal" else (bar.ins, {}) for bar in group]
            yield " ".join(_bars(rows, first, key, keys, tune.bar_ticks))
            if voice == "Vocal" and (words := _words(group, bars[last:])):
                yield f"w: {words}"
        for bar in range(first, last):
            key = keys.get(bar, key)


class _Bar(NamedTuple):
    vocal: Sequence[Segment]
    ins: Sequence[Segment]
    shown: dict[int, str]  # chords that start here
    words: dict[int, tuple[str, bool]]
    is_tied_in: bool  # its first note started in the previous bar


def _prepared(tune: WrittenTune) -> list[_Bar]:
    found, held, is_tied = [], "", False
    for content in tune.contents():
        shown = {at: name for at, name in content.chords if not (at == 0 and name == held)}
        held = content.chords[-1][1] if content.chords else held
        words = {onset: (text, begins_word) for onset, text, begins_word in content.words}
        found.append(_Bar(content.vocal, content.ins, shown, words, is_tied))
        is_tied = bool(content.vocal) and content.vocal[-1][3]
    return found


def _groups(tune: WrittenTune) -> Iterator[tuple[int, int, str]]:
    """Yield the first bar, the exclusive last one, and the label of the section that starts there."""
    starts = {section.bar: section.label for section in tune.sections if section.bar < tune.bars}
    edges = sorted({0, *starts, tune.bars})
    for first, last in zip(edges, edges[1:], strict=False):
        for bar in range(first, last, GROUP_BARS):
            yield bar, min(bar + GROUP_BARS, last), starts.get(bar, "")


def _bars(
    rows: Sequence[tuple[Sequence[Segment], dict[int, str]]],
    first: int,
    key: Key,
    keys: dict[int, Key],
    size: int,
) -> Iterator[str]:
    waiting = 0  # pending bars of rest
    for bar, (segments, chords) in enumerate(rows, start=first):
        change = keys.get(bar)
        if not segments and not chords and not change:
            waiting += 1
            continue
        if waiting:
            yield _rest_bars(waiting)
            waiting = 0
        key = change or key
        mark = f"[K:{key_text(key)}] " if change else ""
        yield mark + _bar(segments, chords, key, size) + " |"
    if waiting:
        yield _rest_bars(waiting)


def _rest_bars(count: int) -> str:
    return "Z |" if count == 1 else f"Z{count} |"


def _bar(segments: Sequence[Segment], names: dict[int, str], key: Key, size: int) -> str:
    """Return one bar's text. A note that sounds when a later chord starts is split there and tied."""
    altered: set[str] = set()
    signs: list[str] = []
    by_onset: dict[int, list[Segment]] = {}
    for segment in segments:
        by_onset.setdefault(segment[0], []).append(segment)
    onsets = sorted(by_onset)
    at = 0
    while at < size:
        group = by_onset.get(at, [])
        following = next((onset for onset in onsets if onset > at), size)
        stop = min(following, at + group[0][1]) if group else following
        goes_on = bool(group) and (group[0][3] and stop == size)
        signs += _stretch(group, at, stop, goes_on, names, key, altered)
        at = stop
    return " ".join(signs)


def _stretch(
    group: Sequence[Segment],
    at: int,
    stop: int,
    goes_on: bool,
    names: dict[int, str],
    key: Key,
    altered: set[str],
) -> Iterator[str]:
    """Yield the text of a note, a chord of notes or a rest."""
    cuts = _cuts(at, stop, names)
    for number, (start, length) in enumerate(cuts, start=1):
        mark = f'"{names[start]}"' if start in names else ""
        size = "" if length == 1 else str(length)
        if not group:
            yield f"{mark}z{size}"
            continue
        heads = [_head(segment[2], key, altered) for segment in group]
        head = heads[0] if len(heads) == 1 else f"[{''.join(heads)}]"
        yield f"{mark}{head}{size}{'-' if number < len(cuts) or goes_on else ''}"


def _cuts(at: int, stop: int, names: dict[int, str]) -> list[tuple[int, int]]:
    """Return the pieces of one note as (start, length): it is split where chords start, and where its length
    needs several notes."""
    edges = [at, *sorted(onset for onset in names if at < onset < stop), stop]
    found = []
    for start, end in zip(edges, edges[1:], strict=False):
        for length in pieces(end - start):
            found.append((start, length))
            start += length
    return found


def _head(pitch: int, key: Key, altered: set[str]) -> str:
    """Return a pitch's letter with its accidental. The accidental is repeated wherever its letter was altered
    in the bar, since readers disagree on how far one applies."""
    letter, accidental, octave = spelled(pitch, key)
    is_altered = accidental != signature(key)[letter]
    sign = ACCIDENTAL_SIGNS[accidental] if is_altered or letter in altered else ""
    if is_altered:
        altered.add(letter)
    return sign + letter_text(letter, octave)


class _Sung(NamedTuple):
    letters: str
    begins_word: bool
    held: int  # further notes after the first


def _words(bars: Sequence[_Bar], following: Sequence[_Bar]) -> str:
    """Return a token for each note of the line: a syllable, "*" for none, "_" for a held one. A word that
    continues in the next line ends in a hyphen."""
    sung, held_in = _sung(bars)
    if not any(each.letters for each in sung):
        return ""
    behind = next((each for bar in following for each in _sung([bar])[0]), None)
    goes_on = held_in > 0 and bool(sung) and bool(sung[0].letters) and not sung[0].begins_word
    text = "_" * held_in if goes_on else " ".join("_" * held_in)
    for each, after in zip(sung, [*sung[1:], behind], strict=True):
        is_joined = bool(each.letters) and after is not None and bool(after.letters) and not after.begins_word
        text += "" if goes_on or text.rstrip("_").endswith("-") else " "
        goes_on = False
        text += _word_text(each.letters) or "*"
        text += "-" + "_" * each.held if is_joined else " _" * each.held
    return text.strip()


def _sung(bars: Sequence[_Bar]) -> tuple[list[_Sung], int]:
    """Return the sung notes that start in the bars, and how many notes continue from before."""
    found: list[_Sung] = []
    held_in = 0
    for bar in bars:
        for place, (onset, length, _, _) in enumerate(bar.vocal):
            signs = len(_cuts(onset, onset + length, bar.shown))
            if not (bar.is_tied_in and place == 0):
                letters, begins_word = bar.words.get(onset, ("", True))
                found.append(_Sung(letters, begins_word, signs - 1))
            elif found:
                found[-1] = found[-1]._replace(held=found[-1].held + signs)
            else:
                held_in += signs
    return found, held_in


def _word_text(text: str) -> str:
    """Return a syllable without ABC's special characters; a hyphen becomes one that does not join
    syllables."""
    return text.translate(_UNSIGNED)
