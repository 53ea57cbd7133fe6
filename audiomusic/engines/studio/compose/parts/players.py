"""How each chair reads the sheet: bass, chords, pads and risers, section by section."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from audiomusic.engines.studio.compose.genres import GenrePart, bar_steps
from audiomusic.engines.studio.compose.harmony import chord_at, nearest, voice_chord
from audiomusic.engines.studio.compose.lead_sheet import LeadSheet, PlacedSection, chord_edges
from audiomusic.engines.studio.compose.parts.bass import bass_note
from audiomusic.engines.studio.compose.parts.patterns import (
    LOUDNESS,
    PUSH_QUARTERS,
    Step,
    read_in_metre,
    repeat,
    sounding_from,
)
from audiomusic.engines.studio.compose.parts.phrases import FREE, PUSH, phrase_of
from audiomusic.engines.studio.compose.parts.riffs import riff_pitch
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.compose.tunes.counterpoint import counterpoint
from audiomusic.engines.studio.compose.vocabulary import words_table
from audiomusic.engines.studio.score import ChordSpan, Note

LOOP_VARIETY = 0.4
SOFTER_UPSTROKE = 0.88
RISER_S = 6.0
LIFTED_KINDS = ("chorus", "drop", "hook")
TONE_LOUDNESS = 0.78
Player = Callable[[LeadSheet, GenrePart, str, PlacedSection], list[Note]]


def fit_range(pitch: float, instrument: str) -> float:
    """Move the pitch by octaves into the instrument's range."""
    low, high = words_table("instruments")[instrument]["range"]
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch


def plays_in(part: GenrePart, section: PlacedSection) -> bool:
    low, high = part.energy
    named = not part.sections or any(kind in part.sections for kind in section.kinds)
    return named and low <= section.energy + 1e-9 and section.energy <= high + 1e-9


def choose_pattern(sheet: LeadSheet, part: GenrePart, section: PlacedSection) -> str:
    """Return a four-bar pattern for the section in the song's metre, busier with more energy; drawn by the
    seed and by how many such sections came before."""
    metre = sheet.metre.name
    own = part.metre_patterns.get(metre)
    texts = own or tuple(read_in_metre(text, metre) for text in part.patterns)
    player = part.doubles or part.role
    taste = draw(sheet.seed, "pattern", player, section.kind).uniform(-0.25, 0.25)
    index = int(min(0.999, max(0.0, section.energy + taste)) * len(texts))
    variety = part.variety * (LOOP_VARIETY if sheet.plan.sample_type else 1.0)
    near = texts if variety >= FREE else texts[max(0, index - 1) : index] + texts[index + 1 : index + 2]
    rng = draw(sheet.seed, "phrase", player, section.kind, sheet.turn_of(section))
    return phrase_of(texts[index], near, bar_steps(metre), part.player == "bass", variety, rng)


def steps_with_changes(
    pattern: str, section: PlacedSection, chords: list[ChordSpan], origin: float | None = None
) -> Iterator[Step]:
    """Yield the pattern's steps over a section; a held step is struck again where the chord changes."""
    start = section.onset if origin is None else origin
    edges = chord_edges(chords, section.onset, section.end)
    position = 0
    for step in repeat(pattern, section.onset, section.end, start):
        end = step.onset + step.length
        taken_from = step.onset + (PUSH_QUARTERS if step.sign == PUSH else 0.0)
        while position < len(edges) and edges[position] <= taken_from + 1e-6:
            position += 1
        onset = step.onset
        inside = position
        while inside < len(edges) and edges[inside] < end - 1e-6:
            yield Step(onset, edges[inside] - onset, step.sign)
            onset = edges[inside]
            inside += 1
        yield Step(onset, end - onset, step.sign)


