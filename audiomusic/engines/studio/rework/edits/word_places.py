"""Match sections of new words to a song's sung sections.

People send a song's words back with some changes, or words of their own. The former are followed line by
line, wherever a line is sung. The latter are assigned in order to sections of the same kind, and a repeated
section repeats its new words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

Words = tuple[str, Sequence[str]]  # kind, lines
Rows = list[list[str] | None]

OTHER_KIND, FIRST_PASSED = 1.0, 0.3  # costs of singing a verse as a chorus and of skipping new words
IMPOSSIBLE = float("inf")


@dataclass(frozen=True)
class SungSection:
    """One section of a song in which the lead sings. `lines` are indexes into the list of lead lines."""

    place: int  # index of the song's section
    kind: str
    label: str
    lines: tuple[int, ...]
    texts: tuple[str, ...]


def words_by_section(
    rooms: Sequence[SungSection], sung: Sequence[Words], asked: Sequence[Words] = ()
) -> Rows:
    """Return the new lines of each sung section; None: it keeps its words.

    `sung` are the new words; `asked` are those that the song was requested with, of which it may have sung
    some twice and others not. Raises ValueError with a sentence if there is no room.
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
    """Replace each sung line by the line at the same place in the new words, if these have the shape of the
    old ones. Return None if the shape differs, or if something is sung that was not requested."""
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
        # The planner may sing a verse as another kind of section.
        places = [place for place in having if swaps[place][0] == room.kind] or having
        # The next section with these words, or else the last one before: a repeated chorus.
        place = next((place for place in places if place >= begun), places[-1])
        rows.append([swaps[place][1][text] for text in room.texts])
        begun = max(begun, place + 1)
    return rows


def _placed(rooms: Sequence[SungSection], sung: Sequence[Words]) -> list[range]:
    """Return the rooms of each section of words, in order, matching as many kinds and covering as much of the
    song's words as possible. Raises ValueError."""

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
    """Return the index after the last room that so many lines fill, or 0 if they do not fit. A chorus sung
    twice in a row may have been written as one."""
    room = 0
    for number in range(start, len(rooms)):
        if rooms[number].kind != rooms[start].kind:
            break
        room += len(rooms[number].lines)
        if count <= room:
            return number + 1
    return 0


def _fits_its_kind(rooms: Sequence[SungSection], kind: str, count: int) -> bool:
    """Whether the words would fit a room of their own kind, if there is one: too many lines for a verse do
    not make a chorus."""
    alike = [len(room.lines) for room in rooms if room.kind == kind]
    return not alike or count <= max(alike)


def _passed(rooms: Sequence[SungSection], number: int) -> float:
    """Return the cost of giving a room no words of its own: none if it repeats an earlier room."""
    earlier = {text for room in rooms[:number] for text in room.texts}
    return 0.0 if set(rooms[number].texts) <= earlier else FIRST_PASSED


def _laid_out(
    rooms: Sequence[SungSection], places: Sequence[range], sung: Sequence[Words]
) -> dict[int, list[str]]:
    """Map rooms to their lines."""
    rows: dict[int, list[str]] = {}
    for numbers, (_, lines) in zip(places, sung, strict=True):
        left = list(lines)
        for number in numbers:
            count = len(rooms[number].lines)
            rows[number], left = left[:count], left[count:]
    return rows


def _repeated(rooms: Sequence[SungSection], rows: Mapping[int, list[str]]) -> Rows:
    """Let rooms without words of their own sing those of the room whose old words they sang."""
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
    """Return a sentence on the first line without a melody, and why."""
    left = list(rooms)
    for kind, lines in sung:
        if not left:
            return (
                f"The song has {len(rooms)} sung section(s), and the words have {len(sung)}: there is no"
                f" melody for the line {lines[0]!r}."
            )
        alike = [number for number, room in enumerate(left) if room.kind == kind] or [0]
        room = left[alike[0]]
        if not _stop(left, alike[0], len(lines)):
            return _too_many(len(lines), len(room.lines), room.label, lines[len(room.lines)])
        left = left[alike[0] + 1 :]
    return (
        f"The song has {len(rooms)} sung section(s), and the words have {len(sung)}, too long for some of"
        f" them: there is no melody for the line {sung[-1][1][-1]!r}."
    )


def _too_many(asked: int, count: int, where: str, line: str = "") -> str:
    end = f": there is none for {line!r}." if line else "."
    return f"{where} has room for {count} line(s), the words have {asked}{end}"
