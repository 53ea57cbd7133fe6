"""Figures of the band and the chords in composed songs."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from audiomusic.bench.compose.tunes import EPS, share
from audiomusic.bench.report import Report
from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.compose.harmony import classes_of, scale_classes
from audiomusic.engines.studio.score import ChordSpan, Note, Score, Section, Track
from audiomusic.engines.studio.score_json import score_keys
from audiomusic.engines.theory import PITCH_NAMES

CHORD_GRAM, GRAM_SONGS = 4, 100
NEAR_SEMITONES = 2
NEAR_GENRE = "modern-pop"
BACKBEAT_PIECES = ("kick", "snare")


def raised_by(score: Score, onset: float) -> int:
    """Return how many semitones the key at `onset` lies above the song's own: -6 to 5."""
    semitones = 0
    for key in score_keys(score):
        if onset >= key["beat"] - EPS:
            semitones = (PITCH_NAMES.index(key["name"].split()[0]) - score.key.tonic + 6) % 12 - 6
    return semitones


def home_chords(score: Score) -> list[ChordSpan]:
    moved = [(span, raised_by(score, span.onset)) for span in score.chords]
    return [
        span._replace(pitches=tuple(pitch - up for pitch in span.pitches), bass=span.bass - up)
        for span, up in moved
    ]


class _Progression(NamedTuple):
    chords: list[tuple[int, bool]]  # (semitones of the root above the tonic, has a minor third)
    is_coloured: bool  # has a chord outside the key
    short: list[bool]  # lasts less than a bar
    slash: list[bool]


def add_chords(report: Report, scores: Sequence[Score]) -> None:
    read = [_progression(score) for score in scores]
    report.add("songs_with_foreign_chord_pct", share(row.is_coloured for row in read), at_least=60)
    report.add("chords_shorter_than_bar_pct", share(flag for row in read for flag in row.short), at_least=25)
    report.add("slash_chords_pct", share(flag for row in read for flag in row.slash), at_least=4)
    grams = {
        tuple(row.chords[start : start + CHORD_GRAM])
        for row in _spread(read, GRAM_SONGS)
        for start in range(len(row.chords) - CHORD_GRAM + 1)
    }
    report.add("chord_grams", len(grams), at_least=850)


