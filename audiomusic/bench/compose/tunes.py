"""Figures that describe a melody, and their distance from those of real songs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from audiomusic.engines.studio.compose.harmony import chord_at, classes_of, scale_classes
from audiomusic.engines.studio.score import ChordSpan
from audiomusic.engines.theory import Key

FEWEST_NOTES, FEWEST_PHRASES, SHORTEST_PHRASE = 25, 4, 3
GAP_QUARTERS, GAP_MEDIANS = 1.5, 2.5  # an onset gap this wide separates two phrases
LONGEST_STEPS = 16  # in sixteenths; longer gaps count as this
ARCH_SEMITONES = 0.25
EPS = 1e-6

#: Mean and standard deviation over the songs, of 193 rock vocals (RS200) and 213 pop vocals (Billboard).
#: Published corpora, of which only numbers are kept; `docs/composing.md` names their sources.
REAL_VOCALS: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "repeated_notes": ((30.5, 14.7), (29.8, 13.3)),
    "steps": ((43.2, 14.7), (45.0, 14.1)),
    "thirds": ((18.2, 9.2), (17.5, 9.0)),
    "leaps": ((8.04, 5.29), (7.62, 5.00)),
    "mean_interval": ((1.88, 0.47), (1.87, 0.44)),
    "steps_of_moves": ((61.7, 14.9), (63.8, 15.1)),
    "range": ((12.1, 4.2), (11.8, 3.8)),
    "phrase_range": ((6.22, 1.75), (6.41, 1.87)),
    "step_goes_on": ((49.3, 17.4), (47.9, 18.5)),
    "leap_reversed": ((79.0, 23.9), (78.0, 23.7)),
    "two_skips": ((10.2, 7.5), (8.96, 6.99)),
    "scale_runs": ((3.07, 5.42), (2.70, 4.36)),
    "convex_phrases": ((27.9, 18.6), (26.0, 17.5)),
    "phrase_falls": ((48.2, 17.7), (47.1, 19.6)),
    "gap_entropy": ((1.52, 0.42), (1.45, 0.41)),
    "gap_pair_entropy": ((1.30, 0.36), (1.22, 0.35)),
    "on_beat": ((42.9, 12.4), (43.5, 12.6)),
    "on_sixteenth": ((15.7, 17.8), (14.8, 17.3)),
    "syncopated": ((27.5, 12.1), (23.4, 13.6)),
    "downbeats_anticipated": ((25.3, 19.6), (23.8, 17.9)),
    "phrase_on_downbeat": ((16.4, 18.0), (17.5, 18.3)),
    "phrase_start_entropy": ((2.10, 0.57), (2.15, 0.60)),
    "notes_a_phrase": ((8.96, 5.15), (9.15, 4.53)),
    "notes_a_second": ((3.23, 0.73), (3.32, 0.69)),
    "longest_to_shortest": ((2.63, 0.77), (2.57, 0.79)),
    "chromatic": ((15.0, 15.0), (9.79, 13.45)),
    "degree_entropy": ((2.51, 0.31), (2.55, 0.31)),
    "phrase_ends_on_tonic": ((36.2, 21.7), (31.7, 21.7)),
    "phrase_ends_on_triad": ((63.1, 19.9), (63.9, 20.6)),
    "chord_tones": ((60.0, 11.8), (60.0, 12.5)),
    "strong_chord_tones": ((62.0, 17.8), (62.3, 18.2)),
    "other_tone_left_by_step": ((77.3, 13.4), (78.6, 13.7)),
    "other_tone_between_steps": ((62.7, 17.3), (64.7, 18.4)),
    "phrase_ends_in_chord": ((69.0, 20.5), (69.3, 20.0)),
    "motif_recurs": ((45.2, 18.6), (51.0, 18.4)),
    "rhythm_recurs": ((81.6, 11.9), (84.1, 11.5)),
    "contour_recurs": ((64.9, 13.6), (67.7, 13.2)),
}


class TuneNote(NamedTuple):
    """A note: quarters from the start of the song, and the pitch in the home key."""

    onset: float
    length: float
    pitch: int


Phrase = list[TuneNote]


@dataclass(frozen=True)
class SungTune:
    """The lead melody of a song with its accompaniment, with modulations removed."""

    notes: list[TuneNote]
    chords: list[ChordSpan]
    key: Key
    bar_quarters: float
    quarter_s: float


def tune_distance(tunes: Iterable[SungTune]) -> tuple[float, dict[str, float]]:
    """Return the mean |z| of the figures' means against real songs, and z by figure.

    Songs that are too short are left out, as they are for the real songs.
    """
    rows = [row for tune in tunes if (row := tune_figures(tune))]
    distances = {}
    for name, real in REAL_VOCALS.items():
        values = [row[name] for row in rows if name in row]
        if values:
            mean, deviation = _pooled(real)
            distances[name] = (float(np.mean(values)) - mean) / deviation
    return float(np.mean(np.abs(list(distances.values())))), distances


def _pooled(real: tuple[tuple[float, float], tuple[float, float]]) -> tuple[float, float]:
    """Return the pooled mean and deviation of two groups of about equal size."""
    (first, spread), (second, other_spread) = real
    mean = (first + second) / 2
    return mean, math.sqrt((spread**2 + other_spread**2) / 2 + ((first - second) / 2) ** 2)


def tune_figures(tune: SungTune) -> dict[str, float]:
    """Return each figure of REAL_VOCALS for which the melody has enough notes; shares in per cent."""
    phrases = [phrase for phrase in phrases_of(tune.notes) if len(phrase) >= SHORTEST_PHRASE]
    if len(tune.notes) < FEWEST_NOTES or len(phrases) < FEWEST_PHRASES:
        return {}
    return (
        _interval_figures(tune, phrases)
        | _contour_figures(phrases)
        | _rhythm_figures(tune, phrases)
        | _place_figures(tune, phrases)
        | _degree_figures(tune, phrases)
        | _chord_figures(tune, phrases)
        | _motif_figures(phrases)
    )


def phrases_of(notes: Sequence[TuneNote]) -> list[Phrase]:
    """Split the melody at wide gaps between onsets, a method that works for any corpus."""
    if len(notes) < SHORTEST_PHRASE:
        return [list(notes)] if notes else []
    gaps = [later.onset - note.onset for note, later in zip(notes, notes[1:], strict=False)]
    known = sorted(gap for gap in gaps if gap > 0)
    widest = max(GAP_QUARTERS, GAP_MEDIANS * (known[len(known) // 2] if known else 1.0))
    phrases: list[Phrase] = [[notes[0]]]
    for gap, note in zip(gaps, notes[1:], strict=True):
        if gap >= widest - EPS:
            phrases.append([])
        phrases[-1].append(note)
    return phrases


def share(flags: Iterable[object]) -> float:
    """Return the percentage of set flags; 0 without any."""
    known = [bool(flag) for flag in flags]
    return 100 * sum(known) / len(known) if known else 0.0


def entropy_bits(things: Iterable[Hashable]) -> float:
    counts = Counter(things)
    total = sum(counts.values())
    return -sum(count / total * math.log2(count / total) for count in counts.values()) if total else 0.0


def gap_steps(phrase: Phrase) -> list[int]:
    """Return the sixteenths from each onset to the next."""
    return [
        min(LONGEST_STEPS, max(0, round((later.onset - note.onset) * 4)))
        for note, later in zip(phrase, phrase[1:], strict=False)
    ]


def _moves(phrase: Phrase) -> list[int]:
    return [later.pitch - note.pitch for note, later in zip(phrase, phrase[1:], strict=False)]


def _is_step(move: int) -> bool:
    return 1 <= abs(move) <= 2


def _interval_figures(tune: SungTune, phrases: list[Phrase]) -> dict[str, float]:
    moves = [move for phrase in phrases for move in _moves(phrase)]
    pairs = [pair for phrase in phrases for pair in zip(_moves(phrase), _moves(phrase)[1:], strict=False)]
    pitches = [note.pitch for note in tune.notes]
    leaps = [(leap, after) for leap, after in pairs if abs(leap) >= 5 and after]
    figures = {
        "repeated_notes": share(move == 0 for move in moves),
        "steps": share(_is_step(move) for move in moves),
        "thirds": share(3 <= abs(move) <= 4 for move in moves),
        "leaps": share(abs(move) >= 5 for move in moves),
        "mean_interval": float(np.mean(np.abs(moves))),
        "steps_of_moves": share(_is_step(move) for move in moves if move),
        "range": float(np.percentile(pitches, 95) - np.percentile(pitches, 5)),
        "step_goes_on": share(one * two > 0 for one, two in pairs if _is_step(one) and two),
        "two_skips": share(abs(one) >= 3 and abs(two) >= 3 for one, two in pairs),
    }
    if len(leaps) > 4:
        figures["leap_reversed"] = share(leap * after < 0 for leap, after in leaps)
    return figures


def _contour_figures(phrases: list[Phrase]) -> dict[str, float]:
    runs: list[bool] = []
    for phrase in phrases:
        moves = _moves(phrase)
        runs += [
            all(_is_step(move) for move in three) and abs(sum(np.sign(three))) == 3
            for three in zip(moves, moves[1:], moves[2:], strict=False)
        ]
    return {
        "phrase_range": float(np.mean([np.ptp([note.pitch for note in phrase]) for phrase in phrases])),
        "scale_runs": share(runs),
        "convex_phrases": share(_is_convex(phrase) for phrase in phrases if len(phrase) >= 4),
        "phrase_falls": share(phrase[-1].pitch < phrase[0].pitch for phrase in phrases),
    }


def _is_convex(phrase: Phrase) -> bool:
    middle = float(np.mean([note.pitch for note in phrase[1:-1]]))
    return middle > max(phrase[0].pitch, phrase[-1].pitch) + ARCH_SEMITONES


def _rhythm_figures(tune: SungTune, phrases: list[Phrase]) -> dict[str, float]:
    gaps = [gap_steps(phrase) for phrase in phrases]
    pairs = [pair for row in gaps for pair in zip(row, row[1:], strict=False)]
    firsts = [first for row in gaps for first in row[:-1]]
    sung_s = sum(phrase[-1].onset - phrase[0].onset for phrase in phrases) * tune.quarter_s
    return {
        "gap_entropy": entropy_bits(gap for row in gaps for gap in row),
        "gap_pair_entropy": entropy_bits(pairs) - entropy_bits(firsts),
        "notes_a_phrase": float(np.mean([len(phrase) for phrase in phrases])),
        "notes_a_second": sum(len(phrase) - 1 for phrase in phrases) / max(EPS, sung_s),
        "longest_to_shortest": float(np.mean([max(row) / max(1, min(row)) for row in gaps])),
    }


def _place_figures(tune: SungTune, phrases: list[Phrase]) -> dict[str, float]:
    bar = tune.bar_quarters
    notes = [note for phrase in phrases for note in phrase]
    steps = [round(note.onset % bar * 4) for note in notes]
    taken = {round(note.onset * 4) for note in tune.notes}
    starts = [round(phrase[0].onset % bar * 2) / 2 for phrase in phrases]
    return {
        "on_beat": share(step % 4 == 0 for step in steps),
        "on_sixteenth": share(step % 2 for step in steps),
        "syncopated": share(_is_syncopated(note, taken, bar) for note in notes),
        "downbeats_anticipated": share(_anticipated_downbeats(phrases, taken, bar)),
        "phrase_on_downbeat": share(start in (0.0, bar) for start in starts),
        "phrase_start_entropy": entropy_bits(starts),
    }


def _is_syncopated(note: TuneNote, taken: set[int], bar: float) -> bool:
    """Return whether a note starts on a weak position and sounds over the next stronger, empty one."""
    step = round(note.onset * 4)
    level = _metric_level(step, bar)
    if level >= 2:
        return False
    following = step + (1 if level == 0 else 2)
    held = note.length >= (following - step) / 4 + 0.05
    return held and following not in taken and _metric_level(following, bar) > level


def _metric_level(step: int, bar: float) -> int:
    """Return 4 for a bar's first beat, 3 for a half note, 2 for a beat, 1 for an eighth, else 0."""
    if step % round(bar * 4) == 0:
        return 4
    return next((level for level, unit in ((3, 8), (2, 4), (1, 2)) if step % unit == 0), 0)


