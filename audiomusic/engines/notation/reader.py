"""Reads ABC text as a tune: what the writer emits, and much of what other programs write.

The text is untrusted: each line is split into symbols by one pattern that does not backtrack, nothing in it
is executed, and an unknown symbol is reported with its line, bar and voice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from audiomusic.engines.notation.assembly import assembled
from audiomusic.engines.notation.bars import GRAINS, Grains, ReadNote, ReadVoice, exact
from audiomusic.engines.notation.errors import NotationError, Problem
from audiomusic.engines.notation.spelling import SIGN_ACCIDENTALS, chord_parts, midi_of, read_key
from audiomusic.engines.notation.tune import (
    HIGHEST_BPM,
    HIGHEST_PITCH,
    LOWEST_BPM,
    LOWEST_PITCH,
    MAX_BARS,
    WHOLE_TICKS,
    Swing,
    WrittenTune,
)
from audiomusic.engines.theory import COMPOSED_METRES, Key

MAX_CHARS = 200_000
MAX_PROBLEMS = 20

_SIGN = re.compile(
    r'(?P<space>[ \t`\\$]+|y\d{0,3})'
    r'|(?P<field>\[[KMLQVIr]:[^\]\n]*\])'
    r'|(?P<chord>"[^"\n]*")'
    r'|(?P<mark>![^!\n]*!|\+[a-z][^+\n]*\+|\{[^}\n]*\})'
    r'|(?P<ending>\[[1-9][0-9,-]*)'
    r'|(?P<bar>:*\|[\]:|]*|\[\||::)(?P<barending>[1-9][0-9,-]*)?'
    r'|(?P<tuplet>\((?P<p>[2-9])(?::(?P<q>[1-9]?))?(?::(?P<r>[1-9]?))?)'
    r'|(?P<rests>[ZX])(?P<restcount>\d{0,6})'
    r"|(?P<note>(?P<acc>\^\^|\^|__|_|=)?(?P<letter>[A-Ga-gzx])(?P<octave>[,']{0,6}))"
    r"(?P<num>\d{0,6})(?P<slashes>/{0,6})(?P<den>\d{0,6})"
    r'|(?P<open>\[)(?=[\^_=A-Ga-g])|(?P<close>\])'
    r"(?P<cnum>\d{0,6})(?P<cslashes>/{0,6})(?P<cden>\d{0,6})"
    r'|(?P<tie>-)|(?P<slur>[()])|(?P<broken><{1,3}|>{1,3})|(?P<ornament>[.~HLMOPSTuv])'
    r'|(?P<other>.)'
)  # fmt: skip
WHOLE = WHOLE_TICKS * GRAINS
_NOTE_PARTS = ("num", "slashes", "den", "letter", "octave", "acc")
_FIELD = re.compile(r"([A-Za-z]):\s*(.*)")
_TEMPO = re.compile(r'(?:"[^"]*"\s*)?(?:(\d{1,3})/(\d{1,3})\s*=\s*)?(\d{1,4})(?:\s*"[^"]*")?')
_SWING = re.compile(r"%%audiomusic-swing\s+([01](?:\.\d{1,6})?)\s+1/(8|16)\b")
_WORD = re.compile(
    r"(?P<held>_)|(?P<skip>\*)|(?P<bar>\|)|(?P<join>-)|(?P<space>\s+)|(?P<text>(?:\\-|[^\s_*|-])+)"
)
#: Notes of a tuplet -> the time they take, if the text does not say.
TUPLET_TIMES = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}


@dataclass
class _State:
    """The reader's position in the text, and the settings in force there."""

    metre: tuple[int, int] = (4, 4)
    unit: int = GRAINS  # grains per unit length
    has_unit: bool = False
    bpm: int = 120
    key: Key = Key(0, "major")
    is_in_body: bool = False
    title: str = ""
    swing: Swing | None = None
    is_harmonic: bool = False
    declared: list[str] = field(default_factory=list)
    voices: dict[str, ReadVoice] = field(default_factory=dict)
    voice: str = ""
    label: str = ""
    line: int = 0
    has_words: bool = False
    problems: list[Problem] = field(default_factory=list)

    @property
    def bar_size(self) -> int:
        """Grains per full bar, a whole number in every metre."""
        return self.metre[0] * WHOLE // self.metre[1]

    def take_label(self, voice: ReadVoice) -> str:
        """Return the label for this voice's bar; it precedes a section's first bar in the first voice."""
        if next(iter(self.voices.values())) is not voice or not voice.has_open_bar:
            return ""
        label, self.label = self.label, ""
        return label

    def current(self) -> ReadVoice:
        name = self.voice or (self.declared[0] if self.declared else "1")
        self.voice = name
        if name not in self.voices:
            self.voices[name] = ReadVoice(name, self.key)
        return self.voices[name]

    def fault(self, sentence: str, *, bar: int | None = None, voice: str | None = None) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(sentence, bar, voice, self.line))

    def fault_here(self, sentence: str) -> None:
        voice = self.current()
        self.fault(sentence, bar=len(voice.bars) + 1, voice=voice.name)


