"""Finds parts of a song in a caption: "until the chorus", "in the second verse", "サビまで", "at the end"."""

from __future__ import annotations

from audiomusic.engines.captions.items import Item
from audiomusic.engines.captions.lexicon import PhraseMeaning

MOST_FILLERS = 4  # between "until" and its section


def with_places(items: list[Item]) -> list[Item]:
    """Join each place into one item, so that its section requests nothing by itself."""
    found: list[Item] = []
    at = 0
    while at < len(items):
        place = _place(items, at)
        if place is None:
            found.append(items[at])
            at += 1
        else:
            end, item = place
            found.append(item)
            at = end
    return found


def _place(items: list[Item], at: int) -> tuple[int, Item] | None:
    item = items[at]
    if whole := item.meanings.get("place"):
        return at + 1, Item(item.start, item.end, {"place": whole}, text=item.text)
    if edge := item.meanings.get("edge"):
        return at + 1, _made(items, at, at + 1, "in", (edge.name,))
    when = item.meanings.get("when")
    start = at + 1 if when else at
    found = _sections(items, start)
    if found is None:
        return None
    end, sections = found
    behind = items[end].meanings.get("when_behind") if end < len(items) else None
    if behind is not None:
        return end + 1, _made(items, at, end + 1, behind.name, sections)
    return (end, _made(items, at, end, when.name, sections)) if when else None


def _made(items: list[Item], at: int, end: int, reach: str, sections: tuple[str, ...]) -> Item:
    meanings = {"place": PhraseMeaning("place", reach, sections)}
    meanings |= {kind: said for kind, said in items[at].meanings.items() if kind in ("enter", "leave")}
    return Item(items[at].start, items[end - 1].end, meanings, text=items[at].text)


def _sections(items: list[Item], at: int) -> tuple[int, tuple[str, ...]] | None:
    """Read the sections that start here, skipping articles and ordinals: "the second verse and the last
    chorus"."""
    found: list[str] = []
    end = at
    while (one := _section(items, end)) is not None:
        end, name = one
        found.append(name)
        joint = items[end] if end < len(items) else None
        if joint is None or not joint.signs & {"and", "or"} or _section(items, end + 1) is None:
            break
        end += 1
    return (end, tuple(found)) if found else None


def _section(items: list[Item], at: int) -> tuple[int, str] | None:
    number, start = "", at
    while at < len(items) and at - start <= MOST_FILLERS:
        item = items[at]
        if ordinal := item.meanings.get("ordinal"):
            number = ordinal.name
        elif section := item.meanings.get("section"):
            name = section.name.removeprefix("instrumental_")
            following = items[at + 1].text if at + 1 < len(items) else ""
            if not number and following.isdecimal() and following.isascii() and len(following) == 1:
                return at + 2, f"{name}:{following}"
            return at + 1, f"{name}:{number}" if number else name
        elif item.kind or item.is_comma or item.is_stop or not item.is_filler:
            return None
        at += 1
    return None
