"""A song's sequence of sections: one of its genre's forms, filled with the available words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

from audiomusic.engines.studio.compose.form import SECTION_ENERGY, phrase_bars, section_bars
from audiomusic.engines.studio.compose.genres import RAPPED_VERSE, FormHabits, read_phrases
from audiomusic.engines.studio.compose.parts.phrasing import song_pace
from audiomusic.engines.studio.compose.seeds import draw, pick_weighted
from audiomusic.engines.studio.lyrics import LyricSection
from audiomusic.engines.studio.score import Metre, SectionKind

SHORTEST_S = 62.0  # a shorter song keeps the form in which its words were written
MATERIAL_S = 200.0  # words for a song of this length include every kind of section
ROOM = (0.84, 1.12)  # acceptable length of a form, relative to the song
NEAREST, FRAME_SHARE = 0.97, 0.75
UNSUNG_KINDS = ("solo", "breakdown", "drop", "intro", "outro")
VERSE_KINDS = ("verse", RAPPED_VERSE)
COUPLET = 2


def with_drawn_form(habits: FormHabits, seed: int) -> FormHabits:
    """Return the habits with an instrumental form of the genre and the pace of the song's words, by seed."""
    habits = replace(habits, pace=song_pace(habits.pace, seed))
    if not habits.instrumentals:
        return habits
    chosen = pick_weighted(draw(seed, "instrumental form"), habits.instrumentals)
    return replace(habits, instrumental=read_phrases(chosen))


def in_form(
    sections: Sequence[LyricSection], habits: FormHabits, duration_s: float, metre: Metre, seed: int
) -> list[LyricSection]:
    """Arrange written sections in one of the genre's forms; unchanged if none can be filled."""
    material = _Material(sections, habits.stanza)
    fitting = {form: weight for form, weight in habits.songs.items() if material.can_fill(form.split())}
    if not fitting:
        return list(sections)
    lengths_s = {form: _length_s(form, material, habits, metre) for form in fitting}
    chosen = _choose(fitting, lengths_s, duration_s, draw(seed, "song form"))
    return [section for kind in chosen.split() if (section := material.take(kind))]


def _choose(
    forms: Mapping[str, float], lengths_s: Mapping[str, float], duration_s: float, rng: Random
) -> str:
    """Draw by weight among the forms of about the song's length; else take the closest."""
    lengths = {form: lengths_s[form] / duration_s for form in forms}
    near = {form: forms[form] for form, length in lengths.items() if ROOM[0] <= length <= ROOM[1]}
    if near:
        return pick_weighted(rng, near)
    return min(lengths, key=lambda form: (abs(lengths[form] - NEAREST), form))


def _length_s(form: str, material: _Material, habits: FormHabits, metre: Metre) -> float:
    """Return the form's duration with these words at the song's pace."""
    frame = (habits.intro + habits.outro) * phrase_bars(metre) * FRAME_SHARE
    return metre.bar_s * (frame + sum(material.bars(kind, habits, metre) for kind in form.split()))


class _Material:
    """The written sections, taken one at a time."""

    def __init__(self, sections: Sequence[LyricSection], stanza: int) -> None:
        verses = [section for section in sections if section.kind == "verse" and section.lines]
        self._verses = _stanzas(verses) if stanza else verses
        self._others = {section.kind: section for section in sections if section.kind != "verse"}
        self._taken = 0
        self._bars: dict[str, float] = {}

    def bars(self, kind: str, habits: FormHabits, metre: Metre) -> float:
        """Return the length of a section of this kind."""
        if kind not in self._bars:
            section = self._verse(0, kind) if kind in VERSE_KINDS else self._other(kind)
            self._bars[kind] = section_bars(section, habits, metre) if section else 0.0
        return self._bars[kind]

    def can_fill(self, kinds: Sequence[str]) -> bool:
        sung = {kind for kind in kinds if kind not in (*UNSUNG_KINDS, "prechorus", "bridge")}
        return bool(self._verses) and all(kind in VERSE_KINDS or kind in self._others for kind in sung)

    def take(self, kind: str) -> LyricSection | None:
        """Return the next verse, the section of this kind, or an empty one; None if it was not written."""
        if kind in VERSE_KINDS:
            self._taken += 1
            return replace(self._verse(self._taken - 1, kind), label=f"Verse {self._taken}")
        return self._other(kind)

    def _verse(self, place: int, kind: str) -> LyricSection:
        verse = self._verses[place % len(self._verses)]
        return replace(verse, rap=verse.rap or kind == RAPPED_VERSE)

    def _other(self, kind: str) -> LyricSection | None:
        if kind in self._others:
            return self._others[kind]
        if kind not in SECTION_ENERGY or kind not in UNSUNG_KINDS:
            return None
        known: SectionKind = kind
        return LyricSection(known, kind.capitalize())


def _stanzas(verses: Sequence[LyricSection]) -> list[LyricSection]:
    """Turn each couplet into A A B: the blues repeats a line and answers it."""
    couplets = [
        (verse, verse.lines[index : index + COUPLET])
        for verse in verses
        for index in range(0, len(verse.lines) - 1, COUPLET)
    ]
    return [replace(verse, lines=(first, first, second), singers=()) for verse, (first, second) in couplets]


def lyrics_text(sections: Sequence[LyricSection]) -> str:
    """Return the sections as tagged lyrics, as they are displayed."""
    blocks = []
    for section in sections:
        tag = f"[{section.label} - rap]" if section.rap else f"[{section.label}]"
        blocks.append("\n".join([tag, *section.lines]))
    return "\n\n".join(blocks)