def read_abc(text: str, *, sings: bool = True) -> WrittenTune:
    """Read a whole text. `sings`: whether a single voice is the vocal if the text has no words. Raises
    NotationError with all problems found, at most MAX_PROBLEMS."""
    if len(text) > MAX_CHARS:
        raise NotationError([Problem(f"Expected at most {MAX_CHARS} characters, got {len(text)}.")])
    state = _State()
    for number, row in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        state.line = number
        _read_line(state, row.strip())
        if len(state.problems) >= MAX_PROBLEMS:
            break
    if state.problems:
        raise NotationError(state.problems)
    return assembled(
        title=state.title,
        metre=state.metre,
        bpm=state.bpm,
        swing=state.swing,
        is_harmonic=state.is_harmonic,
        voices=list(state.voices.values()),
        sings=sings,
        has_words=state.has_words,
    )


def _read_line(state: _State, row: str) -> None:
    if not row:
        return
    if row.startswith("%"):
        _read_comment(state, row)
        return
    match = _FIELD.fullmatch(row) if len(row) > 1 and row[1] == ":" and row[0] not in "|:" else None
    if match:
        _read_field(state, match[1], match[2].split("%")[0].strip() if match[1] != "w" else match[2])
        return
    if not state.is_in_body:
        state.fault(f"Expected a K: line before the music, got {row[:30]!r}.")
        return
    music = row.split("%")[0] if '"' not in row else row
    state.current().new_line()
    _read_music(state, music)


def _read_comment(state: _State, row: str) -> None:
    if match := _SWING.match(row):
        state.swing = Swing(float(match[1]), 4 / int(match[2]))
    elif row.startswith("%%audiomusic-mode harmonic"):
        state.is_harmonic = True
    elif not row.startswith("%%") and state.is_in_body and (label := row[1:].strip()):
        state.label = label[:60]


def _read_field(state: _State, name: str, value: str) -> None:
    if name == "T" and not state.title:
        state.title = value[:200]
    elif name == "M":
        _read_metre(state, value)
    elif name == "L":
        _read_unit(state, value)
    elif name == "Q":
        _read_tempo(state, value)
    elif name == "V":
        _read_voice(state, value)
    elif name == "K":
        _read_key_field(state, value)
    elif name == "w" and state.is_in_body:
        state.has_words = True
        _read_words(state, value)


def _read_metre(state: _State, value: str) -> None:
    name = {"C": "4/4", "C|": "2/4"}.get(value, value)
    if name not in COMPOSED_METRES:
        state.fault(f"M: Expected one of {', '.join(COMPOSED_METRES)}, got {value[:20]!r}.")
        return
    beats, unit = (int(figure) for figure in name.split("/"))
    if state.is_in_body and (beats, unit) != state.metre:
        state.fault_here(f"Expected one metre all through, {state.metre[0]}/{state.metre[1]}, got {name}.")
        return
    state.metre = (beats, unit)
    if not state.has_unit:
        state.unit = WHOLE // (16 if beats / unit < 0.75 else 8)


