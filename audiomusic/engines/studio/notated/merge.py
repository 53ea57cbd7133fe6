"""Merge an edited melody into the score that it is a view of.

Whatever the melody leaves unchanged is taken from the old score, note for note. A changed bar gets its notes
from the melody, and only what depends on them follows: where the chord changed, the band plays the new
chord's tones. Bars that were moved, repeated or removed take their whole band with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from audiomusic.engines.base import EngineError
from audiomusic.engines.notation.tune import WrittenTune, with_words_of
from audiomusic.engines.studio.notated.chords import refitted, spans_of
from audiomusic.engines.studio.notated.donors import donors_of
from audiomusic.engines.studio.notated.sections import kind_of_label
from audiomusic.engines.studio.notated.sung import sung_again
from audiomusic.engines.studio.notated.view import bar_count, leading_track
from audiomusic.engines.studio.score import ChordSpan, DrumTrack, Note, Score, Section, Track

LEAD_INSTRUMENT, LEAD_VELOCITY = "flute", 0.72
INVALID = "invalid_score"


@dataclass(frozen=True)
class Merged:
    """A merged score. `donors`: for each bar, the bar of the old score that its band comes from."""

    score: Score
    donors: tuple[int, ...]

    @property
    def is_in_place(self) -> bool:
        return self.donors == tuple(range(len(self.donors)))


def merged_score(score: Score, before: WrittenTune, tune: WrittenTune) -> Merged:
    """Merge. `before` is the score's own view. Raises EngineError if the melody does not match the score."""
    if tune.metre != before.metre:
        raise EngineError(
            f"INVALID_SCORE: Expected the song's own metre, {before.metre}, got {tune.metre}.", INVALID
        )
    tune = with_words_of(before, tune)
    donors = donors_of(before, tune)
    old, new = before.contents(), tune.contents()
    size = score.metre.bar_quarters
    bars = _Bars(donors, size, bar_count(score))
    recast = [bar for bar, donor in enumerate(donors) if new[bar].chords != old[donor].chords]
    chords = _chords(score, tune, bars, recast)
    lead = leading_track(score)
    tracks = [
        _track(track, bars, recast, score, chords)
        if track is not lead
        else replace(track, notes=bars.moved(track.notes))
        for track in score.tracks
    ]
    relaid = [bar for bar, donor in enumerate(donors) if new[bar].ins != old[donor].ins]
    tracks = _with_lead(tracks, score.tracks.index(lead) if lead else None, tune, relaid, size)
    metre = score.metre
    if tune.quarter_bpm != before.quarter_bpm:
        metre = replace(metre, bpm=tune.quarter_bpm / (1.5 if metre.is_compound else 1.0))
    stop = (score.duration_s - score.lead_in_s) / score.metre.quarter_s + (len(donors) - bars.count) * size
    if bars.is_in_place and metre == score.metre:
        duration_s = score.duration_s
    else:
        duration_s = round(score.lead_in_s + stop * metre.quarter_s, 4)
    made = replace(
        score,
        metre=metre,
        key=tune.key,
        duration_s=duration_s,
        sections=_sections(score, tune, bars, stop),
        chords=chords,
        tracks=tracks,
        drums=_drums(score.drums, bars),
        vocals=sung_again(score, tune, before, donors),
        notes=_notes(score, tune, bars),
    )
    if tune.swing is not None and tune.swing != before.swing:
        made = replace(made, swing=tune.swing.amount, swing_grid=tune.swing.grid)
    elif tune.swing is None and before.swing is not None:
        made = replace(made, swing=0.0)
    return Merged(made, tuple(donors))


@dataclass(frozen=True)
class _Bars:
    donors: Sequence[int]
    size: float
    count: int  # of the old score

    @property
    def is_in_place(self) -> bool:
        return list(self.donors) == list(range(self.count))

    def moved(self, notes: Sequence[Note]) -> list[Note]:
        if self.is_in_place:
            return list(notes)
        rows = self._by_bar(notes)
        return [
            note._replace(onset=note.onset + (bar - donor) * self.size)
            for bar, donor in enumerate(self.donors)
            for note in rows.get(donor, ())
        ]

    def _by_bar(self, notes: Sequence[Any]) -> dict[int, list[Any]]:
        rows: dict[int, list[Any]] = {}
        for note in notes:
            rows.setdefault(min(self.count - 1, max(0, int(note.onset / self.size + 1e-6))), []).append(note)
        return rows

    def bar_of(self, onset: float) -> int:
        return int(onset / self.size + 1e-6)


