"""Rendering of one English line with the network: pitch, loudness, vocal tract and consonants."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.voice.colour import colour_db, effort_db, rise
from audiomusic.engines.studio.voice.expression import (
    CONTROL_S,
    Curve,
    gain_curve_db,
    level_vowels_db,
    pitch_curve,
    smooth_noise,
)
from audiomusic.engines.studio.voice.neural import sound
from audiomusic.engines.studio.voice.neural.frames import Frames, frames_of
from audiomusic.engines.studio.voice.neural.network import (
    BIN_HZ,
    BINS,
    FRAME_S,
    Encoded,
    Filters,
    load_network,
)
from audiomusic.engines.studio.voice.neural.reading import NeuralSpeech
from audiomusic.engines.studio.voice.neural.source import pulses
from audiomusic.engines.studio.voice.phonemes import PhonemeClass
from audiomusic.engines.studio.voice.take import SungTake

LEAD_IN_S, TAIL_S = 0.1, 0.06  # extra network frames around the sound
END_FADE_S = 0.03
VOICED_FROM_HZ = 40.0  # a lower pitch from the network means unvoiced
MAX_NETWORK_HZ = 280.0  # trained on little higher speech: a higher pitch sounds less clean (DNSMOS)
#: Minimum effort of a held vowel. Most vowels are spoken with 6.5 to 8; unstressed ones and sentence ends
#: have less, down to silence, regardless of their note.
LEAST_EFFORT, HELD_S = np.float32(5.0), 0.2
OPEN = (PhonemeClass.VOWEL, PhonemeClass.SONORANT)
BREATH_DB = -12.0  # level of the free-phase part in vowels, where its repeating phases would buzz
LEVEL_GLIDE = 3  # frames over which levelling glides
#: How far the formants and brightness of a held vowel drift, and how slowly.
WANDER_SHIFT, WANDER_DB, WANDER_PERIOD_S = 0.006, 1.0, 0.35
LEVEL_BINS = slice(5, 50)  # 100 to 1000 Hz, where vowels have their power
_NEPER_DB = 20 / np.log(10)


def sung_line(take: SungTake, rng: np.random.Generator) -> tuple[float, torch.Tensor]:
    """Return (start in song seconds, samples float32 [n]) of a line read by the network. Levels vary."""
    assert isinstance(take.speech, NeuralSpeech) and take.speech.encoded
    start_s = take.placed[0].start_s - LEAD_IN_S
    end_s = max(take.placed[-1].end_s, take.notes[-1].end_s) + TAIL_S
    frames = frames_of(take.placed, take.speech, start_s, end_s)
    count = frames.count * sound.HOP
    times_s = start_s + np.arange(int(frames.count * FRAME_S / CONTROL_S) + 2) * CONTROL_S
    midi = pitch_curve(take.notes, times_s, take.singer, take.manner, rng)
    gain_db = gain_curve_db(take.notes, take.stresses, times_s, take.manner, rng)
    f0_hz = 440 * 2 ** ((midi - 69) / 12)
    spoken = _filters(take, take.speech.encoded, frames, np.interp(frames.centres_s, times_s, f0_hz))
    throat = _throat(take, frames, spoken, np.interp(frames.centres_s, times_s, gain_db), rng)
    samples = _sounded(frames, throat, sound.per_sample(times_s, f0_hz, start_s, count), rng)
    gain = 10 ** (sound.per_sample(times_s, gain_db, start_s, count) / 20)
    return start_s, samples * torch.from_numpy(gain * _end(take, start_s, count)).float()


def _end(take: SungTake, start_s: float, count: int) -> Curve:
    """Return a gain of 1 up to the last phoneme's end, then 0; the network would fade out over 0.3 s."""
    at_s = start_s + np.arange(count) / SAMPLE_RATE_HZ
    return np.clip((take.placed[-1].end_s + END_FADE_S - at_s) / END_FADE_S, 0, 1)


class _Spoken(NamedTuple):
    filters: Filters
    is_voiced: npt.NDArray[np.bool_]


def _filters(take: SungTake, encoded: Encoded, frames: Frames, f0_hz: Curve) -> _Spoken:
    """Return the network's filters for the frames, sung at `f0_hz`."""
    network = load_network()
    spoken_hz, effort = network.effort(encoded.effort[:, frames.token[::2]])
    is_voiced = frames.are(*OPEN) | (
        frames.are(PhonemeClass.VOICED_FRICATIVE, PhonemeClass.VOICED_STOP) & (spoken_hz > VOICED_FROM_HZ)
    )
    effort = np.where(_held(take, frames), np.maximum(effort, LEAST_EFFORT), effort)
    network_hz = np.where(is_voiced, np.minimum(f0_hz * take.singer.network_pitch, MAX_NETWORK_HZ), 0)
    filters = network.decode(encoded.decoder[:, frames.token], network_hz.astype(np.float32), effort)
    return _Spoken(filters, is_voiced)