def play_bass(sheet: LeadSheet, part: GenrePart, instrument: str, section: PlacedSection) -> list[Note]:
    pattern = choose_pattern(sheet, part, section)
    rng = draw(sheet.seed, "bass", part.role, section.kind, section.index)
    notes: list[Note] = []
    previous: int | None = None
    for step in steps_with_changes(pattern, section, sheet.chords):
        pitch = bass_note(sheet, step, part.register, previous, rng)
        previous = pitch
        accent = 1.0 if step.sign == "R" else 0.9
        notes.append(_note(step, fit_range(pitch, instrument), part, section, accent, rng))
    return notes


def play_chords(sheet: LeadSheet, part: GenrePart, instrument: str, section: PlacedSection) -> list[Note]:
    """Play chords, single chord tones and bass notes as the pattern says, with smooth voice leading."""
    pattern = choose_pattern(sheet, part, section)
    rng = draw(sheet.seed, "chords", part.role, section.kind, section.index)
    notes: list[Note] = []
    voicing: tuple[int, ...] = ()
    strokes = 0
    for step in steps_with_changes(pattern, section, sheet.chords):
        span = chord_at(sheet.chords, sounding_from(step))
        voicing = voice_chord(span.pitches, voicing, part.register, part.voices, part.voicing)
        if step.sign.isdigit():
            pitches = [_chord_tone(voicing, int(step.sign))]
        elif step.sign == "b":
            pitches = [nearest(span.bass, part.register - 14)]
        else:
            pitches = list(voicing)
            strokes += 1
        loudness = LOUDNESS.get(step.sign, TONE_LOUDNESS)
        down = strokes % 2 == 1 or step.sign == "X"
        for delay, pitch in _strummed(pitches, part.strum, down):
            late = Step(step.onset + delay, max(0.05, step.length - delay), step.sign)
            accent = loudness * (1.0 if down else SOFTER_UPSTROKE)
            notes.append(_note(late, fit_range(pitch, instrument), part, section, accent, rng))
    return _without_unisons(notes)


def _strummed(pitches: list[int], strum: float, down: bool) -> list[tuple[float, int]]:
    """Return (delay in quarters, pitch): low strings first on a downstroke."""
    ordered = sorted(pitches, reverse=not down)
    share = strum / max(1, len(ordered) - 1)
    return [(index * share, pitch) for index, pitch in enumerate(ordered)]


def _without_unisons(notes: list[Note]) -> list[Note]:
    """Keep one note where voices of a chord share pitch and time."""
    return list({(round(note.onset, 4), note.pitch): note for note in notes}.values())


def _chord_tone(voicing: tuple[int, ...], figure: int) -> int:
    """Return the voicing's tone counted upwards, continuing into the next octaves."""
    octave, index = divmod(figure, len(voicing))
    return voicing[index] + 12 * octave


def play_riff(sheet: LeadSheet, part: GenrePart, instrument: str, section: PlacedSection) -> list[Note]:
    """Play the single notes that the pattern writes as degrees above the root."""
    rng = draw(sheet.seed, "riff", part.role, section.kind, section.index)
    return [
        _note(step, fit_range(riff_pitch(sheet, step, part), instrument), part, section, 0.95, rng)
        for step in steps_with_changes(choose_pattern(sheet, part, section), section, sheet.chords)
    ]


def play_pad(sheet: LeadSheet, part: GenrePart, instrument: str, section: PlacedSection) -> list[Note]:
    """Hold every chord for its full length."""
    rng = draw(sheet.seed, "pad", part.role, section.kind, section.index)
    notes: list[Note] = []
    voicing: tuple[int, ...] = ()
    for span in sheet.chords:
        if not section.onset - 1e-6 <= span.onset < section.end - 1e-6:
            continue
        voicing = voice_chord(span.pitches, voicing, part.register, part.voices, part.voicing)
        step = Step(span.onset, min(span.length, section.end - span.onset), "x")
        notes += [_note(step, fit_range(pitch, instrument), part, section, 0.9, rng) for pitch in voicing]
    return _without_unisons(notes)


