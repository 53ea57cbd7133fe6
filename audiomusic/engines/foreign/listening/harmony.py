"""Estimates key and chords from the strength of each pitch class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audiomusic.engines.foreign.listening.metre import beat_chroma
from audiomusic.engines.foreign.listening.spectra import Spectra, chroma_of
from audiomusic.engines.theory import PITCH_NAMES, Key, Mode

Table = npt.NDArray[np.float64]

#: The frequency of each scale degree (Albrecht & Shanahan 2013), from the tonic up.
PROFILES: dict[Mode, tuple[float, ...]] = {
    "major": (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
    "minor": (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
}
TRIADS = {"": (0, 4, 7), "m": (0, 3, 7)}
IN_KEY: dict[Mode, dict[str, tuple[int, ...]]] = {
    "major": {"": (0, 5, 7), "m": (2, 4, 9)},
    "minor": {"": (3, 8, 10, 7), "m": (0, 5, 7)},
}
STAY = 2.2  # cost in nats of a change within a bar, and on a bar's first beat
STAY_ON_BAR = 0.4
IN_KEY_BONUS = 0.35
SHARPNESS = 9.0
BASS_WEIGHT = 0.55


@dataclass(frozen=True)
class HeardChord:
    start_s: float
    end_s: float
    root: int  # 0: C
    quality: str  # "" or "m"

    @property
    def name(self) -> str:
        return PITCH_NAMES[self.root] + self.quality


@dataclass(frozen=True)
class KeyFound:
    key: Key
    confidence: float  # 0..1


def find_key(spectra: Spectra, chords: list[HeardChord] | None = None) -> KeyFound:
    """Return the key whose degrees are heard most; with chords, also the one that they centre on."""
    whole = chroma_of(spectra.pitches, 36, 88).mean(axis=0) + chroma_of(spectra.pitches, 28, 52).mean(axis=0)
    fits = {}
    for mode, profile in PROFILES.items():
        for tonic in range(12):
            likeness = float(np.corrcoef(np.roll(profile, tonic), whole)[0, 1]) if whole.std() else 0.0
            fits[Key(tonic, mode)] = likeness + (0.45 * _turns_round(chords, tonic, mode) if chords else 0)
    ordered = sorted(fits, key=lambda key: -fits[key])
    margin = fits[ordered[0]] - fits[ordered[1]]
    return KeyFound(ordered[0], float(np.clip(margin * 4, 0, 1)))


def _turns_round(chords: list[HeardChord], tonic: int, mode: Mode) -> float:
    """Return the share of time in chords of the key, with the tonic's own counted twice, and a bonus if the
    first or last is the tonic."""
    total = sum(chord.end_s - chord.start_s for chord in chords) or 1.0
    home = "" if mode == "major" else "m"
    score = 0.0
    for number, chord in enumerate(chords):
        share = (chord.end_s - chord.start_s) / total
        degree = (chord.root - tonic) % 12
        is_home = degree == 0 and chord.quality == home
        score += share * ((degree in IN_KEY[mode][chord.quality]) + is_home)
        score += 0.12 * (is_home and number in (0, len(chords) - 1))
    return score


def find_chords(
    spectra: Spectra, beats: Table, bar_starts: frozenset[int], key: Key | None = None
) -> list[HeardChord]:
    """Find triads from beat to beat by Viterbi decoding: they fit the sound, and prefer to change at bar
    lines."""
    body = beat_chroma(chroma_of(spectra.pitches, 48, 84), beats)
    bass = beat_chroma(chroma_of(spectra.pitches, 28, 50), beats)
    names = [(root, quality) for quality in TRIADS for root in range(12)]
    scores = np.stack([_likeness(body, bass, root, quality) for root, quality in names], axis=1)
    if key is not None:
        scores += IN_KEY_BONUS * np.array(
            [(root - key.tonic) % 12 in IN_KEY[key.mode][quality] for root, quality in names]
        )
    path = _viterbi(scores, bar_starts)
    ends = [*beats[1:], max(spectra.duration_s, float(beats[-1]) + 0.05)]
    chords: list[HeardChord] = []
    for number, state in enumerate(path):
        root, quality = names[state]
        if chords and (chords[-1].root, chords[-1].quality) == (root, quality):
            chords[-1] = HeardChord(chords[-1].start_s, float(ends[number]), root, quality)
        else:
            chords.append(HeardChord(float(beats[number]), float(ends[number]), root, quality))
    return chords


def _likeness(body: Table, bass: Table, root: int, quality: str) -> Table:
    """Return each beat's similarity to a triad: the cosine of its upper voices, and the share of its root in
    the bass."""
    template = np.zeros(12)
    template[[(root + step) % 12 for step in TRIADS[quality]]] = (1.0, 0.8, 0.9)
    upper = body @ template / (np.linalg.norm(body, axis=1) * np.linalg.norm(template) + 1e-9)
    lower = bass[:, root] / (bass.max(axis=1) + 1e-9)
    fifth = bass[:, (root + 7) % 12] / (bass.max(axis=1) + 1e-9)
    likeness: Table = SHARPNESS * (upper + BASS_WEIGHT * (0.8 * lower + 0.2 * fifth))
    return likeness


def _viterbi(scores: Table, bar_starts: frozenset[int]) -> list[int]:
    best, back = scores[0], np.zeros(scores.shape, dtype=int)
    for now in range(1, len(scores)):
        price = STAY_ON_BAR if now in bar_starts else STAY
        came, stayed = int(np.argmax(best)), best
        moved = best[came] - price
        is_kept = stayed >= moved
        back[now] = np.where(is_kept, np.arange(len(stayed)), came)
        best = np.where(is_kept, stayed, moved) + scores[now]
    path = [int(np.argmax(best))]
    for now in range(len(scores) - 1, 0, -1):
        path.append(int(back[now][path[-1]]))
    return path[::-1]
