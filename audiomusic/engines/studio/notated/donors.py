"""The donors: which bar of the old score gives each bar of an edited melody its band."""

from __future__ import annotations

from difflib import SequenceMatcher

from audiomusic.engines.notation.tune import WrittenTune


def donors_of(before: WrittenTune, after: WrittenTune) -> list[int]:
    """Return a bar for each bar of `after`: the same one if no bar was added or removed. Otherwise equal
    bars are matched in order, and a new one gets the band of an equal bar, of its section, or of the bar
    before."""
    old, new = _names(before), _names(after)
    if len(old) == len(new) and [name[:1] for name in old] == [name[:1] for name in new]:
        return list(range(len(new)))
    found: list[int | None] = [None] * len(new)
    for tag, first, last, start, stop in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal" or tag == "replace" and last - first == stop - start:
            found[start:stop] = range(first, last)
    elsewhere = {name[1:]: place for place, name in reversed(list(enumerate(old)))}
    for bar, name in enumerate(new):
        if found[bar] is None:
            found[bar] = elsewhere.get(name[1:])
    return _filled(found, before, after)


def _names(tune: WrittenTune) -> list[tuple[object, ...]]:
    """Return what identifies each bar: its section, notes and chords."""
    return [
        (tune.label_at(bar), content.vocal, content.ins, content.chords)
        for bar, content in enumerate(tune.contents())
    ]


def _filled(found: list[int | None], before: WrittenTune, after: WrittenTune) -> list[int]:
    by_label: dict[str, list[int]] = {}
    for bar in range(before.bars):
        by_label.setdefault(before.label_at(bar), []).append(bar)
    made: list[int] = []
    place = 0
    for bar, donor in enumerate(found):
        label = after.label_at(bar)
        place = place + 1 if bar and after.label_at(bar - 1) == label else 0
        if donor is None:
            rooms = by_label.get(label)
            donor = rooms[place % len(rooms)] if rooms else min(before.bars - 1, made[-1] + 1 if made else 0)
        made.append(donor)
    return made