def _read_unit(state: _State, value: str) -> None:
    match = re.fullmatch(r"1/(1|2|4|8|16|32|64)", value)
    if match is None:
        state.fault(f"L: Expected 1/1 to 1/64, got {value[:20]!r}.")
        return
    state.unit, state.has_unit = WHOLE // int(match[1]), True


def _read_tempo(state: _State, value: str) -> None:
    match = _TEMPO.fullmatch(value)
    beat = Fraction(int(match[1] or 1), int(match[2] or 4) or 1) if match else Fraction(1, 4)
    bpm = int(match[3]) * beat * 4 if match else Fraction(0)
    if not LOWEST_BPM <= bpm <= HIGHEST_BPM:
        state.fault(f"Q: Expected 1/4={LOWEST_BPM} to 1/4={HIGHEST_BPM}, got {value[:20]!r}.")
        return
    if state.is_in_body and round(bpm) != state.bpm:
        state.fault_here(f"Expected one tempo all through, 1/4={state.bpm}, got {value[:20]!r}.")
        return
    state.bpm = round(bpm)


def _read_voice(state: _State, value: str) -> None:
    name = value.split()[0][:20] if value.split() else ""
    if not name:
        state.fault("V: Expected the name of a voice.")
        return
    if name not in state.declared:
        state.declared.append(name)
    if state.is_in_body:
        state.voice = name
        voice = state.current()
        voice.key = voice.key or state.key
    elif len(state.declared) == 1:
        state.voice = name


def _read_key_field(state: _State, value: str) -> None:
    try:
        key = read_key(value)
    except ValueError as error:
        state.fault(f"K: {error}")
        state.is_in_body = True
        return
    if state.is_in_body and state.voices:
        state.current().change_key(key)
    else:
        state.key = key
        state.is_in_body = True


def _read_music(state: _State, row: str) -> None:
    voice = state.current()
    for match in _SIGN.finditer(row):
        sign = match.lastgroup  # the matched alternative's last group; the groups after it are empty
        if sign == "den":
            _read_note(state, voice, match)
        elif sign in ("space", "mark", "slur", "ornament"):
            continue
        elif sign in ("bar", "barending"):
            _end_bar(state, voice, match["bar"])
            if match["barending"]:
                voice.open_ending(match["barending"])
        elif sign == "chord":
            _read_chord(state, voice, match["chord"][1:-1])
        elif sign == "restcount":
            _read_bar_rests(state, voice, match["restcount"])
        elif sign == "open":
            voice.open_group()
        elif sign == "cden":
            if not voice.close_group(_factor(match["cnum"], match["cslashes"], match["cden"])):
                state.fault_here("Expected a note, got ']'.")
        elif sign == "tie":
            voice.tie()
        elif sign == "tuplet":
            _open_tuplet(state, voice, match)
        elif sign == "broken":
            dots = match["broken"]
            voice.broken(len(dots) if dots[0] == ">" else -len(dots))
        elif sign == "ending":
            voice.open_ending(match["ending"][1:])
        elif sign == "field":
            name, _, value = match["field"][1:-1].partition(":")
            _read_field(state, name, value.strip())
            voice = state.current()
        else:
            state.fault_here(f"Expected a note, a rest or a bar line, got {match[0]!r}.")
            return


@lru_cache(maxsize=4096)
def _factor(number: str, slashes: str, denominator: str) -> Grains:
    below = int(denominator) if denominator else 2 ** len(slashes) if slashes else 1
    if slashes and denominator:
        below *= 2 ** (len(slashes) - 1)
    return exact(Fraction(int(number) if number else 1, max(1, below)))


@lru_cache(maxsize=4096)
def _length(number: str, slashes: str, denominator: str, unit: int) -> Grains:
    return exact(_factor(number, slashes, denominator) * unit)


