"""Keys, chords and voice leading.

Roman numerals count steps of the mode's scale: in minor, VI is the flat sixth. Genres write them for major
and minor. In a church mode, or harmonic minor, they are read as steps of its own scale, so that every chord
stays in the mode. Where that chord would be too weak (the diminished chord on lydian's fourth step), the
chord that bands play in this mode takes its place.
"""

from __future__ import annotations

import bisect
import itertools
import math
import re
from dataclasses import dataclass
from functools import cache

from audiomusic.engines.studio.score import ChordSpan, Metre
from audiomusic.engines.theory import PITCH_NAMES, SCALES, Key, Mode

NUMERALS = {"i": 0, "ii": 1, "iii": 2, "iv": 3, "v": 4, "vi": 5, "vii": 6}
#: Suffix -> semitones above the root, for uppercase and lowercase numerals.
MAJOR_QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7), "5": (0, 7), "6": (0, 4, 7, 9), "7": (0, 4, 7, 10), "9": (0, 4, 7, 10, 14),
    "13": (0, 4, 7, 10, 14, 21), "maj7": (0, 4, 7, 11), "maj9": (0, 4, 7, 11, 14),
    "add9": (0, 4, 7, 14), "sus2": (0, 2, 7), "sus4": (0, 5, 7), "7sus4": (0, 5, 7, 10),
    "7b9": (0, 4, 7, 10, 13), "+": (0, 4, 8), "69": (0, 4, 7, 9, 14),
}  # fmt: skip
MINOR_QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 3, 7), "5": (0, 7), "6": (0, 3, 7, 9), "7": (0, 3, 7, 10), "9": (0, 3, 7, 10, 14),
    "11": (0, 3, 7, 10, 17), "maj7": (0, 3, 7, 11), "add9": (0, 3, 7, 14),
    "o": (0, 3, 6), "o7": (0, 3, 6, 9), "h7": (0, 3, 6, 10),
}  # fmt: skip
#: Semitones above a root in the key at which a chromatic chord tone is a raised degree.
RAISED = (4, 7, 8)
#: Step of the written numeral -> the step played, both from 0: the chords characteristic of each mode.
PLAYED_STEPS: dict[Mode, dict[int, int]] = {
    "dorian": {5: 3},  # i VI VII: the major IV
    "phrygian": {4: 6, 6: 1},  # the major flat II leads home; the diminished v does not
    "lydian": {3: 1},  # the major II over the tonic
    "mixolydian": {4: 6, 2: 4},  # the flat VII instead of V
    "locrian": {},
    "harmonic minor": {2: 3, 6: 4},  # V, and no augmented III
}
#: A chord that contains every degree in which a mode differs from major or minor.
MARKS: dict[Mode, str] = {
    "dorian": "IV", "phrygian": "II", "lydian": "II", "mixolydian": "VII", "locrian": "V",
    "harmonic minor": "V",
}  # fmt: skip
#: Scale steps of a chord tone above its root, by its semitones in major and minor.
TONE_STEPS = {
    0: 0, 2: 1, 3: 2, 4: 2, 5: 3, 6: 4, 7: 4, 8: 4, 9: 5, 10: 6, 11: 6, 13: 8, 14: 8, 17: 10, 21: 12,
}  # fmt: skip
FOURTH, SHARP_FOURTH, FLAT_NINTH = 5, 6, (1, 13)
SECOND = 1  # step: the suspension used where the fourth is sharp
#: Degrees omitted by a pentatonic melody, in semitones above the tonic; never the mode's characteristic ones.
SPARED: dict[Mode, frozenset[int]] = {
    "major": frozenset({5, 11}), "minor": frozenset({2, 8}),
    "dorian": frozenset({2}), "phrygian": frozenset({8}), "lydian": frozenset({11}),
    "mixolydian": frozenset({5}), "locrian": frozenset(), "harmonic minor": frozenset({2}),
}  # fmt: skip
_NUMERAL = re.compile(r"(?P<shift>[b#]?)(?P<degree>[ivIV]+)(?P<quality>[^/]*)(/(?P<bass>\d))?")


@dataclass(frozen=True)
class Chord:
    root: int  # pitch class
    intervals: tuple[int, ...]  # semitones above the root
    name: str
    bass: int  # pitch class


@cache
def read_chord(numeral: str, key: Key) -> Chord:
    """Parse "bVII", "ii7" or "V/3" in a key. Raises ValueError if it is not a numeral."""
    match = _NUMERAL.fullmatch(numeral)
    degree = NUMERALS.get(match["degree"].casefold()) if match else None
    if match is None or degree is None:
        raise ValueError(f"chord {numeral!r}: wanted a roman numeral such as ii7 or bVII")
    small = match["degree"].islower()
    qualities = MINOR_QUALITIES if small else MAJOR_QUALITIES
    if match["quality"] not in qualities:
        raise ValueError(f"chord {numeral!r}: no quality {match['quality']!r}")
    shift = {"": 0, "b": -1, "#": 1}[match["shift"]]
    intervals = qualities[match["quality"]]
    if key.is_modal:
        step = modal_root(key, degree, shift)
        root, intervals = (key.tonic + SCALES[key.mode][step]) % 12, modal_intervals(key, step, intervals)
        name = PITCH_NAMES[root] + _name_of(intervals)
    else:
        root = (key.tonic + SCALES[key.mode][degree] + shift) % 12
        name = PITCH_NAMES[root] + _quality_name(small, match["quality"])
    bass = _bass_class(root, intervals, match["bass"])
    if bass != root:
        name += f"/{PITCH_NAMES[bass]}"
    return Chord(root, intervals, name, bass)


