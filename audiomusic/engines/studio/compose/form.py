"""Song form: which sections there are, how long they are, and how they fill a requested length.

Lengths are planned in phrases of about eight seconds, so that the same habits work at any tempo and in any
metre. A sung line takes about half a phrase.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from audiomusic.engines.base import Kind
from audiomusic.engines.studio.compose.genres import FormHabits
from audiomusic.engines.studio.lyrics import LyricSection, count_syllables, split_ad_lib
from audiomusic.engines.studio.score import Metre, SectionKind

PHRASE_S = 8.5
SECTION_ENERGY: dict[SectionKind, float] = {
    "intro": 0.35, "verse": 0.52, "prechorus": 0.64, "chorus": 0.86, "hook": 0.8, "bridge": 0.48,
    "solo": 0.72, "breakdown": 0.3, "drop": 1.0, "outro": 0.42,
}  # fmt: skip
#: Comfortable seconds per syllable and per breath of a line, and the least time a syllable gets.
SYLLABLE_S = {False: 0.33, True: 0.19}  # keyed by rap
BREATH_S = {False: 0.9, True: 0.3}
UNHURRIED_SYLLABLE_S = {False: 0.18, True: 0.12}  # left to the longest line unless time is short
TIGHT_SYLLABLE_S = {False: 0.17, True: 0.115}
MARKED_PHRASES: dict[SectionKind, int] = {
    "verse": 2,
    "chorus": 2,
    "solo": 2,
    "drop": 2,
}  # used if the genre has no habit
WIDEST_FRAME = 0.45  # maximum share of intro and outro in a piece
RAP_BARS = 4  # rap verses come in multiples of this
STANZA_LINE_BARS = (2.0, 3.0, 4.0, 6.0)  # possible lengths of a line in a stanza
MAX_SECTIONS = 200


@dataclass(frozen=True)
class PlannedSection:
    """One section of the form. `lines` are sung from its start, each `line_bars` long."""

    kind: SectionKind
    label: str
    bars: float
    energy: float
    lines: tuple[str, ...] = ()
    line_bars: float = 0.0
    rap: bool = False
    lift: int = 0  # semitones above the song's key
    finale: bool = False  # the last chorus or drop, with the whole band
    cast: tuple[tuple[int, ...], ...] = ()  # a row per line: indexes of the plan's singers, the lead first

    def singers_of(self, index: int) -> tuple[int, ...]:
        """Return the indexes of a line's singers."""
        return self.cast[index] if index < len(self.cast) else (0,)


@dataclass(frozen=True)
class Form:
    sections: tuple[PlannedSection, ...]
    unsung: tuple[str, ...] = ()  # lines that did not fit

    @property
    def bars(self) -> float:
        return sum(section.bars for section in self.sections)


def phrase_bars(metre: Metre) -> int:
    """Return the bars in a phrase: the power of two closest to 8.5 seconds."""
    return int(2 ** max(0, min(5, round(math.log2(PHRASE_S / metre.bar_s)))))


def natural_form(lyrics: Sequence[LyricSection], habits: FormHabits, metre: Metre, kind: Kind) -> Form:
    """Return the form that these lyrics, or their absence, lead to without a length limit."""
    phrase = phrase_bars(metre)
    if not lyrics:
        named = [_instrumental(kind, count * phrase) for kind, count in _body(habits)]
        return Form(_shape(_framed(named, habits, phrase)))
    if not any(section.lines for section in lyrics):
        return Form(_shape(_marked(lyrics, habits, phrase)))
    sections = [_planned(section, habits, metre, phrase) for section in lyrics]
    if kind == "vocals":
        return Form(_shape([section for section in sections if section.lines]))
    return Form(_shape(_framed(sections, habits, phrase)))


def _body(habits: FormHabits) -> list[tuple[SectionKind, int]]:
    return [(kind, count) for kind, count in habits.instrumental]  # type: ignore[misc]


def _marked(marks: Sequence[LyricSection], habits: FormHabits, phrase: int) -> list[PlannedSection]:
    """Return exactly the sections that bare section tags name, each as long as the genre likes it."""
    usual: dict[SectionKind, int] = dict(_body(habits))
    usual = {"intro": habits.intro, "outro": habits.outro, **usual}
    counts = [usual.get(mark.kind) or MARKED_PHRASES.get(mark.kind, 1) for mark in marks[:MAX_SECTIONS]]
    return [
        replace(_instrumental(mark.kind, count * phrase), label=mark.label)
        for mark, count in zip(marks, counts, strict=False)
    ]


