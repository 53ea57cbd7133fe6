"""The sung lines of an edited melody: those sung as before, and those that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from audiomusic.engines.base import EngineError
from audiomusic.engines.notation.tune import QUARTER_TICKS, TuneSyllable, WrittenNote, WrittenTune
from audiomusic.engines.notation.words import text_of
from audiomusic.engines.studio.notated.view import line_notes, sung_lines
from audiomusic.engines.studio.score import Score, VocalLine

INVALID = "invalid_score"
HUMMED, DEFAULT_LANGUAGE = "la", "en"
PHRASE_REST = 8  # ticks of rest that end a new line
MOST_NOTES = 14


def sung_again(
    score: Score, tune: WrittenTune, before: WrittenTune, donors: Sequence[int]
) -> list[VocalLine]:
    """Return the sung lines. Raises EngineError if a line does not have one note per syllable."""
    is_in_place = list(donors) == list(range(before.bars))
    if is_in_place and tune.vocal == before.vocal and tune.words in ((), before.words):
        return list(score.vocals)
    leads = sung_lines(score.vocals)
    size = score.metre.bar_quarters
    company_of = _companies(score, leads)
    placed: list[tuple[VocalLine, list[VocalLine]]] = []  # a lead at its new position, and who sings with it
    for line in leads:
        company = company_of[id(line)]
        for shift in _shifts(line, donors, size):
            placed.append((_shifted(line, shift), [_shifted(each, shift) for each in company]))
    placed.sort(key=lambda row: row[0].onsets[0])
    shares, loose = _shared(placed, tune.vocal)
    texts = {word.onset: word for word in tune.words}
    made: list[VocalLine] = []
    for (line, company), notes in zip(placed, shares, strict=True):
        if notes:
            made += _resung(line, company, notes, texts, tune)
    for phrase in _phrases(loose):
        made.append(_new_line(phrase, texts, score, tune))
    return sorted(made, key=lambda line: line.onsets[0])


def _companies(score: Score, leads: Sequence[VocalLine]) -> dict[int, list[VocalLine]]:
    """Map each lead to the lines sung with or beside it: each goes with the lead of the closest start."""
    found: dict[int, list[VocalLine]] = {id(line): [] for line in leads}
    for each in score.vocals:
        if id(each) not in found and each.onsets and leads:
            nearest = min(leads, key=lambda line: abs(line.onsets[0] - each.onsets[0]))
            found[id(nearest)].append(each)
    return found


def _shifts(line: VocalLine, donors: Sequence[int], size: float) -> list[float]:
    """Return the shifts of a line, one for each bar whose donor is the bar of the line's middle."""
    middle = line.onsets[len(line.onsets) // 2]
    home = int(middle / size + 1e-6)
    return [(bar - donor) * size for bar, donor in enumerate(donors) if donor == home]


def _shifted(line: VocalLine, shift: float) -> VocalLine:
    return replace(line, onsets=[onset + shift for onset in line.onsets]) if shift else line


def _shared(
    placed: Sequence[tuple[VocalLine, object]], notes: Sequence[WrittenNote]
) -> tuple[list[list[WrittenNote]], list[WrittenNote]]:
    """Assign the melody's notes to lines. Return them, and the notes of no line. A line extends halfway to
    its neighbours, at most two beats."""
    bounds = []
    for number, (line, _) in enumerate(placed):
        mine = line_notes(line)
        start, stop = mine[0].onset, mine[-1].onset + mine[-1].length
        left = line_notes(placed[number - 1][0])[-1] if number else None
        right = line_notes(placed[number + 1][0])[0].onset if number + 1 < len(placed) else None
        low = start - 16 if left is None else max(start - 16, (left.onset + 1 + start + 1) // 2)
        high = stop + 16 if right is None else min(stop + 16, (mine[-1].onset + 1 + right + 1) // 2)
        bounds.append((min(low, start), max(high, mine[-1].onset + 1)))
    shares: list[list[WrittenNote]] = [[] for _ in placed]
    loose: list[WrittenNote] = []
    for note in notes:
        place = next((n for n, (low, high) in enumerate(bounds) if low <= note.onset < high), None)
        (shares[place] if place is not None else loose).append(note)
    return shares, loose


def _resung(
    line: VocalLine,
    company: Sequence[VocalLine],
    notes: Sequence[WrittenNote],
    texts: dict[int, TuneSyllable],
    tune: WrittenTune,
) -> list[VocalLine]:
    old = line_notes(line)
    words = [texts[note.onset] for note in notes if note.onset in texts]
    words = words if len(words) == len(notes) else []
    text = text_of(words) if words else line.text
    is_same_text = not words or _letters(text) == _letters(line.text)
    text = line.text if is_same_text else text
    if list(notes) == old and is_same_text:
        return [line, *company]
    if len(notes) != len(old) and is_same_text:
        bar = notes[0].onset // tune.bar_ticks + 1
        raise EngineError(
            f"INVALID_SCORE: Bar {bar}, Vocal: Expected {len(old)} notes, one for each syllable of"
            f" {line.text[:60]!r}, got {len(notes)}.",
            INVALID,
        )
    changed = _with_notes(replace(line, text=text), old, notes)
    return [changed, *(_followed(each, line, changed) for each in company if len(notes) == len(old))]


def _with_notes(line: VocalLine, old: Sequence[WrittenNote], notes: Sequence[WrittenNote]) -> VocalLine:
    """Return the line on these notes; an unchanged note keeps what the grid does not show."""
    onsets, lengths, pitches = [], [], []
    for number, note in enumerate(notes):
        was = old[number] if len(old) == len(notes) else None
        onsets.append(line.onsets[number] if was and was.onset == note.onset else note.onset / QUARTER_TICKS)
        lengths.append(line.lengths[number] if was and was[:2] == note[:2] else note.length / QUARTER_TICKS)
        pitches.append(line.pitches[number] if was and was.pitch == note.pitch else float(note.pitch))
    return replace(line, onsets=onsets, lengths=lengths, pitches=pitches)


def _followed(mate: VocalLine, before: VocalLine, after: VocalLine) -> VocalLine:
    """Move a voice with its lead, at the same interval as before."""
    if mate.text != before.text or len(mate.onsets) != len(before.onsets):
        return mate
    pitches = [
        pitch + (new - old)
        for pitch, old, new in zip(mate.pitches, before.pitches, after.pitches, strict=True)
    ]
    onsets = [
        onset + (new - old) for onset, old, new in zip(mate.onsets, before.onsets, after.onsets, strict=True)
    ]
    return replace(mate, text=after.text, onsets=onsets, lengths=list(after.lengths), pitches=pitches)


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _phrases(notes: Sequence[WrittenNote]) -> list[list[WrittenNote]]:
    """Split the notes of no line into phrases, at rests and where a line would be too long."""
    rows: list[list[WrittenNote]] = []
    for note in notes:
        last = rows[-1][-1] if rows else None
        if (
            last is None
            or note.onset - (last.onset + last.length) >= PHRASE_REST
            or len(rows[-1]) >= MOST_NOTES
        ):
            rows.append([])
        rows[-1].append(note)
    return rows


def _new_line(
    notes: Sequence[WrittenNote], texts: dict[int, TuneSyllable], score: Score, tune: WrittenTune
) -> VocalLine:
    words = [texts[note.onset] for note in notes if note.onset in texts]
    like = score.vocals[0] if score.vocals else None
    return VocalLine(
        text=text_of(words) if len(words) == len(notes) else " ".join([HUMMED] * len(notes)),
        language=like.language if like else DEFAULT_LANGUAGE,
        style=like.style if like else "sing",
        role="lead",
        onsets=[note.onset / QUARTER_TICKS for note in notes],
        lengths=[note.length / QUARTER_TICKS for note in notes],
        pitches=[float(note.pitch) for note in notes],
        section=tune.label_at(notes[0].onset // tune.bar_ticks),
    )