def modal_root(key: Key, step: int, shift: int) -> int:
    """Return the scale step that a numeral means in the mode: the seventh for mixolydian's flat VII."""
    scale = SCALES[key.mode]
    wanted = SCALES[key.tonality][step] + shift
    own = scale.index(wanted) if shift and wanted in scale else step
    return PLAYED_STEPS[key.mode].get(own, own)


def modal_intervals(key: Key, step: int, intervals: tuple[int, ...]) -> tuple[int, ...]:
    """Return a chord's tones above its root, all in the scale, without a ninth a semitone above the root."""
    found: list[int] = []
    for interval in intervals:
        tone = _above(key, step, TONE_STEPS[interval])
        if interval == FOURTH and tone == SHARP_FOURTH:
            tone = _above(key, step, SECOND)
        if tone not in FLAT_NINTH and tone not in found:
            found.append(tone)
    return tuple(found)


def _above(key: Key, step: int, steps: int) -> int:
    scale = SCALES[key.mode]
    octaves, place = divmod(step + steps, len(scale))
    return scale[place] + 12 * octaves - scale[step]


def _bass_class(root: int, intervals: tuple[int, ...], figure: str | None) -> int:
    """Return the pitch class of the chord tone in the bass: figure 3, 5 or 7 of the chord."""
    index = {None: 0, "1": 0, "3": 1, "5": 2, "7": 3}[figure]
    return (root + intervals[min(index, len(intervals) - 1)]) % 12


def _quality_name(small: bool, quality: str) -> str:
    if not small:
        return quality
    return {"o": "dim", "o7": "dim7", "h7": "m7b5"}.get(quality, "m" + quality)


def _name_of(intervals: tuple[int, ...]) -> str:
    """Return a chord's quality from its tones; if it has no name, the quality of its lower tones."""
    for count in range(len(intervals), 1, -1):
        for small, qualities in ((False, MAJOR_QUALITIES), (True, MINOR_QUALITIES)):
            found = next((name for name, tones in qualities.items() if tones == intervals[:count]), None)
            if found is not None:
                return _quality_name(small, found)
    return ""


def scale_classes(key: Key) -> frozenset[int]:
    return frozenset((key.tonic + step) % 12 for step in SCALES[key.mode])


def scale_pitches(key: Key, low: float, high: float) -> list[int]:
    """Return the key's MIDI pitches from `low` to `high`, both included."""
    classes = scale_classes(key)
    return [pitch for pitch in range(round(low), round(high) + 1) if pitch % 12 in classes]


@cache
def bends_of(key: Key, root: int, chord: frozenset[int]) -> dict[int, int]:
    """Return the pitch classes of the key that a chord alters by a semitone: class -> semitones.

    A chromatic chord tone replaces a neighbour that the chord does not contain. Thirds and fifths above a
    root in the key are raised (secondary dominants lead upwards), and so is the root of a diminished chord.
    Sevenths, minor thirds and tones above a chromatic root are lowered.
    """
    scale = scale_classes(key)
    is_diminished = {(root + 3) % 12, (root + 6) % 12} <= chord
    bends: dict[int, int] = {}
    for tone in sorted(chord - scale):
        above = (tone - root) % 12
        is_raised = above in RAISED if root in scale else above == 0 and is_diminished
        for shift in (1, -1) if is_raised else (-1, 1):
            degree = (tone - shift) % 12
            if degree in scale - chord and degree not in bends:
                bends[degree] = shift
                break
    return bends


def move_in_scale(pitch: float, degrees: int, key: Key) -> int:
    """Return the pitch that many scale degrees away; a chromatic pitch counts as its lower neighbour."""
    ladder = scale_pitches(key, pitch - 24, pitch + 24)
    return ladder[bisect.bisect_right(ladder, round(pitch)) - 1 + degrees]


def tonic_chord(key: Key) -> Chord:
    return read_chord("I" if key.tonality == "major" else "i", key)


def harmonic_bar(metre: Metre) -> float:
    """Return the quarters in one bar of a written progression: two bars in 2/4."""
    return metre.bar_quarters * (2 if metre.name == "2/4" else 1)