def play_counter(sheet: LeadSheet, part: GenrePart, instrument: str, section: PlacedSection) -> list[Note]:
    """Play long tones under the singing: thirds and sevenths that move as little as the chords allow."""
    if not section.sung or section.plan.rap:
        return []
    rng = draw(sheet.seed, "counter", part.role, section.kind)
    notes: list[Note] = []
    centre = float(part.register)
    for span in sheet.chords:
        if not section.onset - 1e-6 <= span.onset < section.end - 1e-6:
            continue
        guides = {pitch % 12 for pitch in span.pitches} - {span.pitches[0] % 12}
        length = min(span.length, section.end - span.onset)
        halves = 2 if length >= sheet.metre.bar_quarters - 1e-6 else 1
        for half in range(halves):
            near = sorted((abs(nearest(tone, centre) - centre), nearest(tone, centre)) for tone in guides)
            pitch = fit_range(near[min(half, len(near) - 1)][1], instrument)
            step = Step(span.onset + half * length / halves, length / halves, "x")
            notes.append(_note(step, pitch, part, section, 0.9, rng))
            centre = 0.7 * pitch + 0.3 * part.register  # pulled back so that it does not keep climbing
    return notes


def play_counterpoint(sheet: LeadSheet, part: GenrePart, instrument: str, tune: Sequence[Note]) -> list[Note]:
    """Play a second voice against `tune` wherever the part plays."""
    notes: list[Note] = []
    for section in sheet.sections:
        if plays_in(part, section):
            rng = draw(sheet.seed, "counterpoint", part.role, section.kind)
            notes += [
                _note(
                    Step(tone.onset, tone.length, "x"), fit_range(pitch, instrument), part, section, 0.9, rng
                )
                for tone, pitch in counterpoint(sheet, part, section, tune)
            ]
    return notes + (ring_out(sheet, part, instrument) if notes else [])


def play_riser(sheet: LeadSheet, part: GenrePart, instrument: str, section: PlacedSection) -> list[Note]:
    """Play one long sweep into a following chorus or drop."""
    following = sheet.following(section)
    if following is None or following.kind not in LIFTED_KINDS or section.kind in LIFTED_KINDS:
        return []
    length = min(section.length, RISER_S / sheet.metre.quarter_s)
    step = Step(section.end - length, length, "X")
    rng = draw(sheet.seed, "riser", section.index)
    return [_note(step, fit_range(60 + sheet.key.tonic, instrument), part, section, 1.0, rng)]


def ring_out(sheet: LeadSheet, part: GenrePart, instrument: str) -> list[Note]:
    """Hold the last chord to the end of the piece."""
    if sheet.ring < 0.05 or part.player == "riser":
        return []
    span = sheet.chords[-1]
    if part.player == "bass":
        pitches = [nearest(span.bass, part.register)]
    elif part.player in ("counter", "counterpoint"):
        pitches = [nearest(sheet.key.tonic, part.register)]
    else:
        pitches = list(voice_chord(span.pitches, (), part.register, part.voices, part.voicing))
    pitches_in_range = sorted({fit_range(pitch, instrument) for pitch in pitches})
    return [
        Note(sheet.end + delay, max(0.05, sheet.ring - delay), pitch, part.velocity)
        for delay, pitch in _strummed([round(p) for p in pitches_in_range], part.strum, down=True)
    ]


def _note(
    step: Step, pitch: float, part: GenrePart, section: PlacedSection, loudness: float, rng: Random
) -> Note:
    velocity = part.velocity * loudness * (0.72 + 0.33 * section.energy) + rng.uniform(-0.03, 0.03)
    return Note(step.onset, step.length, float(pitch), round(min(1.0, max(0.05, velocity)), 3))


PLAYERS: dict[str, Player] = {
    "bass": play_bass,
    "chords": play_chords,
    "riff": play_riff,
    "pad": play_pad,
    "counter": play_counter,
    "riser": play_riser,
}
