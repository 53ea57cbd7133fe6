"""Whether words fit a tune, counted without a voice: a web process asks before anything is charged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from audiomusic.engines.studio.lyrics import count_syllables, parse_lyrics, split_ad_lib

Note = tuple[float, float, float]  # onset, length, pitch

#: The shortest note that a syllable can be sung, or rapped, on.
SHORTEST_S = {"sing": 0.11, "rap": 0.07}
GUESS_SLACK = 1.35  # letters tell syllables only nearly: so many more are a plain misfit


def words_per_section(rooms: Sequence[tuple[str, int]], sung: Sequence[Sequence[str]]) -> list[list[str]]:
    """The lines of each of a song's sung sections. `rooms`: (label, lines) of them in their order; `sung`:
    new lines by section. One section of words for a song of several runs through them all.

    Raises ValueError with a sentence where there are more lines than room.
    """
    if len(sung) == 1 and len(rooms) > 1:
        rows, left = [], list(sung[0])
        for _, count in rooms:
            rows.append(left[:count])
            left = left[count:]
        if left:
            raise ValueError(_too_many(len(sung[0]), sum(count for _, count in rooms), "The song"))
        return rows
    if len(sung) > len(rooms):
        raise ValueError(
            f"The song has {len(rooms)} sung section(s), and the words have {len(sung)}: there is no tune for"
            f" the line {sung[len(rooms)][0]!r}."
        )
    rows = [list(lines) for lines in sung] + [[] for _ in rooms[len(sung) :]]
    for (label, count), row in zip(rooms, rows, strict=True):
        if len(row) > count:
            raise ValueError(_too_many(len(row), count, label or "The section", row[count]))
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
    groups: list[list[Mapping[str, Any]]] = []
    for line in leads:
        if groups and groups[-1][0]["section"] == line["section"]:
            groups[-1].append(line)
        else:
            groups.append([line])
    sung = [
        [split_ad_lib(line)[0] for line in section.lines]
        for section in parse_lyrics(lyrics, rap=rap)
        if section.lines
    ]
    try:
        rows = words_per_section([(group[0]["section"], len(group)) for group in groups], sung)
    except ValueError as error:
        return str(error)
    for group, row in zip(groups, rows, strict=True):
        for line, text in zip(group, row, strict=False):
            room = syllables_that_fit(line, kept["quarter_s"])
            if count_syllables(text) > room * GUESS_SLACK:
                return f"The line {text!r} has about {count_syllables(text)} syllables; {room} fit."
    return ""


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