def _anticipated_downbeats(phrases: list[Phrase], taken: set[int], bar: float) -> list[bool]:
    """Return for each downbeat in a phrase whether it is empty, with an onset up to an eighth before it."""
    found: list[bool] = []
    for phrase in phrases:
        first = math.ceil(phrase[0].onset / bar - 1e-9)
        for index in range(first, math.floor(phrase[-1].onset / bar) + 1):
            step = round(index * bar * 4)
            found.append(step not in taken and bool({step - 1, step - 2} & taken))
    return found


def _degree_figures(tune: SungTune, phrases: list[Phrase]) -> dict[str, float]:
    scale = scale_classes(tune.key)
    degrees = [(note.pitch - tune.key.tonic) % 12 for note in tune.notes]
    ends = [(phrase[-1].pitch - tune.key.tonic) % 12 for phrase in phrases]
    triad = (0, 3 if tune.key.mode == "minor" else 4, 7)
    return {
        "chromatic": share(note.pitch % 12 not in scale for note in tune.notes),
        "degree_entropy": entropy_bits(degrees),
        "phrase_ends_on_tonic": share(end == 0 for end in ends),
        "phrase_ends_on_triad": share(end in triad for end in ends),
    }


def _chord_figures(tune: SungTune, phrases: list[Phrase]) -> dict[str, float]:
    is_chord_tone = {
        note: note.pitch % 12 in classes_of(chord_at(tune.chords, note.onset))
        for phrase in phrases
        for note in phrase
    }
    figures = {
        "chord_tones": share(is_chord_tone.values()),
        "phrase_ends_in_chord": share(is_chord_tone[phrase[-1]] for phrase in phrases),
    }
    strong = [is_in for note, is_in in is_chord_tone.items() if abs(note.onset % 2) < EPS]
    others = [
        (abs(note.pitch - before.pitch) <= 2, abs(after.pitch - note.pitch) <= 2)
        for phrase in phrases
        for before, note, after in zip(phrase, phrase[1:], phrase[2:], strict=False)
        if not is_chord_tone[note]
    ]
    if strong:
        figures["strong_chord_tones"] = share(strong)
    if len(others) > 5:
        figures["other_tone_left_by_step"] = share(left for _, left in others)
        figures["other_tone_between_steps"] = share(came and left for came, left in others)
    return figures


def _motif_figures(phrases: list[Phrase]) -> dict[str, float]:
    tokens = [list(zip(_moves(phrase), gap_steps(phrase), strict=True)) for phrase in phrases]
    return {
        "motif_recurs": _recurring(tokens),
        "rhythm_recurs": _recurring([[gap for _, gap in row] for row in tokens]),
        "contour_recurs": _recurring([[move for move, _ in row] for row in tokens]),
    }


def _recurring(rows: Sequence[Sequence[Hashable]]) -> float:
    """Return the percentage of trigrams, four notes each, that occurred before."""
    seen: set[tuple[Hashable, ...]] = set()
    known: list[bool] = []
    for row in rows:
        for three in zip(row, row[1:], row[2:], strict=False):
            known.append(three in seen)
            seen.add(three)
    return share(known)