def _instrumental(kind: SectionKind, bars: float) -> PlannedSection:
    return PlannedSection(kind, kind.capitalize(), bars, SECTION_ENERGY[kind])


def _theme(bars: float) -> PlannedSection:
    return replace(_instrumental("hook", bars), label="Theme")


def _framed(sections: list[PlannedSection], habits: FormHabits, phrase: int) -> list[PlannedSection]:
    """Add an intro and an outro if they are missing."""
    if sections[0].kind != "intro" and habits.intro:
        sections = [_instrumental("intro", habits.intro * phrase), *sections]
    if sections[-1].kind != "outro" and habits.outro:
        sections = [*sections, _instrumental("outro", habits.outro * phrase)]
    return sections


def _planned(section: LyricSection, habits: FormHabits, metre: Metre, phrase: int) -> PlannedSection:
    energy = SECTION_ENERGY[section.kind]
    if not section.lines:
        bars = phrase * (2 if section.kind in ("solo", "drop") else 1)
        if habits.stanza and section.kind == "solo":
            bars = habits.stanza
        return PlannedSection(section.kind, section.label, bars, energy)
    line_bars = _line_bars(section, metre, phrase, habits.pace)
    if habits.stanza and section.kind == "verse" and not section.rap:
        shared = habits.stanza / len(section.lines)
        line_bars = shared if shared in STANZA_LINE_BARS else line_bars
    bars = _whole_bars(len(section.lines) * line_bars, section.rap)
    if phrase >= 2 and bars > 2:
        bars += bars % 2
    planned = PlannedSection(section.kind, section.label, bars, energy, section.lines, line_bars, section.rap)
    return replace(planned, cast=section.cast)


def section_bars(section: LyricSection, habits: FormHabits, metre: Metre) -> float:
    """Return the natural length of a song's section in bars."""
    return _planned(section, habits, metre, phrase_bars(metre)).bars