def _spread(rows: Sequence[_Progression], count: int) -> list[_Progression]:
    """Return `count` of the rows, spread evenly over all genres."""
    return [rows[index * len(rows) // count] for index in range(count)] if len(rows) > count else list(rows)


def _progression(score: Score) -> _Progression:
    spans = home_chords(score)[:-1]  # the last one rings on
    key = score.key
    allowed = scale_classes(key) | ({(key.tonic + 11) % 12} if key.mode == "minor" else set())
    named = [((span.pitches[0] - key.tonic) % 12, _is_minor(span)) for span in spans]
    return _Progression(
        [row for row, _ in itertools.groupby(named)],
        any(not classes_of(span) <= allowed for span in spans),
        [span.length < score.metre.bar_quarters - EPS for span in spans],
        [span.bass % 12 != span.pitches[0] % 12 for span in spans],
    )


def _is_minor(span: ChordSpan) -> bool:
    return span.pitches[0] + 3 in span.pitches


def add_drums(report: Report, scores: Sequence[Score]) -> None:
    drummed = [score for score in scores if score.drums]
    report.add("backbeat_bar_as_before_pct", _mean(_same_backbeat(score) for score in drummed), at_most=35)
    spreads = [_velocity_spreads(score) for score in drummed]
    report.add("drum_velocity_sd", _mean(whole for whole, _ in spreads), at_least=0.20)
    report.add("drum_velocity_sd_same_place", _mean(place for _, place in spreads), at_least=0.09)


def _same_backbeat(score: Score) -> float:
    """Return the percentage of bars with the same kick and snare positions as the previous bar."""
    bar = score.metre.bar_quarters
    bars: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for hit in score.drums.hits if score.drums else ():
        if hit.piece in BACKBEAT_PIECES:
            bars[int((hit.onset + EPS) // bar)].add((hit.piece, round(hit.onset % bar * 4)))
    return share(bars[index] == bars[index - 1] for index in sorted(bars) if index - 1 in bars)


def _velocity_spreads(score: Score) -> tuple[float, float]:
    """Return the deviation of all hits, and of hits of one piece at one position in the bar."""
    places: dict[tuple[str, int], list[float]] = defaultdict(list)
    for hit in score.drums.hits if score.drums else ():
        places[hit.piece, round(hit.onset % score.metre.bar_quarters * 4)].append(hit.velocity)
    every = [velocity for found in places.values() for velocity in found]
    same = [np.std(found) for found in places.values() if len(found) > 1]
    return float(np.std(every)) if every else 0.0, float(np.mean(same)) if same else 0.0


def add_players(report: Report, scores: Sequence[Score]) -> None:
    """Add how much the band repeats itself, and how close it comes to the singer's pitch."""
    looped = [flag for score in scores for flag in _looped_bars(score)]
    report.add("chord_part_bar_as_before_pct", share(looped), at_most=55)
    equal = [part for score in scores for part in _equal_sections(score)]
    report.add("successive_sections_equal_pct", _mean(equal), at_most=70)
    changes = [flag for score in scores for part in score.sections for flag in _changes_inside(part, score)]
    report.add("players_change_inside_pct", share(changes), at_least=20)
    near = [count for score in scores if score.genre == NEAR_GENRE for count in _parts_near_voice(score)]
    report.add("parts_near_voice", _mean(near), at_most=0.6)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return float(np.mean(found)) if found else 0.0


def _looped_bars(score: Score) -> list[bool]:
    roles = {part.role for part in load_genres()[score.genre].parts if part.player == "chords"}
    tracks = [track for track in score.tracks if track.role in roles]
    return [flag for track in tracks for flag in _bars_as_before(track, score)]


def _bars_as_before(track: Track, score: Score) -> list[bool]:
    """Return for each bar after the first whether its notes begin where they did in the bar before."""
    bar = score.metre.bar_quarters
    bars: dict[int, set[int]] = defaultdict(set)
    for note in track.notes:
        bars[int((note.onset + EPS) // bar)].add(round(note.onset % bar * 8))
    return [bars[index] == bars[index - 1] for index in sorted(bars) if index - 1 in bars]


def _inside(notes: Sequence[Note], section: Section) -> set[tuple[float, int]]:
    """Return (quarters from the section's start, pitch class) of each note in the section."""
    return {
        (round(note.onset - section.onset, 2), round(note.pitch) % 12)
        for note in notes
        if section.onset - EPS <= note.onset < section.onset + section.length - EPS
    }


def _equal_sections(score: Score) -> list[float]:
    """Return the percentage of notes that a section shares with the previous one of its kind."""
    before: dict[str, Section] = {}
    found = []
    for section in score.sections:
        if (older := before.get(section.kind)) and section.kind in ("verse", "chorus"):
            pairs = [(_inside(track.notes, older), _inside(track.notes, section)) for track in score.tracks]
            every = sum(len(old | new) for old, new in pairs)
            found += [100 * sum(len(old & new) for old, new in pairs) / every] if every else []
        before[section.kind] = section
    return found


def _changes_inside(section: Section, score: Score) -> list[bool]:
    """Return for each player of the section whether they are silent in one of its halves."""
    middle = section.onset + section.length / 2
    flags = []
    for track in score.tracks:
        onsets = [onset for onset, _ in _inside(track.notes, section)]
        if onsets:
            halves = {section.onset + onset >= middle - EPS for onset in onsets}
            held = any(note.onset < middle < note.onset + note.length - EPS for note in track.notes)
            flags.append(len(halves) == 1 and not held)
    return flags


def _parts_near_voice(score: Score) -> list[int]:
    """Return for each sung note how many parts sound within two semitones of it."""
    lead = [line for line in score.vocals if line.role == "lead" and line.style == "sing"]
    tracks = [
        np.array([(note.onset, note.onset + note.length, note.pitch) for note in track.notes])
        for track in score.tracks
    ]
    return [
        sum(_is_near(notes, onset, pitch) for notes in tracks if len(notes))
        for line in lead
        for onset, pitch in zip(line.onsets, line.pitches, strict=True)
    ]


def _is_near(notes: npt.NDArray[np.float64], onset: float, pitch: float) -> bool:
    sounding = (notes[:, 0] <= onset + EPS) & (notes[:, 1] > onset + EPS)
    return bool((sounding & (np.abs(notes[:, 2] - pitch) <= NEAR_SEMITONES)).any())
