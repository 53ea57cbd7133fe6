"""Which new words are sung on which of a song's tunes: sections of words laid onto sung sections.

People send a song's words back with some of them changed, or words of their own. The first are
followed line by line, wherever a line is sung; the second are laid in order onto sections of their
kind, and whatever repeats a section repeats its new words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

Words = tuple[str, Sequence[str]]  # kind, lines
Rows = list[list[str] | None]

OTHER_KIND, FIRST_PASSED = 1.0, 0.3  # what it costs to sing a verse as a chorus, and to pass over new words
IMPOSSIBLE = float("inf")


@dataclass(frozen=True)
class SungSection:
    """One section of a song in which the lead sings. `lines`: places in the list of lead lines."""

    place: int  # of the song's sections
    kind: str
    label: str
    lines: tuple[int, ...]
    texts: tuple[str, ...]


def words_by_section(
    rooms: Sequence[SungSection], sung: Sequence[Words], asked: Sequence[Words] = ()
) -> Rows:
    """The new lines of each of a song's sung sections; None: it keeps its words. `sung`: the new words;
    `asked`: those that the song was made with, of which it may have sung some twice and others not.

    Raises ValueError with a sentence where there is no room.
    """
    sung = [words for words in sung if words[1]]
    if not sung:
        raise ValueError("There is no line to sing.")
    followed = _followed(rooms, sung, asked)
    if followed is not None:
        return followed
    if len(sung) == 1 and len(sung[0][1]) > max(len(room.lines) for room in rooms):
        return _run_through(rooms, list(sung[0][1]))
    return _repeated(rooms, _laid_out(rooms, _placed(rooms, sung), sung))


def _followed(rooms: Sequence[SungSection], sung: Sequence[Words], asked: Sequence[Words]) -> Rows | None:
    """Where the new words have the shape of the old ones: each sung line with what stands in its place now.
    None where they have another shape, or something is sung that was not asked for."""
    shapes = [[(kind, len(lines)) for kind, lines in words] for words in (asked, sung)]
    if not asked or shapes[0] != shapes[1]:
        return None
    swaps = [
        (kind, dict(zip(old, new, strict=True))) for (kind, old), (_, new) in zip(asked, sung, strict=True)
    ]
    rows: Rows = []
    begun = 0
    for room in rooms:
        having = [place for place, (_, swap) in enumerate(swaps) if all(text in swap for text in room.texts)]
        if not having:
            return None
        # The planner may sing a verse as something else.
        places = [place for place in having if swaps[place][0] == room.kind] or having
        # The next section that has these words, or else the last before it: a chorus that comes back.
        place = next((place for place in places if place >= begun), places[-1])
        rows.append([swaps[place][1][text] for text in room.texts])
        begun = max(begun, place + 1)
    return rows


def _placed(rooms: Sequence[SungSection], sung: Sequence[Words]) -> list[range]:
    """The rooms of each section of words, in order: as many of its kind, and as much of what the song has
    to sing, as can be. Raises ValueError."""

    @cache
    def best(words: int, room: int) -> tuple[float, tuple[range, ...]]:
        if words == len(sung):
            return sum(_passed(rooms, number) for number in range(room, len(rooms))), ()
        if room == len(rooms):
            return IMPOSSIBLE, ()
        kind, lines = sung[words]
        found: list[tuple[float, tuple[range, ...]]] = []
        is_alike = rooms[room].kind == kind
        stop = _stop(rooms, room, len(lines))
        if stop and (is_alike or (stop == room + 1 and _fits_its_kind(rooms, kind, len(lines)))):
            cost, rest = best(words + 1, stop)
            found.append((OTHER_KIND * (not is_alike) + cost, (range(room, stop), *rest)))
        cost, rest = best(words, room + 1)
        found.append((_passed(rooms, room) + cost, rest))
        return min(found, key=lambda each: each[0])

    cost, places = best(0, 0)
    if cost == IMPOSSIBLE:
        raise ValueError(_no_room(rooms, sung))
    return list(places)


def _stop(rooms: Sequence[SungSection], start: int, count: int) -> int:
    """The room after the last that so many lines fill: a chorus that is sung twice in a row may have been
    written as one. 0 where they do not fit."""
    room = 0
    for number in range(start, len(rooms)):
        if rooms[number].kind != rooms[start].kind:
            break
        room += len(rooms[number].lines)
        if count <= room:
            return number + 1
    return 0


def _fits_its_kind(rooms: Sequence[SungSection], kind: str, count: int) -> bool:
    """Words that are too many for a verse are no chorus."""
    alike = [len(room.lines) for room in rooms if room.kind == kind]
    return not alike or count <= max(alike)


def _passed(rooms: Sequence[SungSection], number: int) -> float:
    """What it costs to give a room no words of its own: nothing where it sings an earlier one's."""
    earlier = {text for room in rooms[:number] for text in room.texts}
    return 0.0 if set(rooms[number].texts) <= earlier else FIRST_PASSED


def _laid_out(
    rooms: Sequence[SungSection], places: Sequence[range], sung: Sequence[Words]
) -> dict[int, list[str]]:
    """Room -> its lines."""
    rows: dict[int, list[str]] = {}
    for numbers, (_, lines) in zip(places, sung, strict=True):
        left = list(lines)
        for number in numbers:
            count = len(rooms[number].lines)
            rows[number], left = left[:count], left[count:]
    return rows


def _repeated(rooms: Sequence[SungSection], rows: Mapping[int, list[str]]) -> Rows:
    """Rooms without words of their own sing those of the room whose old words they sang."""
    whole: Rows = []
    for number, room in enumerate(rooms):
        if number in rows:
            whole.append(rows[number])
            continue
        like = [
            other
            for other in rows
            if rooms[other].kind == room.kind and set(room.texts) <= set(rooms[other].texts)
        ]
        if not like:
            whole.append(None)
            continue
        other = min(like, key=lambda each: (each > number, abs(each - number)))
        lines = [rooms[other].texts.index(text) for text in room.texts]
        whole.append([rows[other][line] for line in lines if line < len(rows[other])])
    return whole


def _run_through(rooms: Sequence[SungSection], lines: list[str]) -> Rows:
    rows: Rows = []
    count = len(lines)
    for room in rooms:
        rows.append(lines[: len(room.lines)])
        lines = lines[len(room.lines) :]
    if lines:
        raise ValueError(_too_many(count, sum(len(room.lines) for room in rooms), "The song"))
    return rows


def _no_room(rooms: Sequence[SungSection], sung: Sequence[Words]) -> str:
    """The first line that has no tune, and why."""
    left = list(rooms)
    for kind, lines in sung:
        if not left:
            return (
                f"The song has {len(rooms)} sung section(s), and the words have {len(sung)}: there is no tune"
                f" for the line {lines[0]!r}."
            )
        alike = [number for number, room in enumerate(left) if room.kind == kind] or [0]
        room = left[alike[0]]
        if not _stop(left, alike[0], len(lines)):
            return _too_many(len(lines), len(room.lines), room.label, lines[len(room.lines)])
        left = left[alike[0] + 1 :]
    return (
        f"The song has {len(rooms)} sung section(s), and the words have {len(sung)}, too long for some of"
        f" them: there is no tune for the line {sung[-1][1][-1]!r}."
    )


def _too_many(asked: int, count: int, where: str, line: str = "") -> str:
    end = f": there is none for {line!r}." if line else "."
    return f"{where} has room for {count} line(s), the words have {asked}{end}"
