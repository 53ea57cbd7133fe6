"""A melody's chords as the band reads them, and the band's notes over a changed chord."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from audiomusic.engines.notation.spelling import chord_parts
from audiomusic.engines.notation.tune import QUARTER_TICKS, WrittenTune
from audiomusic.engines.studio.compose.harmony import Chord, chord_at, span_of
from audiomusic.engines.studio.score import ChordSpan

MOST_MOVE = 6  # semitones


def spans_of(tune: WrittenTune, stop: float, known: Mapping[str, ChordSpan]) -> list[ChordSpan]:
    """Return the melody's chords up to `stop` (quarters). `known`: name -> chord whose tones are kept."""
    rows = [(onset / QUARTER_TICKS, name) for onset, name in tune.chords if onset / QUARTER_TICKS < stop]
    spans = []
    for number, (onset, name) in enumerate(rows):
        end = rows[number + 1][0] if number + 1 < len(rows) else stop
        spans.append(_span(name, onset, end - onset, known))
    return spans


def _span(name: str, onset: float, length: float, known: Mapping[str, ChordSpan]) -> ChordSpan:
    if name in known:
        return known[name]._replace(onset=onset, length=length)
    root, intervals, bass = chord_parts(name)
    return span_of(Chord(root, intervals, name, bass), onset, length)


def refitted(
    pitch: float, onset: float, old: Sequence[ChordSpan], at: float, new: Sequence[ChordSpan]
) -> float:
    """Refit a band's note to the current chord: a chord tone becomes the corresponding tone of the new chord,
    any other note moves to its nearest tone."""
    if not old or not new:
        return pitch
    before, after = chord_at(list(old), onset), chord_at(list(new), at)
    if before.name == after.name:
        return pitch
    tones = [(each - after.pitches[0]) % 12 for each in after.pitches]
    root_before, root_after = before.pitches[0] % 12, after.pitches[0] % 12
    own = [(each - root_before) % 12 for each in before.pitches]
    place = round(pitch - root_before) % 12
    if round(pitch) % 12 == before.bass % 12 and place not in own:
        wanted = after.bass % 12
    elif place in own:
        number = own.index(place)
        wanted = (root_after + tones[min(number, len(tones) - 1) if number < len(tones) else 0]) % 12
    else:
        wanted = min(((root_after + tone) % 12 for tone in tones), key=lambda each: abs(_step(pitch, each)))
    return pitch + _step(pitch, wanted)


def _step(pitch: float, wanted: int) -> float:
    """Return the shortest interval from a pitch to a pitch class."""
    return (wanted - pitch + MOST_MOVE) % 12 - MOST_MOVE