def _line_bars(section: LyricSection, metre: Metre, phrase: int, pace: float) -> float:
    """Return the bars per line: the power of two that best suits the median line at the song's pace."""
    counts = sorted(max(1, count_syllables(line)) for line in section.lines)
    usual = counts[len(counts) // 2]
    wanted_s = usual * SYLLABLE_S[section.rap] * (1.0 if section.rap else pace) + BREATH_S[section.rap]
    least_s = counts[-1] * UNHURRIED_SYLLABLE_S[section.rap] + BREATH_S[section.rap]
    options = [phrase / 4, phrase / 2, float(phrase)]
    options = [bars for bars in options if bars * metre.bar_s >= least_s] or options[-1:]
    return min(options, key=lambda bars: abs(math.log(bars * metre.bar_s / wanted_s)))


def _shape(sections: Sequence[PlannedSection]) -> tuple[PlannedSection, ...]:
    """Shape the energy: later verses rise a little, and the last chorus is the climax."""
    shaped = list(sections)
    seen: dict[str, int] = {}
    for index, section in enumerate(shaped):
        times = seen.get(section.kind, 0)
        seen[section.kind] = times + 1
        lift = min(times, 2) * (0.05 if section.kind in ("verse", "chorus", "prechorus") else 0.0)
        energy = min(1.0, SECTION_ENERGY[section.kind] + lift)
        shaped[index] = replace(section, energy=energy, finale=False)
    for index in range(len(shaped) - 1, -1, -1):
        if shaped[index].kind in ("chorus", "drop"):
            shaped[index] = replace(shaped[index], energy=1.0, finale=len(shaped) > 2)
            break
    return tuple(shaped)


def lift_finale(sections: Sequence[PlannedSection], semitones: int) -> tuple[PlannedSection, ...]:
    """Put the last chorus and what follows in a higher key, if a chorus in the home key came before."""
    choruses = [index for index, section in enumerate(sections) if section.kind == "chorus"]
    if len(choruses) < 2:
        return tuple(sections)
    last = choruses[-1]
    return (*sections[:last], *(replace(section, lift=semitones) for section in sections[last:]))


def fit_form(form: Form, bars: float, metre: Metre, kind: Kind) -> Form:
    """Make the form exactly `bars` long: thin it out, sing faster and cut lines, or extend it."""
    if bars <= 0:
        return Form((), tuple(_all_lines(form.sections)))
    sections = list(form.sections)
    if bars < 1.5 * phrase_bars(metre) and not _all_lines(sections):
        return Form(_shape([_theme(bars)]))
    if form.bars > bars:
        sections = _thin_out(sections, bars)
    if _total(sections) > bars:
        sections = _sing_faster(sections, metre)
    fitted, unsung = _cut_lines(sections, bars)
    fitted = _grow(fitted, bars, phrase_bars(metre), kind)
    return Form(_shape(fitted), tuple(unsung))


def _total(sections: Sequence[PlannedSection]) -> float:
    return sum(section.bars for section in sections)


def _all_lines(sections: Sequence[PlannedSection]) -> list[str]:
    return [line for section in sections for line in section.lines]


def _thin_out(sections: list[PlannedSection], bars: float) -> list[PlannedSection]:
    """Halve sections without words, then drop them, from least to most important."""
    sections = list(sections)
    sung = any(section.lines for section in sections)
    worth = _sung_worth if sung else _band_worth
    order = sorted(range(len(sections)), key=lambda index: (worth(sections, index), -index))
    for keep in (0.5, 0.25, 0.0) if sung else (0.5, 0.0):
        for index in order:
            section = sections[index]
            if _total(sections) <= bars:
                return _without_wide_frame([section for section in sections if section.bars > 0])
            if not section.lines and (keep or sung or index != order[-1]):
                sections[index] = replace(section, bars=math.ceil(section.bars * keep))
    return _without_wide_frame([section for section in sections if section.bars > 0])


def _without_wide_frame(sections: list[PlannedSection]) -> list[PlannedSection]:
    """Drop intro and outro if they would take up nearly half of a piece without words."""
    body = [section for section in sections if section.kind not in ("intro", "outro")]
    is_wide = _total(body) < (1 - WIDEST_FRAME) * _total(sections)
    return body if body and is_wide and not _all_lines(sections) else sections


def _sung_worth(sections: list[PlannedSection], index: int) -> int:
    """Rank sections without words in a song with words: intro and outro matter more than interludes."""
    return int(sections[index].kind in ("intro", "outro"))


def _band_worth(sections: list[PlannedSection], index: int) -> int:
    """Rank sections of a piece without words, from first to last to go: detours, repeats, intro and outro,
    the verse, the chorus."""
    kind = sections[index].kind
    if kind in ("chorus", "drop", "hook", "verse"):
        is_repeat = any(section.kind == kind for section in sections[:index])
        return 1 if is_repeat else 3 if kind == "verse" else 4
    return 2 if kind in ("intro", "outro") else 0


def _sing_faster(sections: list[PlannedSection], metre: Metre) -> list[PlannedSection]:
    """Halve the bars of lines where the words still fit."""
    return [_halved(section, metre) if section.lines else section for section in sections]


def _halved(section: PlannedSection, metre: Metre) -> PlannedSection:
    most = max(count_syllables(split_ad_lib(line)[0]) for line in section.lines)
    line_bars = section.line_bars
    if line_bars / 2 * metre.bar_s < most * TIGHT_SYLLABLE_S[section.rap] + 0.3:
        return section
    return replace(
        section, line_bars=line_bars / 2, bars=_whole_bars(len(section.lines) * line_bars / 2, section.rap)
    )


def _cut_lines(sections: list[PlannedSection], bars: float) -> tuple[list[PlannedSection], list[str]]:
    """Keep whole lines from the start while they fit. Return the sections and the lines left out."""
    kept: list[PlannedSection] = []
    unsung: list[str] = []
    room = bars
    for section in sections:
        if not section.lines:
            size = min(section.bars, room)
            kept += [replace(section, bars=size)] if size > 0 else []
        else:
            count = min(len(section.lines), int((room + 1e-9) / section.line_bars))
            if section.rap and section.bars > room + 1e-9 and (kept or room >= RAP_BARS):
                count = min(count, int(room // RAP_BARS * RAP_BARS / section.line_bars))
            unsung += section.lines[count:]
            size = _cut_bars(section, count, room)
            shorter = replace(section, bars=size, lines=section.lines[:count], cast=section.cast[:count])
            kept += [shorter] if count else []
        room -= size if kept and size > 0 else 0
    return kept, unsung


def _cut_bars(section: PlannedSection, count: int, room: float) -> float:
    """Return the bars of a section after it is cut to `count` lines."""
    if section.rap and room >= RAP_BARS:
        return min(section.bars, room // RAP_BARS * RAP_BARS, _whole_bars(count * section.line_bars, True))
    return min(section.bars if count == len(section.lines) else count * section.line_bars, room)


def _grow(sections: list[PlannedSection], bars: float, phrase: int, kind: Kind) -> list[PlannedSection]:
    """Add solos and repeats before the outro until the length is reached exactly."""
    if not sections:
        return [_theme(bars)]
    outro = [sections.pop()] if sections[-1].kind == "outro" and len(sections) > 1 else []
    body = [section for section in sections if section.kind != "intro"] or list(sections)
    room = bars - _total(sections) - _total(outro)
    grown = True
    turn = 0
    while grown and len(sections) < MAX_SECTIONS:
        extras = _another_round(body, phrase, turn, kind, room)
        grown = bool(extras)
        sections += extras
        room -= _total(extras)
        turn += 1
    return _spend(sections + outro, room, phrase, kind)


def _another_round(
    body: list[PlannedSection], phrase: int, turn: int, kind: Kind, room: float
) -> list[PlannedSection]:
    """Return the body's sections that fit once more. With words: a solo first, always a chorus to close."""
    sung = [section for section in body if section.lines]
    if not sung or kind == "vocals":
        return _fitting(body, room)
    closing = _closing(next((s for s in reversed(sung) if s.kind in ("chorus", "hook")), sung[-1]), room)
    solo = _instrumental("breakdown" if turn % 2 else "solo", phrase if turn % 2 else 2 * phrase)
    between = _fitting([solo] if turn == 0 else [solo, *sung[:-1]], room - closing.bars)
    return [*between, closing] if closing.bars <= room + 1e-9 else []


def _closing(chorus: PlannedSection, room: float) -> PlannedSection:
    """Return the chorus, or the first half of its lines if only that fits."""
    count = len(chorus.lines) // 2
    bars = _whole_bars(count * chorus.line_bars, chorus.rap)
    if chorus.bars <= room + 1e-9 or not count or bars >= chorus.bars:
        return chorus
    return replace(chorus, lines=chorus.lines[:count], cast=chorus.cast[:count], bars=bars)


def _whole_bars(bars: float, rap: bool) -> int:
    """Round up to whole bars, or to a multiple of four if rapped."""
    whole = math.ceil(bars - 1e-9)
    return math.ceil(whole / RAP_BARS) * RAP_BARS if rap else whole


def _fitting(sections: Sequence[PlannedSection], room: float) -> list[PlannedSection]:
    """Return the sections, in order, that still fit."""
    chosen: list[PlannedSection] = []
    taken = 0.0
    for section in sections:
        if taken + section.bars <= room + 1e-9:
            chosen.append(section)
            taken += section.bars
    return chosen


def _spend(sections: list[PlannedSection], room: float, phrase: int, kind: Kind) -> list[PlannedSection]:
    """Distribute the last few bars: to the intro, the outro and sections without words."""
    if room <= 1e-9:
        return sections
    if kind == "vocals" and any(section.lines for section in sections):
        return _spend_on_lines(sections, room)
    free = [index for index, section in enumerate(sections) if not section.lines]
    outer = [index for index in free if sections[index].kind in ("outro", "intro")]
    if not outer:
        return _spend(_with_edges(sections, room, phrase), room, phrase, kind)
    first = outer[-1]
    for index in [first, *[index for index in outer if index != first], first]:
        share = room if index == outer[-1] and room <= phrase else min(room, phrase)
        sections[index] = replace(sections[index], bars=sections[index].bars + share)
        room -= share
        if room <= 1e-9:
            return sections
    sections[first] = replace(sections[first], bars=sections[first].bars + room)
    return sections


def _with_edges(sections: list[PlannedSection], room: float, phrase: int) -> list[PlannedSection]:
    """Add an empty intro and, if many bars are left, an empty outro."""
    outro = [_instrumental("outro", 0.0)] if room > phrase else []
    return [_instrumental("intro", 0.0), *sections, *outro]


def _spend_on_lines(sections: list[PlannedSection], room: float) -> list[PlannedSection]:
    """Fill the room without a band: repeat as many lines of the chorus as fit."""
    source = next((s for s in reversed(sections) if s.kind == "chorus"), sections[-1])
    count = min(len(source.lines), int((room + 1e-9) / source.line_bars))
    if count:
        tag = replace(source, lines=source.lines[-count:], bars=count * source.line_bars, label="Tag")
        tag = replace(tag, cast=source.cast[-count:])
        sections = [*sections, tag]
        room -= tag.bars
    sections[-1] = replace(sections[-1], bars=sections[-1].bars + room)
    return sections
