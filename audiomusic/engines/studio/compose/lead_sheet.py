"""The lead sheet: sections placed in time with their chords, read by all players."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiomusic.engines.studio.compose.colour import coloured
from audiomusic.engines.studio.compose.form import PlannedSection
from audiomusic.engines.studio.compose.genres import GenreDefinition
from audiomusic.engines.studio.compose.harmony import (
    Chord,
    harmonic_bar,
    lay_progression,
    marked,
    read_chord,
    span_of,
    tonic_chord,
)
from audiomusic.engines.studio.compose.melody import Tune, song_taste
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.compose.voices import Voice, voices_of
from audiomusic.engines.studio.score import ChordSpan, Metre, Section
from audiomusic.engines.theory import Key

if TYPE_CHECKING:
    from audiomusic.engines.studio.plan import Plan

#: Section kinds whose progressions are used if a genre has none for a kind.
BORROWED: dict[str, tuple[str, ...]] = {
    "intro": ("chorus",), "outro": ("chorus",), "hook": ("chorus",), "drop": ("chorus",),
    "prechorus": ("bridge", "verse"), "bridge": ("verse",), "solo": ("verse",), "breakdown": ("verse",),
}  # fmt: skip


FINALE = "finale"
EDGES = ("intro", "outro")  # establish the key: on a progression that starts on its tonic
LONG_FORM_BARS = 8  # a longer progression that fits a section exactly is preferred
HOME = {"major": "I", "minor": "i"}
HOME_WEIGHT = 1.4  # factor on the weight of a progression that starts on the tonic
UNTURNED = ("chorus", "hook", "drop", "breakdown")
TURNED_BARS, TURN_CHANCE = 4, 0.5


@dataclass(frozen=True)
class PlacedSection:
    """A planned section with its position, in quarters from the start."""

    plan: PlannedSection
    index: int
    onset: float
    length: float

    @property
    def end(self) -> float:
        return self.onset + self.length

    @property
    def kind(self) -> str:
        return self.plan.kind

    @property
    def energy(self) -> float:
        return self.plan.energy

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names by which parts and grooves can refer to this section."""
        return (self.plan.kind, FINALE) if self.plan.finale else (self.plan.kind,)

    @property
    def sung(self) -> bool:
        return bool(self.plan.lines)


@dataclass(frozen=True)
class LeadSheet:
    plan: Plan
    genre: GenreDefinition
    seed: int
    sections: tuple[PlacedSection, ...]
    chords: list[ChordSpan]
    end: float  # where the last chord starts or a loop wraps; quarters
    stop: float  # where the piece is cut; quarters

    @property
    def key(self) -> Key:
        return self.plan.key

    @property
    def metre(self) -> Metre:
        return self.plan.metre

    @property
    def voices(self) -> tuple[Voice, ...]:
        return voices_of(self.plan, self.seed)

    @property
    def tune(self) -> Tune:
        return Tune(self.key, self.metre, self.chords, self.genre.melody, song_taste(self.seed))

    @property
    def is_loop(self) -> bool:
        return self.plan.sample_type == "loop"

    def progression(self, section: PlacedSection) -> str:
        """Return the section's progression in roman numerals."""
        return choose_progression(section.kind, section.length, self.plan, self.genre, self.seed)

    def turn_of(self, section: PlacedSection) -> int:
        """Return how many sections of its kind came before."""
        return sum(other.kind == section.kind for other in self.sections if other.index < section.index)

    def following(self, section: PlacedSection) -> PlacedSection | None:
        return next((later for later in self.sections if later.index > section.index), None)

    @property
    def ring(self) -> float:
        """Length of the last chord in quarters."""
        return self.stop - self.end


def write_sheet(plan: Plan, genre: GenreDefinition, seed: int) -> LeadSheet:
    stop = plan.duration_s / plan.metre.quarter_s
    placed: list[PlacedSection] = []
    onset = 0.0
    for index, section in enumerate(plan.sections):
        length = min(section.bars * plan.metre.bar_quarters, stop - onset)
        placed.append(PlacedSection(section, index, onset, length))
        onset += length
    placed = [section for section in placed if section.length > 1e-6]
    chords = [span for section in placed for span in _chords(section, placed, plan, genre, seed)]
    end = stop if plan.sample_type == "loop" else onset
    if stop - end > 1e-6:
        chords.append(span_of(last_chord(plan.key, genre, seed), end, stop - end))
    return LeadSheet(plan, genre, seed, tuple(placed), chords, end, stop)


def last_chord(key: Key, genre: GenreDefinition, seed: int) -> Chord:
    """Return the tonic in the genre's closing form: jazz does not end on a triad."""
    options = genre.harmony.endings.get(key.tonality)
    return read_chord(draw(seed, "ending").choice(options), key) if options else tonic_chord(key)


