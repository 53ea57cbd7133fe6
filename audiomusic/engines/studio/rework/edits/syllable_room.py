"""Check without a voice whether words fit a melody: a web process asks before it charges anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from audiomusic.engines.studio.lyrics import count_syllables, parse_lyrics, split_ad_lib
from audiomusic.engines.studio.rework.edits.word_places import SungSection, words_by_section

Note = tuple[float, float, float]  # onset, length, pitch

#: The shortest note on which a syllable can be sung or rapped.
SHORTEST_S = {"sing": 0.11, "rap": 0.07}
GUESS_SLACK = 1.35  # syllables estimated from letters: this factor too many is a clear misfit


def sung_sections(
    sections: Sequence[tuple[str, str, float]], leads: Sequence[tuple[str, float, str]]
) -> list[SungSection]:
    """Return the sung sections in order.

    `sections`: (kind, label, onset); `leads`: (section label, middle, text), in chronological order. Two
    sections may share a label: a line belongs to the one that contains its middle, because it may start
    before its section.
    """
    found: dict[int, list[int]] = {}
    for number, (label, middle, _) in enumerate(leads):
        named = [(place, start) for place, (_, name, start) in enumerate(sections) if name == label]
        begun = [place for place, start in named if start <= middle] or [place for place, _ in named[:1]]
        found.setdefault((begun or [0])[-1], []).append(number)
    return [
        SungSection(place, *sections[place][:2], tuple(lines), tuple(leads[line][2] for line in lines))
        for place, lines in sorted(found.items())
    ]


def line_middle(onsets: Sequence[float], lengths: Sequence[float]) -> float:
    return (onsets[0] + onsets[-1] + lengths[-1]) / 2


def tied_to(notes: Sequence[Note], count: int, shortest: float) -> list[Note]:
    """Return `count` notes in place of these. `shortest` is in quarters. Raises ValueError that says how many
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
    """Tie the two neighbours closest in pitch, the shortest of them; the outer notes keep their pitch."""
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


class LineFit(TypedDict):
    """New words for one line's notes. `syllables` is estimated from letters; `room` is how many can be sung
    if long notes are split."""

    line: str
    instead_of: str
    syllables: int
    notes: int
    room: int


def misfit(kept: Mapping[str, Any], lyrics: str) -> str:
    """Return a sentence on what clearly does not fit a kept score's melody, or "". The voice, which counts
    syllables as it sings them, decides finally."""
    try:
        fits = fit_of(kept, lyrics)
    except ValueError as error:
        return str(error)
    for fit in fits:
        if fit["syllables"] > fit["room"] * GUESS_SLACK:
            return f"The line {fit['line']!r} has about {fit['syllables']} syllables; {fit['room']} fit."
    return ""


def fit_of(kept: Mapping[str, Any], lyrics: str) -> list[LineFit]:
    """Return each line of a kept score that gets other words, once. Raises ValueError with a sentence if some
    words have no melody."""
    score, plan = kept["exact"]["score"], kept["exact"].get("plan") or {}
    leads = [line for line in score["vocals"] if line["role"] == "lead"]
    if not leads:
        raise ValueError("No one sings in this song, so there is no melody for the words.")
    is_rap = plan.get("kind") == "rap"
    sections = [(row["kind"], row["label"], row["onset"]) for row in score["sections"]]
    rows = [(line["section"], line_middle(line["onsets"], line["lengths"]), line["text"]) for line in leads]
    rooms = sung_sections(sections, rows)
    new, asked = (sung_lines(text, rap=is_rap) for text in (lyrics, plan.get("lyrics") or ""))
    fits: dict[tuple[str, str, int], LineFit] = {}
    for room, words in zip(rooms, words_by_section(rooms, new, asked), strict=True):
        for number, text in zip(room.lines, words or (), strict=False):
            line = leads[number]
            if text == line["text"]:
                continue
            fit = _fit(line, text, kept["quarter_s"])
            known = fits.get((text, line["text"], fit["notes"]))
            if known is None or fit["room"] < known["room"]:
                fits[text, line["text"], fit["notes"]] = fit
    return list(fits.values())


def _fit(line: Mapping[str, Any], text: str, quarter_s: float) -> LineFit:
    """Estimate the syllables of the new words. If the estimate equals that of the old words, use the voice's
    known count for those."""
    counted, sung = count_syllables(line["text"]), len(line["onsets"])
    count = count_syllables(text)
    return LineFit(
        line=text,
        instead_of=line["text"],
        syllables=sung if count == counted else count,
        notes=sung,
        room=syllables_that_fit(line, quarter_s),
    )


def sung_lines(lyrics: str, *, rap: bool) -> list[tuple[str, list[str]]]:
    """Return (kind, lines without ad-libs) of each section with words."""
    return [
        (section.kind, [split_ad_lib(line)[0] for line in section.lines])
        for section in parse_lyrics(lyrics, rap=rap)
        if section.lines
    ]


def syllables_that_fit(line: Mapping[str, Any], quarter_s: float) -> int:
    """Return how many syllables fit: each note can be halved repeatedly as long as the halves can be sung."""
    shortest = SHORTEST_S[line["style"]] / quarter_s
    room = 0
    for length in line["lengths"]:
        pieces = 1
        while length / (2 * pieces) >= shortest:
            pieces *= 2
        room += pieces
    return room
