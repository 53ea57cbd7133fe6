"""The lead instrument where no one sings: melodies, quotes of the chorus, and answers to the voice."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from audiomusic.engines.studio.compose.form import phrase_bars
from audiomusic.engines.studio.compose.genres import GenrePart
from audiomusic.engines.studio.compose.lead_sheet import LeadSheet, PlacedSection
from audiomusic.engines.studio.compose.melody import (
    CONTOURS,
    MotifNote,
    Tone,
    motif_of,
    sequence_degrees,
    sequenced,
    write_line,
)
from audiomusic.engines.studio.compose.parts.patterns import STEP, read_in_metre
from audiomusic.engines.studio.compose.parts.players import fit_range, plays_in
from audiomusic.engines.studio.compose.rhythm import beat_quarters, half_beat, is_on_beat
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.compose.tunes.quotes import QUOTING_KINDS, echoed, quoted
from audiomusic.engines.studio.score import Note, VocalLine

BELOW, ABOVE = 7, 10  # semitones around the part's register
CHORUS_LIFT = 3
LONGEST_BEATS = 2.0
CALM_ENERGY, BUSY_ENERGY = 0.42, 0.8
SHORTEST_STEP_S = 0.1  # faster cells are played at half speed
ANSWER_BEATS = 1.75  # a gap this long between sung lines is answered
THEME_KINDS = ("chorus", "hook", "drop")  # if no one sings, intro and outro play the melody of these
Motifs = dict[tuple[str, int], list[MotifNote]]


def play_lead(sheet: LeadSheet, part: GenrePart, instrument: str, vocals: Sequence[VocalLine]) -> list[Note]:
    """Write melodies for every section without words; intro and outro quote the hook."""
    notes: list[Note] = []
    motifs: Motifs = {}
    for section in sheet.sections:
        if section.sung or not plays_in(part, section):
            continue
        low = fit_range(part.register - BELOW, instrument)
        hook = quoted(sheet, section, vocals, low, low + BELOW + ABOVE)
        notes += [
            _note(tone, fit_range(pitch, instrument), part, section, sheet)
            for tones, pitches in hook
            for tone, pitch in zip(tones, pitches, strict=True)
        ] or _tune(sheet, part, instrument, section, motifs)
    return notes + _last_note(sheet, part, instrument, notes)


def play_answers(
    sheet: LeadSheet, part: GenrePart, instrument: str, vocals: Sequence[VocalLine]
) -> list[Note]:
    """Write a few notes after every second sung line that leaves room for them."""
    lead = [line for line in vocals if line.role == "lead"]
    beat = beat_quarters(sheet.metre)
    notes: list[Note] = []
    for index, (line, following) in enumerate(zip(lead, lead[1:], strict=False)):
        start = line.onsets[-1] + min(line.lengths[-1], beat)
        start = _round_up(start, beat / 2)
        section = _section_at(sheet, start)
        room = min(following.onsets[0], section.end) - start
        if index % 2 and room >= ANSWER_BEATS * beat and plays_in(part, section):
            notes += _answer(sheet, part, instrument, section, start, room, line)
    return notes


def _section_at(sheet: LeadSheet, onset: float) -> PlacedSection:
    return next((s for s in reversed(sheet.sections) if s.onset <= onset + 1e-6), sheet.sections[0])


def _round_up(value: float, unit: float) -> float:
    return -(-(value - 1e-6) // unit) * unit


def _tune(
    sheet: LeadSheet, part: GenrePart, instrument: str, section: PlacedSection, motifs: Motifs
) -> list[Note]:
    """Write lines of half a phrase: A B A' C, the last one closed. The head of A recurs in B, moved."""
    kind = _theme_kind(sheet, section)
    bar = sheet.metre.bar_quarters
    length = max(1.0, phrase_bars(sheet.metre) / 2) * bar
    count = max(1, round(section.length / length))
    low = fit_range(
        part.register - BELOW + (CHORUS_LIFT if section.kind in ("chorus", "drop") else 0), instrument
    )
    contours = _contours(draw(sheet.seed, "lead contour", kind))
    notes: list[Note] = []
    previous: float | None = None
    for index in range(count):
        start = section.onset + index * length
        stop = section.end if index == count - 1 else start + length
        tones = _tones(sheet, section, kind, start, stop, index)
        if not tones:
            continue
        motif = motifs.get((kind, index)) or _remembered(sheet, kind, index, motifs)
        ending = "closed" if index == count - 1 else "open" if index % 2 else ""
        rng = draw(sheet.seed, "lead", kind, index)
        pitches = write_line(
            sheet.tune, tones, low, low + BELOW + ABOVE, contours[index % 4], motif, ending, rng, previous
        )
        motifs.setdefault((kind, index), motif_of(tones, pitches))
        previous = pitches[-1]
        notes += [
            _note(tone, fit_range(pitch, instrument), part, section, sheet)
            for tone, pitch in zip(tones, pitches, strict=True)
        ]
    return notes