def _chords(
    section: PlacedSection, placed: Sequence[PlacedSection], plan: Plan, genre: GenreDefinition, seed: int
) -> list[ChordSpan]:
    text = choose_progression(section.kind, section.length, plan, genre, seed)
    turn = _turnaround(section, section.index == placed[-1].index, plan, genre, seed)
    stop = section.end - harmonic_bar(plan.metre) if turn else section.end
    spans = lay_progression(text, plan.key, plan.metre, section.onset, stop)
    return spans + (lay_progression(turn, plan.key, plan.metre, stop, section.end) if turn else [])


def _turnaround(
    section: PlacedSection, is_last: bool, plan: Plan, genre: GenreDefinition, seed: int
) -> str | None:
    """Return the bar that leads back to the tonic, in place of a section's last bar: by seed in some kinds of
    section, and at the end of a song. Choruses and loops repeat without it."""
    texts = genre.progressions[plan.key.tonality].get("turnaround")
    if (
        not texts
        or plan.sample_type
        or section.kind in UNTURNED
        or section.length < TURNED_BARS * harmonic_bar(plan.metre)
    ):
        return None
    rng = draw(seed, "turnaround", section.kind)
    text = rng.choice(texts)
    return text if rng.random() < TURN_CHANCE or (is_last and not section.sung) else None


def choose_progression(kind: str, length: float, plan: Plan, genre: GenreDefinition, seed: int) -> str:
    """Return the progression of all sections of this kind, which divides the length evenly if possible."""
    source = progression_kind(kind, genre, plan.key.tonality)
    chosen = _even_one(source, length, plan, genre, seed)
    if kind in EDGES and not _starts_home(chosen):
        chosen = _home_one(length, plan, genre, seed)
    if plan.sample_type:
        return marked(chosen, plan.key)
    rng = draw(seed, "colour", source, chosen)
    bars = length / harmonic_bar(plan.metre)
    return marked(coloured(chosen, plan.key.tonality, bars, genre.harmony, rng), plan.key)


def _home_one(length: float, plan: Plan, genre: GenreDefinition, seed: int) -> str:
    """Return a verse progression that starts on the tonic; else another of the genre's, since some genres
    rarely start on the tonic; else the verse's with the tonic as its first bar."""
    own = genre.progressions[plan.key.tonality]
    for source in ("verse", *(name for name in own if name not in ("verse", "turnaround"))):
        if texts := [text for text in own[source] if _starts_home(text)]:
            return _even_one(source, length, plan, genre, seed, texts)
    rest = _even_one("verse", length, plan, genre, seed).split("|")[1:]
    return " | ".join([HOME[plan.key.tonality], *(bar.strip() for bar in rest)])


def _even_one(
    source: str,
    length: float,
    plan: Plan,
    genre: GenreDefinition,
    seed: int,
    texts: Sequence[str] = (),
) -> str:
    """Draw from `texts`, or from all the genre's progressions for this kind of section."""
    texts = texts or genre.progressions[plan.key.tonality][source]
    bars = length / harmonic_bar(plan.metre)
    even = [text for text in texts if abs(bars % (text.count("|") + 1)) < 1e-6]
    whole = [text for text in even if text.count("|") + 1 == bars > LONG_FORM_BARS]
    options = whole or even or list(texts)
    weights = [
        genre.weights.get(text, 1.0) * (HOME_WEIGHT if _starts_home(text) else 1.0) for text in options
    ]
    return draw(seed, "progression", source).choices(options, weights)[0]


def _starts_home(text: str) -> bool:
    return re.match(r"[iI](?![iIvV])", text) is not None


def progression_kind(kind: str, genre: GenreDefinition, mode: str) -> str:
    """Return the section kind whose progressions this kind uses."""
    own = genre.progressions[mode]
    return next((name for name in (kind, *BORROWED.get(kind, ()), "verse") if name in own), "verse")


def score_sections(sheet: LeadSheet) -> list[Section]:
    """Return the score's sections; the last one extends to the end of the piece."""
    sections = [
        Section(placed.plan.kind, placed.plan.label, placed.onset, placed.length, placed.energy)
        for placed in sheet.sections
    ]
    if not sections:
        return [Section("hook", "Theme", 0.0, sheet.stop, 0.6)]
    sections[-1].length = sheet.stop - sections[-1].onset
    return sections


def chord_edges(chords: Sequence[ChordSpan], start: float, stop: float) -> list[float]:
    """Return where chords begin between start and stop, both excluded."""
    return [span.onset for span in chords if start + 1e-6 < span.onset < stop - 1e-6]