def _held(take: SungTake, frames: Frames) -> npt.NDArray[np.bool_]:
    """Return which frames hold a vowel."""
    is_held = np.zeros(frames.count, bool)
    for item in take.placed:
        if item.kind is PhonemeClass.VOWEL and item.end_s - item.start_s > HELD_S:
            first, stop = np.searchsorted(frames.centres_s, (item.start_s, item.end_s))
            is_held[first:stop] = True
    return is_held


class _Throat(NamedTuple):
    """Log amplitudes [BINS, frames] of the voiced and the free-phase part, and the latter's phase."""

    voiced: torch.Tensor
    free: torch.Tensor
    phase: torch.Tensor
    is_voiced: npt.NDArray[np.bool_]
    breath_db: float


def _throat(
    take: SungTake, frames: Frames, spoken: _Spoken, gain_db: Curve, rng: np.random.Generator
) -> _Throat:
    """Shape the filters for this singer and loudness."""
    hz = torch.arange(BINS) * BIN_HZ
    shift = take.singer.neural_shift * (1 + WANDER_SHIFT * _wander(frames, rng))
    colour = colour_db(take.singer, take.velocity, hz)[:, None] + effort_db(10 ** (gain_db / 20), hz).T
    colour = colour + torch.from_numpy(WANDER_DB * _wander(frames, rng)).float() * rise(hz)[:, None]
    lift_db = colour + torch.from_numpy(_levelling_db(take, frames, spoken.filters.voiced)).float()
    consonants = frames.are(PhonemeClass.VOICELESS) * take.manner.consonant_db
    free_db = lift_db + torch.from_numpy(np.convolve(consonants, [0.25, 0.5, 0.25], "same")).float()
    moved = torch.from_numpy(shift).float()
    voiced, free = (
        sound.warped(torch.from_numpy(each), moved).clamp_max(sound.LOUDEST) + db / _NEPER_DB
        for each, db in ((spoken.filters.voiced, lift_db), (spoken.filters.free, free_db))
    )
    breath_db = BREATH_DB + take.singer.breath_db
    return _Throat(voiced, free, torch.from_numpy(spoken.filters.phase), spoken.is_voiced, breath_db)


def _wander(frames: Frames, rng: np.random.Generator) -> Curve:
    """Return slow drift, about -1 to 1, per frame: no vocal tract keeps still while it holds a vowel."""
    count = round(frames.count * FRAME_S / CONTROL_S) + 1
    slow = smooth_noise(rng, count, WANDER_PERIOD_S)
    return np.asarray(
        slow[np.minimum((np.arange(frames.count) * FRAME_S / CONTROL_S).astype(int), count - 1)]
    )


def _sounded(frames: Frames, throat: _Throat, f0_hz: Curve, rng: np.random.Generator) -> torch.Tensor:
    """Excite the vocal tract at `f0_hz`, which has one value per sample."""
    source = pulses(f0_hz) * torch.from_numpy(np.repeat(throat.is_voiced, sound.HOP))
    spectra = sound.voiced_spectra(source, frames.count) * torch.exp(throat.voiced)
    steady = torch.from_numpy(np.convolve(frames.are(*OPEN), np.ones(3) / 3, "same")).float()
    noise = sound.random_phases(rng, BINS, frames.count) * 10 ** (throat.breath_db / 20)
    phases = torch.polar(torch.ones_like(throat.phase), throat.phase)
    amplitude = torch.exp(throat.free)
    spectra = spectra + amplitude * (torch.sqrt(1 - steady) * phases + torch.sqrt(steady) * noise)
    return sound.to_sound(sound.with_air(spectra, amplitude, rng))


def _levelling_db(take: SungTake, frames: Frames, voiced: npt.NDArray[np.float32]) -> Curve:
    """Return gains per frame that bring each moment of a vowel closer to the vowel's own level."""
    power_db = 10 * np.log10(np.exp(2 * np.minimum(voiced[LEVEL_BINS], sound.LOUDEST)).sum(0) + 1e-9)
    spans = [
        (item.start_s - FRAME_S / 2, item.end_s) for item in take.placed if item.kind is PhonemeClass.VOWEL
    ]
    return level_vowels_db(frames.centres_s, power_db, spans, LEVEL_GLIDE)