def lay_progression(text: str, key: Key, metre: Metre, start: float, stop: float) -> list[ChordSpan]:
    """Repeat a progression ("I V | vi IV", bars separated by strokes) from start to stop, in quarters."""
    bars = [bar.split() for bar in text.split("|")]
    length = harmonic_bar(metre)
    spans: list[ChordSpan] = []
    onset, index = start, 0
    while onset < stop - 1e-9:
        numerals = bars[index % len(bars)]
        for share, numeral in zip(_shares(len(numerals), metre), numerals, strict=True):
            end = min(onset + share * length, stop)
            if end > onset + 1e-9:
                spans.append(span_of(read_chord(numeral, key), onset, end - onset))
            onset = end
        index += 1
    return spans


def marked(text: str, key: Key) -> str:
    """Return the progression with a chord that distinguishes the mode from major or minor; if it has none,
    the last bar becomes one."""
    if not key.is_modal:
        return text
    changed = {(key.tonic + step) % 12 for step in {*SCALES[key.mode]} - {*SCALES[key.tonality]}}
    numerals = text.replace("|", " ").split()
    heard = {
        (chord.root + above) % 12
        for chord in (read_chord(n, key) for n in numerals)
        for above in chord.intervals
    }
    if changed <= heard:
        return text
    bars = text.split("|")
    kept = bars[:-1] if len(bars) > 1 else bars * 3
    return "|".join([*kept, MARKS[key.mode]])


def _shares(count: int, metre: Metre) -> tuple[float, ...]:
    """Return each chord's share of a bar in whole pulses, the earlier longer: 2 + 1 in 3/4, 3 + 2 in 5/4."""
    if count > metre.pulses:
        return (1 / count,) * count
    edges = [math.ceil(index * metre.pulses / count) for index in range(count + 1)]
    return tuple((end - start) / metre.pulses for start, end in itertools.pairwise(edges))


def span_of(chord: Chord, onset: float, length: float) -> ChordSpan:
    root = 48 + chord.root
    bass = 36 + chord.bass
    return ChordSpan(onset, length, chord.name, tuple(root + interval for interval in chord.intervals), bass)


def chord_at(chords: list[ChordSpan], onset: float) -> ChordSpan:
    """Return the chord at `onset` (quarters); outside the piece, the first or last one."""
    low, high = 0, len(chords) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if chords[middle].onset <= onset + 1e-6:
            low = middle
        else:
            high = middle - 1
    return chords[low]


def classes_of(span: ChordSpan) -> frozenset[int]:
    return frozenset(pitch % 12 for pitch in span.pitches)


@cache
def voice_chord(
    pitches: tuple[int, ...], previous: tuple[int, ...], centre: int, voices: int, voicing: str
) -> tuple[int, ...]:
    """Return a voicing as MIDI pitches: the inversion closest to the previous one and to `centre`."""
    if voicing == "power":
        root = _near(pitches[0] % 12, centre)
        fifth = next((p for p in pitches if (p - pitches[0]) % 12 in (6, 7, 8)), pitches[0] + 7)
        return (root, root + (fifth - pitches[0]) % 12, root + 12)
    classes = _kept_classes(pitches, voices)
    options = [_stack(classes[turn:] + classes[:turn], centre) for turn in range(len(classes))]
    if voicing == "wide":
        options = [_open_out(option) for option in options]
    return min(options, key=lambda option: (_movement(option, previous, centre), option))


def _kept_classes(pitches: tuple[int, ...], voices: int) -> list[int]:
    """Return a chord's pitch classes; with few voices, omit its fifth, then its root."""
    classes = list(dict.fromkeys(pitch % 12 for pitch in pitches))
    fifth = (pitches[0] + 7) % 12
    for spare in (fifth, pitches[0] % 12, *classes):
        if len(classes) > max(voices, 2) and spare in classes:
            classes.remove(spare)
    return classes


def _stack(classes: list[int], centre: int) -> tuple[int, ...]:
    """Stack in close position, with the middle near `centre`."""
    stacked = [classes[0]]
    for pitch_class in classes[1:]:
        stacked.append(stacked[-1] + (pitch_class - stacked[-1]) % 12)
    shift = round((centre - sum(stacked) / len(stacked)) / 12) * 12
    return tuple(pitch + shift for pitch in stacked)


def _open_out(stacked: tuple[int, ...]) -> tuple[int, ...]:
    """Apply drop-2: lower the second-highest voice by an octave."""
    if len(stacked) < 3:
        return stacked
    return tuple(sorted((*stacked[:-2], stacked[-2] - 12, stacked[-1])))


def _movement(option: tuple[int, ...], previous: tuple[int, ...], centre: int) -> float:
    drift = abs(sum(option) / len(option) - centre)
    if not previous:
        return drift
    return 0.3 * drift + sum(min(abs(pitch - old) for old in previous) for pitch in option)


def _near(pitch_class: int, centre: int) -> int:
    """Return the pitch of this class nearest to `centre`."""
    return centre + (pitch_class - centre + 6) % 12 - 6


def nearest(pitch_class: int, centre: float) -> int:
    return _near(pitch_class % 12, round(centre))