def _theme_kind(sheet: LeadSheet, section: PlacedSection) -> str:
    """Return the kind whose melody is played: its own; the theme's for intro and outro if no one sings."""
    if section.kind not in QUOTING_KINDS:
        return section.kind
    kinds = [other.kind for other in sheet.sections if not other.sung]
    return next((kind for kind in THEME_KINDS if kind in kinds), section.kind)


def _remembered(sheet: LeadSheet, kind: str, index: int, motifs: Motifs) -> list[MotifNote]:
    if index % 2 and (head := motifs.get((kind, index - 1))):
        return sequenced(head, sequence_degrees(sheet.seed, kind, index), sheet.key)
    return motifs.get((kind, index - 2), [])


def _contours(rng: Random) -> tuple[str, str, str, str]:
    first, second = rng.sample(sorted(CONTOURS), 2)
    return first, second, first, "fall"


def _tones(
    sheet: LeadSheet, section: PlacedSection, kind: str, start: float, stop: float, index: int
) -> list[Tone]:
    """Return onsets from the genre's rhythm cells, two cells per line, with a breath at its end."""
    beat = beat_quarters(sheet.metre)
    rng = draw(sheet.seed, "lead rhythm", kind, index % 2)
    cells = [rng.choice(_cells_for(sheet, section.energy)) for _ in range(2)]
    step = STEP * (2 if STEP * sheet.metre.quarter_s < SHORTEST_STEP_S else 1)
    breath = min(beat, (stop - start) / 4)
    onsets: list[float] = []
    cell_start, turn = start, 0
    while cell_start < stop - breath:
        cell = read_in_metre(cells[turn % 2], sheet.metre.name)
        onsets += [cell_start + place * step for place, sign in enumerate(cell) if sign not in ".-"]
        cell_start += len(cell) * step
        turn += 1
    onsets = [onset for onset in onsets if onset < stop - breath - 1e-6] or [start]
    if section.energy < CALM_ENERGY:
        onsets = [onset for onset in onsets if is_on_beat(onset, sheet.metre)] or onsets[:1]
    ends = [*onsets[1:], stop - breath / 2]
    return [
        Tone(onset, min(end - onset, LONGEST_BEATS * beat)) for onset, end in zip(onsets, ends, strict=True)
    ]


def _cells_for(sheet: LeadSheet, energy: float) -> list[str]:
    """Return the genre's cells, without the busiest in calm sections and the sparsest in busy ones."""
    cells = sorted(sheet.genre.melody.cells, key=lambda cell: sum(sign not in ".-" for sign in cell))
    half = max(1, len(cells) * 2 // 3)
    if energy < CALM_ENERGY:
        return cells[:half]
    return cells[-half:] if energy > BUSY_ENERGY else cells


def _answer(
    sheet: LeadSheet,
    part: GenrePart,
    instrument: str,
    section: PlacedSection,
    start: float,
    room: float,
    line: VocalLine,
) -> list[Note]:
    """Take up the end of the sung line, or play a few notes of the player's own."""
    beat = beat_quarters(sheet.metre)
    rng = draw(sheet.seed, "answer", part.role, section.kind, round(start - section.onset, 3))
    half = half_beat(sheet.metre)
    count = max(2, min(rng.choice((3, 4, 5)), int(room / half) - 1))
    tones = [Tone(start + index * half, half) for index in range(count)]
    tones[-1] = Tone(tones[-1].onset, min(beat, start + room - tones[-1].onset))
    low = fit_range(part.register - BELOW, instrument)
    motif: list[MotifNote] = []
    if line.style == "sing" and (echo := echoed(sheet, line, start, room, low + (BELOW + ABOVE) / 2)):
        tones, motif = echo
    contour = rng.choice(("rise", "fall", "arch"))
    pitches = write_line(sheet.tune, tones, low, low + BELOW + ABOVE, contour, motif, "", rng)
    return [
        _note(tone, fit_range(pitch, instrument), part, section, sheet)
        for tone, pitch in zip(tones, pitches, strict=True)
    ]


def _note(tone: Tone, pitch: float, part: GenrePart, section: PlacedSection, sheet: LeadSheet) -> Note:
    accent = 1.0 if is_on_beat(tone.onset, sheet.metre) else 0.88
    velocity = part.velocity * accent * (0.72 + 0.33 * section.energy)
    return Note(tone.onset, max(0.05, tone.length * 0.96), float(pitch), round(min(1.0, velocity), 3))


def _last_note(sheet: LeadSheet, part: GenrePart, instrument: str, notes: list[Note]) -> list[Note]:
    """Return the tonic over the last chord, if the lead has played up to it."""
    if not notes or sheet.ring < 0.05 or notes[-1].onset < sheet.end - 2 * sheet.metre.bar_quarters:
        return []
    last = notes[-1].pitch
    pitch = min((sheet.key.tonic + 12 * octave for octave in range(11)), key=lambda p: abs(p - last))
    return [Note(sheet.end, sheet.ring, float(fit_range(pitch, instrument)), part.velocity)]
