"""Turn words and chords into sung or rapped lines, with doubles and harmonies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

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
from audiomusic.engines.studio.compose.parts.partners import HARMONISED, beside, second_voice, write_partners
from audiomusic.engines.studio.compose.parts.phrasing import EARLY_GENRE, HOOK_KINDS, pickup_quarters
from audiomusic.engines.studio.compose.parts.placing import BREATH_S, Memory, Slot, place_line
from audiomusic.engines.studio.compose.rhythm import beat_quarters, half_beat, is_on_beat
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.lyrics import split_ad_lib
from audiomusic.engines.studio.score import Metre, Syllable, VocalLine

Syllabify = Callable[[Sequence[str], str], list[list[Syllable]]]

#: The part of the singer's range, 0..1, that each kind of section uses.
TESSITURA = {
    "verse": (0.08, 0.72), "prechorus": (0.18, 0.85), "chorus": (0.2, 0.9), "hook": (0.2, 0.88),
    "bridge": (0.12, 0.92), "drop": (0.34, 1.0), "outro": (0.05, 0.7),
}  # fmt: skip
WHOLE_RANGE = (0.1, 0.9)
AD_LIB_SHARE = 0.25, 0.5  # of its line's slot
AD_LIB_SOFTNESS = 0.8
LEAST_HELD_S = 0.5  # of a line's last note, if the next line is early
MOST_RESERVED = 0.25  # share of a line's bars reserved for the next line's upbeat
REPEATED_KINDS = ("chorus", "hook")
#: Rap: semitones by stress, the fall over a line, and the lift of the rhyme.
SPEECH_STRESS = {0: -1.0, 1: 0.5, 2: 2.0}
SPEECH_FALL, RHYME_LIFT = 3.0, 1.5


@dataclass(frozen=True)
class Vocals:
    lines: list[VocalLine]
    unsung: list[str]  # lines with no syllables, or too many for their slot


def write_vocals(sheet: LeadSheet, syllabify: Syllabify) -> Vocals:
    """Write every line of the plan in chronological order, the lead first."""
    language = sheet.plan.language
    lines_and_ad_libs = [split_ad_lib(line) for section in sheet.sections for line in section.plan.lines]
    texts = sorted({text for pair in lines_and_ad_libs for text in pair if text})
    if not texts or language is None:
        return Vocals([], [])
    syllables = dict(zip(texts, syllabify(texts, language), strict=True))
    memories: dict[str, Memory] = {}
    lines: list[VocalLine] = []
    unsung: list[str] = []
    for section in sheet.sections:
        memory = memories.setdefault(section.kind, Memory())
        free_from = max((_held_to(line, sheet.metre) for line in lines), default=0.0)
        sung = _section_lines(sheet, section, syllables, language, memory, unsung, free_from)
        lines += sung + _backing(sheet, section, sung)
    return Vocals(_without_overlaps(lines), unsung)


def _section_lines(
    sheet: LeadSheet,
    section: PlacedSection,
    syllables: Mapping[str, list[Syllable]],
    language: str,
    memory: Memory,
    unsung: list[str],
    free_from: float,
) -> list[VocalLine]:
    """Write a section's lines. `free_from`: the singer's breath after the last section, in quarters."""
    lines: list[VocalLine] = []
    count = len(section.plan.lines)
    previous: dict[int, float] = {}  # singer -> their last pitch
    for index, written in enumerate(section.plan.lines):
        text, ad_lib = split_ad_lib(written)
        slot = _slot(sheet, section, index, syllables, free_from)
        whole = replace(slot, length=slot.length - _reserved(sheet, section, index, syllables))
        slot, rest = _shared(whole, len(syllables[text]), len(syllables.get(ad_lib, ())), sheet)
        tones = place_line(sheet, section, slot, index, syllables[text], memory)
        if rest and not tones:
            slot, rest = whole, None
            tones = place_line(sheet, section, slot, index, syllables[text], memory)
        if not tones:
            slot = _slot(sheet, section, index, syllables, free_from)
            tones = place_line(sheet, section, slot, index, syllables[text], memory)
        if not tones:
            unsung.append(text)
            continue
        singer, *partners = section.plan.singers_of(index)
        if slot.rap:
            pitches = _speech_pitches(sheet, section, index, syllables[text], tones, singer)
        else:
            is_last = index == count - 1
            before = previous.get(singer)
            pitches = _sung_pitches(sheet, section, index, is_last, tones, memory, before, singer)
            previous[singer] = pitches[-1]
        lead = _vocal_line(section, text, language, slot.rap, tones, pitches, singer)
        lines += [lead, *write_partners(sheet, section, lead, partners)]
        free_from = _held_to(lead, sheet.metre)
        if rest:
            answer = _answered(sheet, section, rest, index, ad_lib, syllables[ad_lib], lead)
            lines += answer
            free_from = max([free_from, *(_held_to(line, sheet.metre) for line in answer)])
    return lines


def _slot(
    sheet: LeadSheet,
    section: PlacedSection,
    index: int,
    syllables: Mapping[str, list[Syllable]],
    free_from: float,
) -> Slot:
    """Return the line's bars, plus the room its upbeat needs, as far as the singer is free."""
    length = section.plan.line_bars * sheet.metre.bar_quarters
    start = section.onset + index * length
    half = half_beat(sheet.metre)
    lead = min(_pickup(sheet, section, index, syllables), (start - free_from) // half * half)
    if index == 0 and section.plan.lift:
        lead = 0.0  # the new key starts with its chord
    lead = max(0.0, lead)
    return Slot(start - lead, length + lead, index * length - lead, section.plan.rap, lead)


def _pickup(
    sheet: LeadSheet, section: PlacedSection, index: int, syllables: Mapping[str, list[Syllable]]
) -> float:
    """Return the quarters needed before the line's bar, in whole half beats."""
    text, _ = split_ad_lib(section.plan.lines[index])
    stresses = [syllable.stress for syllable in syllables[text]]
    wanted = pickup_quarters(stresses, sheet.metre, sheet.genre.melody.anticipation >= EARLY_GENRE)
    half = half_beat(sheet.metre)
    return -(-(wanted - 1e-6) // half) * half


def _reserved(
    sheet: LeadSheet, section: PlacedSection, index: int, syllables: Mapping[str, list[Syllable]]
) -> float:
    """Return the room a line leaves at its end: the next line's upbeat, or a beat before the next section."""
    length = section.plan.line_bars * sheet.metre.bar_quarters
    is_last = index == len(section.plan.lines) - 1
    wanted = beat_quarters(sheet.metre) if is_last else _pickup(sheet, section, index + 1, syllables)
    half = half_beat(sheet.metre)
    return min(wanted, length * MOST_RESERVED // half * half)


def _held_to(line: VocalLine, metre: Metre) -> float:
    """Return the earliest start of the next line: after a shortened last note and a breath."""
    rap = line.style == "rap"
    return line.onsets[-1] + min(line.lengths[-1], (LEAST_HELD_S + BREATH_S[rap]) / metre.quarter_s)


def _shared(slot: Slot, lead: int, ad_lib: int, sheet: LeadSheet) -> tuple[Slot, Slot | None]:
    """Split the slot between a line and its ad-lib by their syllables, on a half beat."""
    if not ad_lib:
        return slot, None
    share = min(AD_LIB_SHARE[1], max(AD_LIB_SHARE[0], ad_lib / (lead + ad_lib)))
    half = half_beat(sheet.metre)
    room = max(half, round(slot.length * share / half) * half)
    kept = slot.length - room
    return replace(slot, length=kept), Slot(slot.start + kept, room, slot.offset + kept, slot.rap)


def _answered(
    sheet: LeadSheet,
    section: PlacedSection,
    slot: Slot,
    index: int,
    text: str,
    syllables: Sequence[Syllable],
    lead: VocalLine,
) -> list[VocalLine]:
    """Write the ad-lib for the second voice, softer; nothing if it does not fit."""
    tones = place_line(sheet, section, slot, index, syllables, Memory())
    if not tones:
        return []
    singer = answering_singer(sheet, lead.singer)
    if slot.rap:
        pitches = _speech_pitches(sheet, section, index, syllables, tones, singer)
    else:
        low, high = singer_range(sheet, section, singer)
        rng = draw(sheet.seed, "ad-lib", section.kind, index)
        contour = rng.choice(("fall", "dip"))
        pitches = [float(p) for p in write_line(sheet.tune, tones, low, high, contour, [], "", rng)]
    answer = _vocal_line(section, text, lead.language, slot.rap, tones, pitches, singer)
    return [replace(answer, role="harmony", velocity=round(lead.velocity * AD_LIB_SOFTNESS, 3))]


def _vocal_line(
    section: PlacedSection,
    text: str,
    language: str,
    rap: bool,
    tones: list[Tone],
    pitches: list[float],
    singer: int,
) -> VocalLine:
    return VocalLine(
        text=text,
        language=language,
        style="rap" if rap else "sing",
        role="lead",
        onsets=[tone.onset for tone in tones],
        lengths=[tone.length for tone in tones],
        pitches=pitches,
        velocity=round(0.62 + 0.28 * section.energy, 3),
        section=section.plan.label,
        singer=singer,
    )


def singer_range(sheet: LeadSheet, section: PlacedSection, singer: int) -> tuple[float, float]:
    """Return (lowest, highest) MIDI number for a singer in a section."""
    voice = sheet.voices[singer]
    low, high = voice.low, voice.high
    bottom, top = TESSITURA.get(section.kind, WHOLE_RANGE)
    # With several singers, each has a known voice, and so a known highest note.
    lift = section.plan.lift if sheet.plan.singers else 0
    return low + bottom * (high - low), low + top * (high - low) - lift


def answering_singer(sheet: LeadSheet, lead: int) -> int:
    """Return who sings a line's ad-lib: another soloist, if there is one."""
    soloists = [place for place, voice in enumerate(sheet.voices) if not voice.is_choir]
    others = [place for place in soloists if place > lead] or [place for place in soloists if place < lead]
    return others[0] if others else lead


def _sung_pitches(
    sheet: LeadSheet,
    section: PlacedSection,
    index: int,
    is_last: bool,
    tones: list[Tone],
    memory: Memory,
    previous: float | None,
    singer: int,
) -> list[float]:
    """Write the lines A B A' C: every second line recalls the one two before it."""
    low, high = singer_range(sheet, section, singer)
    octave = 12 * round((sheet.voices[singer].middle - sheet.voices[0].middle) / 12)
    known = memory.motifs.get(index) or _remembered(sheet, section, index, memory)
    motif = [note._replace(pitch=note.pitch + octave) for note in known]
    contours = _contours(draw(sheet.seed, "contour", section.kind))
    ending = "closed" if is_last else "open" if index % 2 else ""
    rng = draw(sheet.seed, "melody", section.kind, index)
    pitches = write_line(sheet.tune, tones, low, high, contours[index % 4], motif, ending, rng, previous)
    memory.motifs.setdefault(index, motif_of(tones, [pitch - octave for pitch in pitches]))
    return [float(pitch) for pitch in pitches]


def _remembered(sheet: LeadSheet, section: PlacedSection, index: int, memory: Memory) -> list[MotifNote]:
    """Return a new line's motif: the line two before it or, in a hook, the moved head of the one before."""
    if section.kind in HOOK_KINDS and index % 2 and (head := memory.motifs.get(index - 1)):
        return sequenced(head, sequence_degrees(sheet.seed, section.kind, index), sheet.key)
    return memory.motifs.get(index - 2, [])


def _contours(rng: Random) -> tuple[str, str, str, str]:
    first, second = rng.sample(sorted(CONTOURS), 2)
    return first, second, first, rng.choice(("fall", "arch", second))


def _speech_pitches(
    sheet: LeadSheet,
    section: PlacedSection,
    index: int,
    syllables: Sequence[Syllable],
    tones: list[Tone],
    singer: int,
) -> list[float]:
    """Write a rap line's pitches: stresses rise, the line falls, every other line raises its rhyme."""
    base = sheet.voices[singer].speech
    base += 2.0 if section.kind in REPEATED_KINDS else 0.0
    rng = draw(sheet.seed, "speech", section.kind, index)
    count = len(syllables)
    pitches = []
    for place, (syllable, tone) in enumerate(zip(syllables, tones, strict=True)):
        pitch = base + SPEECH_STRESS[min(2, syllable.stress)] - SPEECH_FALL * place / count
        pitch += 1.0 if is_on_beat(tone.onset, sheet.metre) else 0.0
        pitches.append(round(pitch + rng.uniform(-0.6, 0.6), 2))
    pitches[-1] += RHYME_LIFT if index % 2 == 0 else -RHYME_LIFT
    return pitches


def _backing(sheet: LeadSheet, section: PlacedSection, sung: Sequence[VocalLine]) -> list[VocalLine]:
    """Write doubles where a section repeats, and a harmony there, or everywhere if a cappella.

    Lines sung by several singers need neither.
    """
    alone = sheet.plan.is_a_cappella
    shared = {line.onsets[0] for line in sung if line.role != "lead"}
    lead = [line for line in sung if line.role == "lead" and line.onsets[0] not in shared]
    backing: list[VocalLine] = []
    if section.kind in REPEATED_KINDS:
        backing += [replace(line, role="double", velocity=line.velocity * 0.8) for line in lead]
    if (alone or section.kind in REPEATED_KINDS) and (alone or sheet.genre.melody.harmony):
        backing += [_harmony(sheet, section, line) for line in lead if line.style == "sing"]
    return backing


def _harmony(sheet: LeadSheet, section: PlacedSection, line: VocalLine) -> VocalLine:
    """Write a harmony a third above, or a sixth below if too high, adjusted to the chord on strong beats."""
    voice = sheet.voices[line.singer]
    degrees = 2 if max(line.pitches) + 4 <= voice.high + 3 else -5
    pitches = [
        float(second_voice(sheet, onset, pitch, degrees))
        for onset, pitch in zip(line.onsets, line.pitches, strict=True)
    ]
    if sheet.plan.singers:
        pitches = beside(sheet, section, line, voice, HARMONISED)
    return replace(line, role="harmony", pitches=pitches, velocity=line.velocity * 0.75)


def _without_overlaps(lines: list[VocalLine]) -> list[VocalLine]:
    """Sort the lines by time, and end each before the next of the same role begins."""
    lines = sorted(lines, key=lambda line: (line.onsets[0], line.role != "lead", line.role))
    last: dict[tuple[str, int], VocalLine] = {}
    for line in lines:
        before = last.get((line.role, line.singer))
        if before and before.onsets[-1] + before.lengths[-1] > line.onsets[0]:
            before.lengths = [*before.lengths[:-1], line.onsets[0] - before.onsets[-1]]
        last[line.role, line.singer] = line
    return lines
