"""Writes a tune as MusicXML 4.0 for notation programs: two parts, chords, words and sections."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from audiomusic.engines.notation.spelling import QUALITIES, chord_parts, pieces, sharps_of, spelled
from audiomusic.engines.notation.tune import QUARTER_TICKS, BarContent, WrittenTune
from audiomusic.engines.theory import Key

DOCTYPE = (
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN"'
    ' "http://www.musicxml.org/dtds/partwise.dtd">'
)
#: Ticks -> note type and number of dots.
TYPES = {
    48: ("whole", 1), 32: ("whole", 0), 24: ("half", 1), 16: ("half", 0), 12: ("quarter", 1),
    8: ("quarter", 0), 6: ("eighth", 1), 4: ("eighth", 0), 3: ("16th", 1), 2: ("16th", 0), 1: ("32nd", 0),
}  # fmt: skip
MODES = {"harmonic minor": "minor"}
#: Semitones of a chord -> MusicXML's name for it.
KINDS = {
    (0, 4, 7): "major", (0, 3, 7): "minor", (0, 3, 6): "diminished", (0, 4, 8): "augmented",
    (0, 4, 7, 10): "dominant", (0, 4, 7, 11): "major-seventh", (0, 3, 7, 10): "minor-seventh",
    (0, 3, 6, 9): "diminished-seventh", (0, 3, 6, 10): "half-diminished", (0, 5, 7): "suspended-fourth",
    (0, 2, 7): "suspended-second", (0, 4, 7, 9): "major-sixth", (0, 3, 7, 9): "minor-sixth",
    (0, 3, 7, 11): "major-minor", (0, 7): "power", (0, 4, 7, 10, 14): "dominant-ninth",
    (0, 4, 7, 11, 14): "major-ninth", (0, 3, 7, 10, 14): "minor-ninth", (0, 3, 7, 10, 17): "minor-11th",
    (0, 4, 7, 10, 14, 21): "dominant-13th",
}  # fmt: skip
PARTS = (("P1", "Vocal"), ("P2", "Ins"))

Segment = tuple[int, int, int, bool]


def write_musicxml(tune: WrittenTune) -> bytes:
    root = ET.Element("score-partwise", version="4.0")
    ET.SubElement(ET.SubElement(root, "work"), "work-title").text = tune.title or "Untitled"
    parts = ET.SubElement(root, "part-list")
    for identity, name in PARTS:
        part = ET.SubElement(parts, "score-part", id=identity)
        ET.SubElement(part, "part-name").text = name
    contents = tune.contents()
    for identity, name in PARTS:
        _part(ET.SubElement(root, "part", id=identity), name, contents, tune)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{DOCTYPE}\n{text}\n'.encode()


def _part(part: ET.Element, name: str, contents: Sequence[BarContent], tune: WrittenTune) -> None:
    keys, labels = (
        {each.bar: each.key for each in tune.keys},
        {each.bar: each.label for each in tune.sections},
    )
    key, is_tied, held = tune.key, set[int](), ""
    for bar, content in enumerate(contents):
        measure = ET.SubElement(part, "measure", number=str(bar + 1))
        key = keys.get(bar, key)
        if bar == 0 or bar in keys:
            _attributes(measure, key, tune, is_first=bar == 0)
        if bar == 0 and name == "Vocal":
            _tempo(measure, tune.quarter_bpm)
        if name == "Vocal" and bar in labels:
            _direction(measure, labels[bar])
        chords: dict[int, str] = {}
        if name == "Vocal":
            chords = {at: chord for at, chord in content.chords if not (at == 0 and chord == held)}
            held = content.chords[-1][1] if content.chords else held
        words = {onset: (text, begins) for onset, text, begins in content.words} if name == "Vocal" else {}
        segments = content.vocal if name == "Vocal" else content.ins
        is_tied = _bar(measure, segments, chords, words, key, tune.bar_ticks, is_tied)


def _attributes(measure: ET.Element, key: Key, tune: WrittenTune, *, is_first: bool) -> None:
    attributes = ET.SubElement(measure, "attributes")
    if is_first:
        ET.SubElement(attributes, "divisions").text = str(QUARTER_TICKS)
    signs = ET.SubElement(attributes, "key")
    ET.SubElement(signs, "fifths").text = str(sharps_of(key))
    ET.SubElement(signs, "mode").text = MODES.get(key.mode, key.mode)
    if is_first:
        time = ET.SubElement(attributes, "time")
        ET.SubElement(time, "beats").text = str(tune.beats)
        ET.SubElement(time, "beat-type").text = str(tune.unit)
        clef = ET.SubElement(attributes, "clef")
        ET.SubElement(clef, "sign").text = "G"
        ET.SubElement(clef, "line").text = "2"


def _tempo(measure: ET.Element, quarter_bpm: int) -> None:
    direction = ET.SubElement(measure, "direction", placement="above")
    metronome = ET.SubElement(ET.SubElement(direction, "direction-type"), "metronome")
    ET.SubElement(metronome, "beat-unit").text = "quarter"
    ET.SubElement(metronome, "per-minute").text = str(quarter_bpm)
    ET.SubElement(direction, "sound", tempo=str(quarter_bpm))


def _direction(measure: ET.Element, label: str) -> None:
    direction = ET.SubElement(measure, "direction", placement="above")
    ET.SubElement(ET.SubElement(direction, "direction-type"), "rehearsal").text = label


def _bar(
    measure: ET.Element,
    segments: Sequence[Segment],
    chords: dict[int, str],
    words: dict[int, tuple[str, bool]],
    key: Key,
    size: int,
    tied_in: set[int],
) -> set[int]:
    """Write a bar; return the pitches that are tied to the next one."""
    groups: dict[int, list[Segment]] = {}
    for segment in segments:
        groups.setdefault(segment[0], []).append(segment)
    at, goes_on = 0, set[int]()
    while at < size:
        group = groups.get(at, [])
        following = min((onset for onset in groups if onset > at), default=size)
        stop = min(following, at + group[0][1]) if group else following
        edges = [at, *sorted(onset for onset in chords if at < onset < stop), stop]
        cuts = [
            (start + sum(parts[:number]), length)
            for start, end in zip(edges, edges[1:], strict=False)
            for parts in [pieces(end - start)]
            for number, length in enumerate(parts)
        ]
        for number, (start, length) in enumerate(cuts):
            if start in chords:
                _harmony(measure, chords[start], key)
            if not group:
                _note(measure, None, length, key)
            for place, (_, _, pitch, held) in enumerate(group):
                is_last = number == len(cuts) - 1
                begins = number > 0 or (at == 0 and pitch in tied_in)
                ends = not is_last or (held and stop == size)
                if is_last and held and stop == size:
                    goes_on.add(pitch)
                word = words.get(start) if number == 0 and place == 0 and not begins else None
                _note(measure, pitch, length, key, in_chord=place > 0, ties=(begins, ends), word=word)
        at = stop
    return goes_on


def _note(
    measure: ET.Element,
    pitch: int | None,
    length: int,
    key: Key,
    *,
    in_chord: bool = False,
    ties: tuple[bool, bool] = (False, False),
    word: tuple[str, bool] | None = None,
) -> None:
    note = ET.SubElement(measure, "note")
    if in_chord:
        ET.SubElement(note, "chord")
    if pitch is None:
        ET.SubElement(note, "rest")
    else:
        letter, accidental, octave = spelled(pitch, key)
        element = ET.SubElement(note, "pitch")
        ET.SubElement(element, "step").text = letter
        if accidental:
            ET.SubElement(element, "alter").text = str(accidental)
        ET.SubElement(element, "octave").text = str(octave)
    ET.SubElement(note, "duration").text = str(length)
    kinds = [kind for kind, is_so in (("stop", ties[0]), ("start", ties[1])) if is_so and pitch is not None]
    for kind in kinds:
        ET.SubElement(note, "tie", type=kind)
    name, dots = TYPES[length]
    ET.SubElement(note, "type").text = name
    for _ in range(dots):
        ET.SubElement(note, "dot")
    if kinds:
        notations = ET.SubElement(note, "notations")
        for kind in kinds:
            ET.SubElement(notations, "tied", type=kind)
    if word and word[0]:
        lyric = ET.SubElement(note, "lyric")
        ET.SubElement(lyric, "syllabic").text = "begin" if word[1] else "middle"
        ET.SubElement(lyric, "text").text = word[0]


def _harmony(measure: ET.Element, name: str, key: Key) -> None:
    root, tones, bass = chord_parts(name)
    harmony = ET.SubElement(measure, "harmony")
    _class(ET.SubElement(harmony, "root"), "root", root, key)
    quality = name.split("/")[0][len(_root_text(name)) :]
    kind = ET.SubElement(harmony, "kind", text=quality) if quality else ET.SubElement(harmony, "kind")
    kind.text = KINDS.get(tones, KINDS[QUALITIES["m"]] if tones[1:2] == (3,) else "major")
    if bass != root:
        _class(ET.SubElement(harmony, "bass"), "bass", bass, key)


def _root_text(name: str) -> str:
    return name[:2] if name[1:2] in ("#", "b", "♯", "♭") else name[:1]


def _class(element: ET.Element, name: str, pitch_class: int, key: Key) -> None:
    letter, accidental, _ = spelled(60 + pitch_class, key)
    ET.SubElement(element, f"{name}-step").text = letter
    if accidental:
        ET.SubElement(element, f"{name}-alter").text = str(accidental)
