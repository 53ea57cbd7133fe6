"""Analyses audio from outside: an estimate, with a confidence for its parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from audiomusic.engines.foreign.findings import NothingFound, SongAnalysis
from audiomusic.engines.foreign.listening.harmony import HeardChord, find_chords, find_key
from audiomusic.engines.foreign.listening.k_weighting import loudness_lufs
from audiomusic.engines.foreign.listening.melody import find_melody
from audiomusic.engines.foreign.listening.metre import find_bars
from audiomusic.engines.foreign.listening.octave import counted
from audiomusic.engines.foreign.listening.sections import find_sections
from audiomusic.engines.foreign.listening.spectra import read_mono, spectra_of
from audiomusic.engines.foreign.listening.tempo import find_pulse

SILENCE = 1e-4
NOTHING = "The analysis found nothing in this audio: it has neither a pulse nor a pitch."


def analyse(path: Path) -> SongAnalysis:
    """Analyse a WAV file that `decode` wrote. Raises NothingFound."""
    mono = read_mono(path)
    if not len(mono) or np.abs(mono).max() < SILENCE:
        raise NothingFound(NOTHING)
    spectra = spectra_of(mono)
    pulse = find_pulse(spectra)
    if pulse is None or len(pulse.beats) < 2:
        raise NothingFound(NOTHING)
    pulse = counted(spectra, pulse)
    bars = find_bars(spectra, pulse)
    starts = frozenset(range(bars.first, len(pulse.beats), bars.beats_a_bar))
    key = find_key(spectra, find_chords(spectra, pulse.beats, starts))
    chords = find_chords(spectra, pulse.beats, starts, key.key)
    key = find_key(spectra, chords)
    downbeats = pulse.beats[bars.first :: bars.beats_a_bar]
    return {
        "bpm": round(pulse.bpm, 2),
        "pulse_bpm": [round(pulse.bpm / 2, 2), round(pulse.bpm * 2, 2)],
        "keyscale": key.key.name,
        "timesignature": bars.timesignature,
        "duration": round(spectra.duration_s, 2),
        "loudness_lufs": _lufs(path),
        "tuning_cents": round(100 * spectra.tuning, 1),
        "beats": _rounded(pulse.beats),
        "downbeats": _rounded(downbeats),
        "chords": [_chord(chord) for chord in chords],
        "sections": [
            {"label": part.label, "start_s": round(part.start_s, 3), "end_s": round(part.end_s, 3)}
            for part in find_sections(spectra, downbeats)
        ],
        "melody": [[round(n.start_s, 3), round(n.length_s, 3), n.pitch] for n in find_melody(path)],
        "confidence": {
            "bpm": round(pulse.strength, 2),
            "octave": round(pulse.octave_margin, 2),
            "keyscale": round(key.confidence, 2),
            "timesignature": round(bars.confidence, 2),
        },
    }


def _rounded(moments: npt.NDArray[np.float64]) -> list[float]:
    return [round(float(moment), 3) for moment in moments]


def _chord(chord: HeardChord) -> list[float | str]:
    return [round(chord.start_s, 3), round(chord.end_s, 3), chord.name]


def _lufs(path: Path) -> float:
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return round(loudness_lufs(samples, rate_hz), 1)
