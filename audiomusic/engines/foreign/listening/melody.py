"""Transcribes the leading melody: the pitch of the most prominent source in the middle of the stereo
image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

RATE_HZ = 16_000  # swift-f0's own
LOWEST_HZ, HIGHEST_HZ = 110.0, 1100.0  # the range of voices and lead instruments
LEAST_CONFIDENCE = 0.5
LEAST_NOTE_S = 0.09
GAP_S = 0.05


@dataclass(frozen=True)
class MelodyNote:
    start_s: float
    length_s: float
    pitch: int  # MIDI


@cache
def _detector() -> Any:
    return import_module("swift_f0").SwiftF0(threads=1, spin=False)


def find_melody(path: Path) -> list[MelodyNote]:
    """Return the melody's notes; empty if nothing leads."""
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    low: npt.NDArray[np.float32] = soxr.resample(samples.mean(axis=1), rate_hz, RATE_HZ)
    heard = _detector().detect(low, RATE_HZ, fmin=LOWEST_HZ, fmax=HIGHEST_HZ)
    is_voiced = heard.confidence >= LEAST_CONFIDENCE
    pitches = np.where(is_voiced, 69 + 12 * np.log2(np.maximum(heard.pitch_hz, 1) / 440), np.nan)
    return _notes(heard.timestamps, pitches)


def _notes(moments: npt.NDArray[np.float64], pitches: npt.NDArray[np.float64]) -> list[MelodyNote]:
    """Find stretches within half a semitone of one note that are long enough to be one."""
    notes: list[MelodyNote] = []
    start, held = 0, _rounded(pitches[0]) if len(pitches) else None
    for at in range(1, len(pitches) + 1):
        now = _rounded(pitches[at]) if at < len(pitches) else None
        if at < len(pitches) and (now == held or (held is not None and _is_near(pitches[at], held))):
            continue
        if held is not None and moments[at - 1] - moments[start] >= LEAST_NOTE_S:
            _add(notes, MelodyNote(float(moments[start]), float(moments[at - 1] - moments[start]), held))
        start, held = at, now
    return notes


def _add(notes: list[MelodyNote], note: MelodyNote) -> None:
    """Append a note; one that continues the last note at the same pitch is merged with it."""
    if notes and notes[-1].pitch == note.pitch:
        last = notes[-1]
        if note.start_s - last.start_s - last.length_s <= GAP_S:
            notes[-1] = MelodyNote(last.start_s, note.start_s + note.length_s - last.start_s, last.pitch)
            return
    notes.append(note)


def _rounded(pitch: float) -> int | None:
    return None if np.isnan(pitch) else round(float(pitch))


def _is_near(pitch: float, held: int) -> bool:
    """Return whether the pitch stays within the note, as vibrato and slides do."""
    return not np.isnan(pitch) and abs(float(pitch) - held) < 0.7