def _track(
    track: Track, bars: _Bars, recast: Sequence[int], score: Score, chords: Sequence[ChordSpan]
) -> Track:
    notes = bars.moved(track.notes)
    if not recast:
        return replace(track, notes=notes)
    wanted = set(recast)
    followed = []
    for note in notes:
        bar = bars.bar_of(note.onset)
        if bar in wanted and bar < len(bars.donors):
            shift = (bar - bars.donors[bar]) * bars.size
            note = note._replace(
                pitch=refitted(note.pitch, note.onset - shift, score.chords, note.onset, chords)
            )
        followed.append(note)
    return replace(track, notes=followed)


def _with_lead(
    tracks: list[Track], place: int | None, tune: WrittenTune, relaid: Sequence[int], size: float
) -> list[Track]:
    """Replace the lead part's notes in the bars where the melody differs."""
    if not relaid:
        return tracks
    wanted = set(relaid)
    written = [
        Note(onset / 8, length / 8, pitch, LEAD_VELOCITY)
        for onset, length, pitch in tune.ins
        if onset // tune.bar_ticks in wanted
    ]
    if place is None:
        return [*tracks, Track("lead", LEAD_INSTRUMENT, written)] if written else tracks
    lead = tracks[place]
    loud = [note.velocity for note in lead.notes]
    velocity = round(sum(loud) / len(loud), 3) if loud else LEAD_VELOCITY
    kept = [note for note in lead.notes if int(note.onset / size + 1e-6) not in wanted]
    # A note held into such a bar ends before it, unless the melody holds it too.
    first_of = {bar: bar * size for bar in wanted}
    kept = [_held(note, first_of, size, tune) for note in kept]
    notes = sorted([*kept, *(note._replace(velocity=velocity) for note in written)])
    return [replace(track, notes=notes) if number == place else track for number, track in enumerate(tracks)]


def _held(note: Note, first_of: dict[int, float], size: float, tune: WrittenTune) -> Note:
    bar = int(note.onset / size + 1e-6)
    edge = first_of.get(bar + 1)
    if edge is None or note.onset + note.length <= edge + 1e-6:
        return note
    goes_on = any(
        onset // tune.bar_ticks == bar
        and (onset + length) > (bar + 1) * tune.bar_ticks
        and pitch == round(note.pitch)
        for onset, length, pitch in tune.ins
    )
    return note if goes_on else note._replace(length=max(0.0625, edge - note.onset))


def _drums(drums: DrumTrack | None, bars: _Bars) -> DrumTrack | None:
    if drums is None or bars.is_in_place:
        return drums
    rows = bars._by_bar(drums.hits)
    hits = [
        hit._replace(onset=hit.onset + (bar - donor) * bars.size)
        for bar, donor in enumerate(bars.donors)
        for hit in rows.get(donor, ())
    ]
    return replace(drums, hits=hits)


def _chords(score: Score, tune: WrittenTune, bars: _Bars, recast: Sequence[int]) -> list[ChordSpan]:
    if bars.is_in_place and not recast:
        return list(score.chords)
    stop = len(bars.donors) * bars.size
    known = {span.name: span for span in score.chords}
    return spans_of(tune, stop, known)


def _sections(score: Score, tune: WrittenTune, bars: _Bars, stop: float) -> list[Section]:
    if bars.is_in_place and [(each.bar, each.label) for each in tune.sections] == [
        (int(each.onset / bars.size + 1e-6), each.label) for each in score.sections
    ]:
        return list(score.sections)
    rows = list(tune.sections)
    made: list[Section] = []
    for number, (bar, label) in enumerate(rows):
        onset = bar * bars.size
        end = rows[number + 1].bar * bars.size if number + 1 < len(rows) else stop
        donor = bars.donors[bar] * bars.size if bar < len(bars.donors) else 0.0
        old = next(
            (each for each in score.sections if each.onset <= donor + 1e-6 < each.onset + each.length), None
        )
        kind = kind_of_label(label) or (old.kind if old else "verse")
        made.append(Section(kind, label, onset, max(0.0, end - onset), old.energy if old else 0.6))
    return made or list(score.sections)


def _notes(score: Score, tune: WrittenTune, bars: _Bars) -> dict[str, Any]:
    """Return the notes from planning, with the melody's change of key if it has one."""
    notes = dict(score.notes)
    if tune.keys:
        change = tune.keys[-1]
        steps = (change.key.tonic - tune.key.tonic + 5) % 12 - 5
        onset = change.bar * bars.size
        old = notes.get("lift")
        if not (old and abs(old["onset"] - onset) < bars.size and old["semitones"] == steps):
            notes["lift"] = {"onset": onset, "semitones": steps}
    else:
        notes.pop("lift", None)
    return notes
