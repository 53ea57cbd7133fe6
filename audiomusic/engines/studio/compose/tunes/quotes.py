"""What the lead instrument takes from the singer: the hook in intro and outro, and the end of a line."""

from __future__ import annotations

from collections.abc import Sequence

from audiomusic.engines.studio.compose.harmony import chord_at, classes_of, scale_classes
from audiomusic.engines.studio.compose.lead_sheet import LeadSheet, PlacedSection
from audiomusic.engines.studio.compose.melody import MotifNote, Tone, motif_of, write_line
from audiomusic.engines.studio.compose.rhythm import half_beat
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.score import VocalLine

QUOTING_KINDS = ("intro", "outro")
QUOTED_KINDS = ("chorus", "hook", "drop", "verse")  # quote the first of these that is sung
SHORTEST = 0.25  # quarters: minimum length of a quote's note cut at its section's end
ECHOED = 5  # maximum syllables of a line that an answer takes up
ECHO_CHANCE = 0.65

Phrase = tuple[list[Tone], list[float]]  # onsets and pitches


def quoted(
    sheet: LeadSheet, section: PlacedSection, vocals: Sequence[VocalLine], low: float, high: float
) -> list[Phrase]:
    """Return the hook's lines for a section without singing: unchanged if their chords are the same,
    otherwise rewritten over the section's chords."""
    source = hook_section(sheet)
    if source is None or section.kind not in QUOTING_KINDS:
        return []
    later = section.onset - source.onset
    return [
        _over(sheet, section, phrase, index, later, low, high)
        for index, phrase in enumerate(_moved_lines(source, section, vocals))
    ]


def hook_section(sheet: LeadSheet) -> PlacedSection | None:
    """Return the first sung section that a listener will recognise."""
    sung = [section for section in sheet.sections if section.sung and not section.plan.rap]
    return next((section for kind in QUOTED_KINDS for section in sung if section.kind == kind), None)


def _moved_lines(source: PlacedSection, section: PlacedSection, vocals: Sequence[VocalLine]) -> list[Phrase]:
    """Return the lead's lines of `source`, shifted into `section`, as far as it lasts."""
    phrases = []
    for line in vocals:
        if line.role != "lead" or not source.onset <= line.onsets[-1] < source.end:
            continue
        notes = [
            (Tone(moved, min(length, section.end - moved)), pitch)
            for onset, length, pitch in zip(line.onsets, line.lengths, line.pitches, strict=True)
            if section.onset <= (moved := onset - source.onset + section.onset) < section.end - SHORTEST
        ]
        if notes:
            phrases.append(([tone for tone, _ in notes], [pitch for _, pitch in notes]))
    return phrases


def _over(
    sheet: LeadSheet,
    section: PlacedSection,
    phrase: Phrase,
    index: int,
    later: float,
    low: float,
    high: float,
) -> Phrase:
    tones, pitches = phrase
    octaves = 12 * round(((low + high) / 2 - sum(pitches) / len(pitches)) / 12)
    moved = [pitch + octaves for pitch in pitches]
    if _stands_as_before(sheet, phrase, later):
        return tones, moved
    rng = draw(sheet.seed, "quote", section.kind, index)
    written = write_line(sheet.tune, tones, low, high, "arch", motif_of(tones, moved), "", rng)
    return tones, [float(pitch) for pitch in written]


def _stands_as_before(sheet: LeadSheet, phrase: Phrase, later: float) -> bool:
    """Whether the chords under each note, and under any note it may anticipate, equal those `later` quarters
    earlier. The same progression may be coloured or turned differently. A quote that is cut off must not end
    on a note that was to lead on."""
    tones, pitches = phrase
    onsets = [tone.onset + ahead for tone in tones for ahead in (0.0, half_beat(sheet.metre))]
    last = classes_of(chord_at(sheet.chords, tones[-1].onset)) | scale_classes(sheet.key)
    return round(pitches[-1]) % 12 in last and all(
        classes_of(chord_at(sheet.chords, onset)) == classes_of(chord_at(sheet.chords, onset - later))
        for onset in onsets
    )


def echoed(
    sheet: LeadSheet, line: VocalLine, start: float, room: float, middle: float
) -> tuple[list[Tone], list[MotifNote]] | None:
    """Return the line's last syllables from `start`, as material for an answer; None if there is no room, or
    the player has an idea of its own."""
    rng = draw(sheet.seed, "echo", round(start, 3))
    count = min(ECHOED, len(line.onsets))
    first = line.onsets[-count]
    tones = [
        Tone(onset - first + start, length)
        for onset, length in zip(line.onsets[-count:], line.lengths[-count:], strict=True)
    ]
    end = start + room
    if count < 3 or rng.random() >= ECHO_CHANCE or tones[-1].onset > end - 2 * SHORTEST:
        return None
    tones[-1] = tones[-1]._replace(length=min(tones[-1].length, end - tones[-1].onset))
    pitches = line.pitches[-count:]
    octaves = 12 * round((middle - sum(pitches) / count) / 12)
    return tones, motif_of(tones, [pitch + octaves for pitch in pitches])
