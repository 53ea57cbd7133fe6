"""Whether words fit a tune, counted without a voice: a web process asks before anything is charged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audiomusic.engines.studio.lyrics import count_syllables, parse_lyrics, split_ad_lib

Note = tuple[float, float, float]  # onset, length, pitch

#: The shortest note that a syllable can be sung, or rapped, on.
SHORTEST_S = {"sing": 0.11, "rap": 0.07}
PICKUP_QUARTERS = 3.0  # a line may begin so long before its section
GUESS_SLACK = 1.35  # letters tell syllables only nearly: so many more are a plain misfit


@dataclass(frozen=True)
class SungSection:
    """One section of a song in which the lead sings. `lines`: places in the list of lead lines."""

    place: int  # of the song's sections
    kind: str
    label: str
    lines: tuple[int, ...]
    texts: tuple[str, ...]


def sung_sections(
    sections: Sequence[tuple[str, str, float]], leads: Sequence[tuple[str, float, str]]
) -> list[SungSection]:
    """The sections that are sung, in their order. `sections`: (kind, label, onset); `leads`: (section's
    label, onset, text), in the order of time. Two sections may have one label: a line belongs to the last
    of them that has begun, but for its pickup."""
    found: dict[int, list[int]] = {}
    for number, (label, onset, _) in enumerate(leads):
        begun = [
            place
            for place, (_, name, start) in enumerate(sections)
            if name == label and start <= onset + PICKUP_QUARTERS
        ]
        named = [place for place, (_, name, _) in enumerate(sections) if name == label]
        found.setdefault((begun or named or [0])[-1 if begun else 0], []).append(number)
    return [
        SungSection(place, *sections[place][:2], tuple(lines), tuple(leads[line][2] for line in lines))
        for place, lines in sorted(found.items())
    ]


def words_by_section(
    rooms: Sequence[SungSection], sung: Sequence[tuple[str, Sequence[str]]]
) -> list[list[str] | None]:
    """The new lines of each of a song's sung sections; None: it keeps its words. `sung`: (kind, lines) of
    the new words.

    Words go to the next section of their kind, and to all that repeat it; one section of words that is
    longer than its own runs through the song. Raises ValueError with a sentence where there is no room.
    """
    distinct = [room for number, room in enumerate(rooms) if room.texts not in _texts(rooms[:number])]
    if len(sung) == 1 and len(sung[0][1]) > max(len(room.lines) for room in rooms):
        return _run_through(rooms, list(sung[0][1]))
    targets = list(rooms) if len(sung) == len(rooms) else distinct
    rows: dict[tuple[str, ...], list[str]] = {}
    by_place: dict[int, list[str]] = {}
    for kind, lines in sung:
        alike = [room for room in targets if room.kind == kind]
        room = (alike or targets or [None])[0]
        if room is None:
            raise ValueError(
                f"The song has {len(rooms)} sung section(s), and the words have {len(sung)}: there is no tune"
                f" for the line {lines[0]!r}."
            )
        if len(lines) > len(room.lines):
            raise ValueError(_too_many(len(lines), len(room.lines), room.label, lines[len(room.lines)]))
        targets = targets[targets.index(room) + 1 :]
        by_place[room.place] = list(lines)
        rows.setdefault(room.texts, list(lines))
    return [by_place.get(room.place, rows.get(room.texts)) for room in rooms]


def _texts(rooms: Sequence[SungSection]) -> set[tuple[str, ...]]:
    return {room.texts for room in rooms}


def _run_through(rooms: Sequence[SungSection], lines: list[str]) -> list[list[str] | None]:
    rows: list[list[str] | None] = []
    count = len(lines)
    for room in rooms:
        rows.append(lines[: len(room.lines)])
        lines = lines[len(room.lines) :]
    if lines:
        raise ValueError(_too_many(count, sum(len(room.lines) for room in rooms), "The song"))
    return rows


def _too_many(asked: int, count: int, where: str, line: str = "") -> str:
    end = f": there is none for {line!r}." if line else "."
    return f"{where} has room for {count} line(s), the words have {asked}{end}"


def tied_to(notes: Sequence[Note], count: int, shortest: float) -> list[Note]:
    """So many notes in the place of these. `shortest`: quarters. Raises ValueError that says how many
    fit."""
    notes = list(notes)
    while len(notes) > max(count, 1):
        notes = _tied(notes)
    while len(notes) < count:
        place = max(range(len(notes)), key=lambda index: notes[index][1])
        onset, length, pitch = notes[place]
        if length / 2 < shortest:
            raise ValueError(f"{len(notes)} fit.")
        half = length / 2
        notes[place : place + 1] = [(onset, half, pitch), (onset + half, half, pitch)]
    return notes


def _tied(notes: list[Note]) -> list[Note]:
    """Two neighbours as one: those nearest in pitch, the shortest of them; the first and last note keep
    their pitch."""
    if len(notes) == 2:
        (onset, _, pitch), (last, length, _) = notes
        return [(onset, last + length - onset, pitch)]

    def cost(place: int) -> tuple[float, float]:
        one, two = notes[place], notes[place + 1]
        return abs(one[2] - two[2]), one[1] + two[1]

    place = min(range(len(notes) - 1), key=cost)
    one, two = notes[place], notes[place + 1]
    pitch = two[2] if place + 1 == len(notes) - 1 else one[2]
    notes[place : place + 2] = [(one[0], two[0] + two[1] - one[0], pitch)]
    return notes


def misfit(kept: Mapping[str, Any], lyrics: str, *, rap: bool = False) -> str:
    """What plainly does not fit the tune of a kept score, in a sentence; "" where nothing does. The last
    word is the voice's, who counts syllables as it sings them."""
    score = kept["exact"]["score"]
    leads = [line for line in score["vocals"] if line["role"] == "lead"]
    if not leads:
        return "Nobody sings in this song, so there is no tune for the words."
    sections = [(row["kind"], row["label"], row["onset"]) for row in score["sections"]]
    rooms = sung_sections(sections, [(line["section"], line["onsets"][0], line["text"]) for line in leads])
    try:
        rows = words_by_section(rooms, sung_lines(lyrics, rap=rap))
    except ValueError as error:
        return str(error)
    for room, row in zip(rooms, rows, strict=True):
        for number, text in zip(room.lines, row or (), strict=False):
            fitting = syllables_that_fit(leads[number], kept["quarter_s"])
            if count_syllables(text) > fitting * GUESS_SLACK:
                return f"The line {text!r} has about {count_syllables(text)} syllables; {fitting} fit."
    return ""


def sung_lines(lyrics: str, *, rap: bool) -> list[tuple[str, list[str]]]:
    """(kind, lines without their ad-libs) of each section that has words."""
    return [
        (section.kind, [split_ad_lib(line)[0] for line in section.lines])
        for section in parse_lyrics(lyrics, rap=rap)
        if section.lines
    ]


def syllables_that_fit(line: Mapping[str, Any], quarter_s: float) -> int:
    """Each note may be halved again and again, as long as its halves can be sung."""
    shortest = SHORTEST_S[line["style"]] / quarter_s
    room = 0
    for length in line["lengths"]:
        pieces = 1
        while length / (2 * pieces) >= shortest:
            pieces *= 2
        room += pieces
    return room
