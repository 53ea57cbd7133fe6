"""Changes of form: repeats, removes, moves, copies and adds sections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from audiomusic.engines.notation.revise.targets import SectionBars, parts_of
from audiomusic.engines.notation.tune import (
    KeyChange,
    TuneChord,
    TuneSection,
    TuneSyllable,
    WrittenNote,
    WrittenTune,
)
from audiomusic.engines.theory import Key


def in_order(tune: WrittenTune, parts: Sequence[SectionBars]) -> WrittenTune:
    """Return the tune made of its own parts, in this order."""
    size = tune.bar_ticks
    vocal: list[WrittenNote] = []
    ins: list[WrittenNote] = []
    words: list[TuneSyllable] = []
    chords: list[TuneChord] = []
    sections: list[TuneSection] = []
    keys: list[KeyChange] = []
    contents = tune.contents()
    at, key = 0, tune.key
    for part in parts:
        shift = (at - part.first) * size
        first, last = part.first * size, part.last * size
        vocal += [n._replace(onset=n.onset + shift) for n in tune.vocal if first <= n.onset < last]
        ins += [n._replace(onset=n.onset + shift) for n in tune.ins if first <= n.onset < last]
        words += [w._replace(onset=w.onset + shift) for w in tune.words if first <= w.onset < last]
        if part.label:
            sections.append(TuneSection(at, part.label))
        for bar in range(part.first, part.last):
            here = _key_at(tune, bar)
            if here != key:
                keys.append(KeyChange(at + bar - part.first, here))
                key = here
            for place, name in contents[bar].chords:
                if not chords or chords[-1].name != name:
                    chords.append(TuneChord((at + bar - part.first) * size + place, name))
        at += part.last - part.first
    return replace(
        tune, bars=at, vocal=_cut_at_next(vocal), ins=_cut_at_next(ins), words=tuple(words),
        chords=tuple(chords), sections=tuple(sections), keys=tuple(keys),
    )  # fmt: skip


def _cut_at_next(notes: Sequence[WrittenNote]) -> tuple[WrittenNote, ...]:
    """End a note that was held into a bar that no longer follows where the next note starts."""
    onsets = sorted({note.onset for note in notes})
    following = dict(zip(onsets, onsets[1:], strict=False))
    return tuple(
        note._replace(
            length=min(note.length, following.get(note.onset, note.onset + note.length) - note.onset)
        )
        for note in sorted(notes)
    )


def _key_at(tune: WrittenTune, bar: int) -> Key:
    key = tune.key
    for change in tune.keys:
        if change.bar <= bar:
            key = change.key
    return key


def relabelled(parts: Sequence[SectionBars]) -> list[SectionBars]:
    """Renumber numbered labels from 1: "Verse 1", "Verse 2"."""
    words = [re.sub(r"\s*\d+$", "", part.label) for part in parts]
    numbered = {word for word, part in zip(words, parts, strict=True) if part.label != word}
    counts: dict[str, int] = {}
    made = []
    for word, part in zip(words, parts, strict=True):
        counts[word] = counts.get(word, 0) + 1
        made.append(replace(part, label=f"{word} {counts[word]}" if word in numbered else word))
    return made


def repeated(tune: WrittenTune, named: Sequence[SectionBars], times: int = 2) -> WrittenTune:
    parts = [each for part in parts_of(tune) for each in [part] * (times if part in named else 1)]
    return in_order(tune, relabelled(parts))


def removed(tune: WrittenTune, named: Sequence[SectionBars]) -> WrittenTune:
    return in_order(tune, relabelled([part for part in parts_of(tune) if part not in named]))


def swapped(tune: WrittenTune, one: SectionBars, other: SectionBars) -> WrittenTune:
    parts = [other if part == one else one if part == other else part for part in parts_of(tune)]
    return in_order(tune, relabelled(parts))


def placed(
    tune: WrittenTune,
    part: SectionBars,
    *,
    before: SectionBars | None,
    after: SectionBars | None,
    keeps: bool,
) -> WrittenTune:
    """Copy (`keeps`) or move the part before or after another; to the end if none is named."""
    rest = [each for each in parts_of(tune) if keeps or each != part]
    anchor = before or after
    at = rest.index(anchor) + (1 if after else 0) if anchor in rest else len(rest)
    return in_order(tune, relabelled([*rest[:at], part, *rest[at:]]))
