"""A song transcribed from audio: its pulse, key, metre, chords and lead melody.

The score can be covered or used as a reference. The instruments and voices in the audio are unknown, and none
of it is rendered here.
"""

from __future__ import annotations

from dataclasses import replace

from audiomusic.engines.base import EngineError, SongRequest
from audiomusic.engines.foreign.findings import SongAnalysis
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.composer import Given
from audiomusic.engines.studio.master import MasterCurves
from audiomusic.engines.studio.mixdown import MixCurves
from audiomusic.engines.studio.plan import Plan, make_plan
from audiomusic.engines.studio.score import ChordSpan, Note, Score, Track
from audiomusic.engines.studio.voice import syllabify
from audiomusic.engines.theory import pitch_class

SEED = 1  # only for what a cover replaces anyway
GRID = 4  # notes start on sixteenths
LEAST_LENGTH = 0.25
LEAD = "flute"
VELOCITY = 0.7
TRIADS = {"": (0, 4, 7), "m": (0, 3, 7)}
LOWEST_ROOT, LOWEST_BASS = 48, 36
NO_CURVES = MixCurves(MasterCurves((), None, None, False))


def sketched(found: SongAnalysis) -> tuple[Plan, Score]:
    """Return the plan and the score. Raises EngineError if there is nothing to transcribe."""
    if not found["downbeats"] or not found["chords"]:
        raise EngineError("No bars were found in this audio, so there is nothing to play.", "analysis_failed")
    plan = make_plan(
        SongRequest(
            kind="instrumental",
            caption="",
            seeds=(SEED,),
            max_duration_s=found["duration"] + 10,
            duration_s=found["duration"],
            bpm=found["bpm"],
            keyscale=found["keyscale"],
            timesignature=found["timesignature"],
        ),
        SEED,
    )
    metre = replace(plan.metre, bpm=found["bpm"])
    plan = replace(plan, metre=metre)
    first_s = found["downbeats"][0]
    chords = _chords(found, first_s, metre.quarter_s)
    made = compose(plan, SEED, syllabify, Given(chords=chords))
    tracks = [track for track in made.tracks if track.role != "lead"]
    notes = _melody(found, first_s, metre.quarter_s, plan.duration_s / metre.quarter_s)
    lead = [Track("lead", LEAD, notes)] if notes else []
    return plan, replace(made, tracks=[*tracks, *lead])


def _chords(found: SongAnalysis, first_s: float, quarter_s: float) -> tuple[ChordSpan, ...]:
    """Return the chords from the first whole bar on, each from a beat to the start of the next."""
    spans: list[ChordSpan] = []
    for start_s, end_s, name in found["chords"]:
        onset = max(0.0, float(round((float(start_s) - first_s) / quarter_s)))
        stop = float(round((float(end_s) - first_s) / quarter_s))
        if stop > onset:
            spans.append(chord_span(onset, stop - onset, str(name)))
    return tuple(spans)


def chord_span(onset: float, length: float, name: str) -> ChordSpan:
    """Return a detected triad ("C", "Am") with onset and length in quarters."""
    quality = "m" if name.endswith("m") else ""
    root = pitch_class(name.removesuffix("m"))
    pitches = tuple(LOWEST_ROOT + root + step for step in TRIADS[quality])
    return ChordSpan(onset, length, name, pitches, LOWEST_BASS + root)


def _melody(found: SongAnalysis, first_s: float, quarter_s: float, stop: float) -> list[Note]:
    """Return one voice on the grid; overlapping notes are cut."""
    notes: list[Note] = []
    for start_s, length_s, pitch in found["melody"]:
        onset = round((start_s - first_s) / quarter_s * GRID) / GRID
        length = max(LEAST_LENGTH, round(length_s / quarter_s * GRID) / GRID)
        if onset < 0 or onset + length > stop:
            continue
        if notes and notes[-1].onset == onset:
            continue
        if notes and notes[-1].onset + notes[-1].length > onset:
            notes[-1] = notes[-1]._replace(length=onset - notes[-1].onset)
        notes.append(Note(onset, length, int(pitch), VELOCITY))
    return notes
