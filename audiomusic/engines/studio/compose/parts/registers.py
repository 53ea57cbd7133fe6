"""The register of the band's chords: outside the pitches that the voice uses."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from audiomusic.engines.studio.compose.genres import GenrePart
from audiomusic.engines.studio.compose.lead_sheet import PlacedSection
from audiomusic.engines.studio.score import Note, VocalLine

MOVABLE_PLAYERS = ("chords", "pad", "counter")
LOWEST, HIGHEST = 47, 72  # chord registers: muddy below, masking consonants above
LOWEST_MOVED = 50  # a part that is lower by design (a power chord) stays
HALF_WIDTH = {"close": 5, "power": 6, "wide": 8}  # semitones from a voicing's middle to its ends
NEAR = 2  # semitones around a sung note that stay free
#: Costs: of all sung notes among a part's chords; per semitone from its register; for the other side.
HIT_COST, FAR_COST, SIDE_COST = 2.0, 0.07, 0.15
LEAST_CHORD = 2  # a chord keeps at least this many notes


@dataclass(frozen=True)
class SungBand:
    """The lead's notes in a section, in order."""

    onsets: tuple[float, ...]
    ends: tuple[float, ...]
    pitches: tuple[float, ...]

    @cached_property
    def _sung_up_to(self) -> list[int]:
        """Count of the notes at or below each MIDI number."""
        counts = Counter(round(pitch) for pitch in self.pitches)
        return list(accumulate(counts[pitch] for pitch in range(128)))

    @cached_property
    def middle(self) -> float:
        return sum(self.pitches) / len(self.pitches)

    def share_between(self, low: int, high: int) -> float:
        """Return the share of sung notes from `low` to `high`, both included."""
        sung = self._sung_up_to
        return (sung[min(127, high)] - sung[max(0, low - 1)]) / len(self.pitches)

    def is_near(self, note: Note) -> bool:
        """Whether a sung note within two semitones overlaps this one."""
        index = max(0, bisect_left(self.onsets, note.onset) - 1)
        end = note.onset + note.length
        while index < len(self.onsets) and self.onsets[index] < end:
            if self.ends[index] > note.onset + 1e-6 and abs(self.pitches[index] - note.pitch) <= NEAR:
                return True
            index += 1
        return False


def sung_band(section: PlacedSection, vocals: Sequence[VocalLine]) -> SungBand | None:
    """Return what the lead sings in the section, or None if no one does."""
    notes = sorted(
        (onset, onset + length, pitch)
        for line in vocals
        if line.role == "lead" and line.style == "sing"
        for onset, length, pitch in zip(line.onsets, line.lengths, line.pitches, strict=True)
        if section.onset <= onset < section.end
    )
    return SungBand(*(tuple(column) for column in zip(*notes, strict=True))) if notes else None


def beside_the_voice(part: GenrePart, band: SungBand, prefers_above: bool) -> GenrePart:
    """Move the part to the register where the fewest sung notes fall into its chords."""
    if part.player not in MOVABLE_PLAYERS or part.register < LOWEST_MOVED:
        return part
    half = 2 if part.player == "counter" else HALF_WIDTH[part.voicing]

    def cost(register: int) -> float:
        reach = half + NEAR
        hit = band.share_between(register - reach, register + reach)
        is_above = register > band.middle
        return (
            HIT_COST * hit
            + FAR_COST * abs(register - part.register)
            + SIDE_COST * (is_above != prefers_above)
        )

    return replace(part, register=min((part.register, *range(LOWEST, HIGHEST + 1, 2)), key=cost))


def making_way(notes: Sequence[Note], band: SungBand) -> list[Note]:
    """Remove chord notes close to a sung note, as long as two notes of the chord remain."""
    chords: dict[float, list[Note]] = {}
    for note in notes:
        chords.setdefault(round(note.onset, 1), []).append(note)
    kept: list[Note] = []
    for chord in chords.values():
        free = [note for note in chord if not band.is_near(note)]
        kept += free if len(free) >= min(LEAST_CHORD, len(chord)) else chord
    return kept