def _read_note(state: _State, voice: ReadVoice, match: re.Match[str]) -> None:
    number, slashes, denominator, letter, octave, sign = match.group(*_NOTE_PARTS)
    length = _length(number, slashes, denominator, state.unit)
    if not 0 < length <= WHOLE * MAX_BARS:
        state.fault_here(f"Expected a length above 0, got {match[0]!r}.")
        return
    if letter in "zx":
        voice.rest(length)
        return
    accidental = voice.accidental(letter, SIGN_ACCIDENTALS[sign] if sign else None)
    pitch = midi_of(letter, octave, accidental)
    if not LOWEST_PITCH <= pitch <= HIGHEST_PITCH:
        state.fault_here(f"Expected a note from A,,,, to c''', got {match['note']!r}.")
        return
    voice.note(ReadNote(length, pitch))


def _read_bar_rests(state: _State, voice: ReadVoice, count: str) -> None:
    bars = int(count) if count else 1
    if not 1 <= bars <= MAX_BARS:
        state.fault_here(f"Expected a rest of 1 to {MAX_BARS} bars, got Z{count}.")
        return
    for number in range(bars):
        voice.rest(state.bar_size)
        if number < bars - 1:
            _end_bar(state, voice, "|")
            if len(voice.bars) > MAX_BARS:
                return


def _read_chord(state: _State, voice: ReadVoice, name: str) -> None:
    if not name or name[0] in "^_<>@" or name in ("N.C.", "NC"):
        return
    try:
        chord_parts(name)
    except ValueError as error:
        state.fault_here(str(error))
        return
    voice.chord(name)


def _open_tuplet(state: _State, voice: ReadVoice, match: re.Match[str]) -> None:
    count = int(match["p"])
    if voice.tuplet_left:
        state.fault_here("Expected one tuplet at a time, got one inside another.")
        return
    is_compound = state.metre[1] == 8 and state.metre[0] % 3 == 0
    time = int(match["q"]) if match["q"] else TUPLET_TIMES.get(count, 3 if is_compound else 2)
    voice.open_tuplet(time, count, int(match["r"]) if match["r"] else count)


def _end_bar(state: _State, voice: ReadVoice, sign: str) -> None:
    size = state.bar_size
    bar = voice.end_bar(sign, state.take_label(voice))
    if bar is None:
        return
    bar.line = state.line
    if bar.length != size and not (len(voice.bars) == 1 and bar.length < size):
        unit = Fraction(WHOLE, state.metre[1])
        state.fault(
            f"Expected {state.metre[0]} beats, got {_count(bar.length / unit)}.",
            bar=len(voice.bars),
            voice=voice.name,
        )
    if len(voice.bars) > MAX_BARS:
        state.fault(f"Expected at most {MAX_BARS} bars.")


def _count(number: Grains) -> str:
    return f"{float(number):.4g}"


def _read_words(state: _State, value: str) -> None:
    voice = state.current()
    notes = voice.line_notes()
    place, begins_word = 0, not voice.word_goes_on
    voice.word_goes_on = False
    for match in _WORD.finditer(value):
        if match["space"]:
            begins_word = True
        elif match["join"]:
            begins_word = False
        elif match["bar"]:
            continue
        else:
            while match["text"] and place < len(notes) and notes[place].is_tied_in:
                place += 1
            if place < len(notes):
                note = notes[place]
                if match["text"]:
                    note.text, note.begins_word = (
                        match["text"].replace("\\-", "-").replace("~", " "),
                        begins_word,
                    )
                place += 1
            elif match["text"]:
                state.fault(
                    f"Expected as many syllables as notes ({len(notes)}), got more: {match['text'][:20]!r}.",
                    bar=max(1, len(voice.bars)),
                    voice=voice.name,
                )
                return
            begins_word = begins_word if match["held"] else True
    voice.word_goes_on = not begins_word
