"""The lead sheet of a score: vocals, lead part, chords, sections and words, on the grid.

The score contains more: drums, bass, patches, velocities, swing. So the melody is a view, and whatever is
unchanged in it is taken from the score (`notated.merge`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from audiomusic.engines.notation.spelling import chord_parts
from audiomusic.engines.notation.tune import (
    HIGHEST_PITCH,
    LOWEST_PITCH,
    QUARTER_TICKS,
    KeyChange,
    Swing,
    TuneChord,
    TuneSection,
    TuneSyllable,
    WrittenNote,
    WrittenTune,
)
from audiomusic.engines.studio.rework.kept_score import load_score
from audiomusic.engines.studio.score import Note, Score, Track, VocalLine
from audiomusic.engines.theory import Key

#: Roles that may lead, in order of priority.
LEADING_ROLES = ("lead", "solo", "hook", "riff")
LAST_BAR = 0.05  # of a bar: what rings on for less does not add a bar


def tune_of(kept: Mapping[str, Any]) -> WrittenTune:
    """Return the view of a kept score (docs/score.md). Raises ScoreNotReadable."""
    texts = [[(str(row[3]), bool(row[4])) for row in line["syllables"]] for line in kept.get("vocals", ())]
    return view_of(load_score(kept), texts, title=str(kept.get("title") or ""))


def view_of(score: Score, texts: Sequence[Sequence[tuple[str, bool]]] = (), title: str = "") -> WrittenTune:
    """Return the view of a score. `texts`: for each line, its syllables and whether each begins a word."""
    bars = bar_count(score)
    lines = [(line, texts[number] if number < len(texts) else ()) for number, line in enumerate(score.vocals)]
    sung = sung_lines([line for line, _ in lines])
    words: list[TuneSyllable] = []
    notes: list[WrittenNote] = []
    by_line = {id(line): spoken for line, spoken in lines}
    for line in sung:
        mine = line_notes(line)
        notes += mine
        spoken = by_line[id(line)]
        if len(spoken) == len(mine):
            words += [
                TuneSyllable(note.onset, text, begins)
                for note, (text, begins) in zip(mine, spoken, strict=True)
                if text
            ]
    vocal = one_voice(notes)
    onsets = {note.onset for note in vocal}
    lead = leading_track(score)
    quarter_bpm = round(60 / score.metre.quarter_s)
    bar = score.metre.bar_quarters
    return WrittenTune(
        title=title,
        beats=score.metre.beats,
        unit=score.metre.unit,
        quarter_bpm=quarter_bpm,
        key=score.key,
        bars=bars,
        vocal=vocal,
        ins=one_voice(played_notes(lead.notes)) if lead else (),
        chords=tuple(_chords(score, bars)),
        sections=tuple(TuneSection(int(each.onset / bar + 1e-6), each.label) for each in score.sections),
        words=tuple({word.onset: word for word in words if word.onset in onsets}.values()),
        keys=_keys(score),
        swing=Swing(score.swing, score.swing_grid) if score.swing else None,
        has_words=bool(words),
    )


def bar_count(score: Score) -> int:
    quarters = (score.duration_s - score.lead_in_s) / score.metre.quarter_s
    return max(1, math.ceil(quarters / score.metre.bar_quarters - LAST_BAR))


def sung_lines(lines: Sequence[VocalLine]) -> list[VocalLine]:
    """Return the lines shown as the Vocal voice: the lead's, and a partner's where the lead rests."""
    shown = [line for line in lines if line.role == "lead" and line.onsets]
    for line in lines:
        if line.role == "partner" and line.onsets and not any(_overlap(line, other) for other in shown):
            shown.append(line)
    return sorted(shown, key=lambda line: line.onsets[0])


def _overlap(one: VocalLine, other: VocalLine) -> bool:
    return one.onsets[0] < other.onsets[-1] + other.lengths[-1] and other.onsets[0] < one.onsets[-1]


def ticks(quarters: float) -> int:
    return round(quarters * QUARTER_TICKS)


def line_notes(line: VocalLine) -> list[WrittenNote]:
    """Return one note per syllable, none shorter than a tick."""
    found: list[WrittenNote] = []
    for onset, length, pitch in zip(line.onsets, line.lengths, line.pitches, strict=True):
        at = max(0, ticks(onset), found[-1].onset + 1 if found else 0)
        found.append(WrittenNote(at, max(1, ticks(onset + length) - at), shown_pitch(pitch)))
    return found


def played_notes(notes: Sequence[Note]) -> list[WrittenNote]:
    return [
        WrittenNote(
            ticks(note.onset),
            max(1, ticks(note.onset + note.length) - ticks(note.onset)),
            shown_pitch(note.pitch),
        )
        for note in notes
        if note.onset > -1e-6
    ]


def shown_pitch(pitch: float) -> int:
    return min(HIGHEST_PITCH, max(LOWEST_PITCH, round(pitch)))


def one_voice(notes: Sequence[WrittenNote]) -> tuple[WrittenNote, ...]:
    """Make the notes one voice: notes that start together end together, and none overlaps the next."""
    onsets = sorted({note.onset for note in notes})
    following = dict(zip(onsets, [*onsets[1:], None], strict=True)) if onsets else {}
    shortest: dict[int, int] = {}
    for note in notes:
        limit = following[note.onset]
        length = note.length if limit is None else min(note.length, limit - note.onset)
        shortest[note.onset] = min(length, shortest.get(note.onset, length))
    return tuple(sorted({WrittenNote(note.onset, shortest[note.onset], note.pitch) for note in notes}))


def leading_track(score: Score) -> Track | None:
    for role in LEADING_ROLES:
        for track in score.tracks:
            if track.role == role and track.notes:
                return track
    return None


def _chords(score: Score, bars: int) -> list[TuneChord]:
    found: list[TuneChord] = []
    for chord in score.chords:
        at = max(0, ticks(chord.onset))
        if at >= bars * ticks(score.metre.bar_quarters):
            continue
        name = shown_chord(chord.name)
        if found and found[-1].onset == at:
            found.pop()
        if not found or found[-1].name != name:
            found.append(TuneChord(at, name))
    return found


def shown_chord(name: str) -> str:
    """Return the chord's name, or its triad's if the notation lacks the quality."""
    try:
        chord_parts(name)
    except ValueError:
        root = name[:2] if name[1:2] in ("#", "b") else name[:1]
        return root + (
            "m" if name[len(root) :].startswith("m") and not name[len(root) :].startswith("maj") else ""
        )
    return name


def _keys(score: Score) -> tuple[KeyChange, ...]:
    lift = score.notes.get("lift")
    if not lift:
        return ()
    bar = int(lift["onset"] / score.metre.bar_quarters + 1e-6)
    return (KeyChange(bar, Key((score.key.tonic + lift["semitones"]) % 12, score.key.mode)),)
