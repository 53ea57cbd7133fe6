"""Rendering of one line read by espeak as singing: pitch, loudness, vocal tract and consonants."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.voice.alignment import VOWEL_DELAY_S, PlacedSegment
from audiomusic.engines.studio.voice.colour import colour_db
from audiomusic.engines.studio.voice.expression import (
    CONTROL_S,
    Curve,
    gain_curve_db,
    level_vowels_db,
    pitch_curve,
)
from audiomusic.engines.studio.voice.phonemes import PhonemeClass, classify
from audiomusic.engines.studio.voice.speech import Speech
from audiomusic.engines.studio.voice.take import SungTake
from audiomusic.engines.studio.voice.vocoding import vocoder
from audiomusic.engines.studio.voice.vocoding.consonants import CROSSFADE_S, copy_voiceless
from audiomusic.engines.studio.voice.vocoding.envelope import (
    DB_TO_LOG_POWER,
    HOP_S,
    analyse,
    bin_frequencies_hz,
    hum,
)

LEAD_IN_S, TAIL_S = 0.03, 0.08  # silence kept around the sound
RELEASE_S = 0.05  # of a vowel before silence
EVENNESS = 0.6  # share of the vowels' loudness differences that is removed
MOST_EVENING_DB = 7.0
LEVEL_GLIDE = 25  # control values over which levelling glides
JITTER, SHIMMER_DB = 0.0022, 0.25  # of a trained voice: variation of period and loudness between periods
PUFF_DEPTH, OPEN_PHASE = 0.7, 0.75  # depth, and phase of the peak as a share of a period after closure
STEADY_FRAMES = 5  # in either direction, for averaging a vowel's flutter
_KIND_INDEX = {kind: index for index, kind in enumerate(vocoder.KINDS)}


def sing_by_vocoder(take: SungTake, rng: np.random.Generator) -> tuple[float, torch.Tensor, float]:
    """Sing espeak's sounds; return (start in song seconds, samples, RMS level of the voiced part)."""
    origin_s = take.placed[0].start_s - LEAD_IN_S
    end_s = max(take.placed[-1].end_s, take.notes[-1].end_s) + TAIL_S
    length = int((end_s - origin_s) * SAMPLE_RATE_HZ)
    times_s = origin_s + np.arange(int((end_s - origin_s) / CONTROL_S) + 2) * CONTROL_S
    midi = pitch_curve(take.notes, times_s, take.singer, take.manner, rng)
    envelopes = _envelopes(take)
    gain_db = gain_curve_db(take.notes, take.stresses, times_s, take.manner, rng)
    gain_db += _evening_db(take.placed, envelopes, times_s) + _levelling_db(take.placed, envelopes, times_s)
    gain = 10 ** (gain_db / 20)
    voiced = _voiced(take, envelopes, times_s, midi, gain, length, rng)
    voice_rms = voice_rms_of(voiced)
    consonant_gain = gain * 10 ** (take.manner.consonant_db / 20)
    voiceless = copy_voiceless(take.speech, take.placed, consonant_gain, origin_s, length, voice_rms)
    return origin_s, voiced + voiceless, voice_rms


def _envelopes(take: SungTake) -> torch.Tensor:
    """Return the vocal tract over speech time, shaped for singer and loudness: [frames, BINS]."""
    if not len(take.speech.segments) or take.placed[0].segment < 0:
        return hum()
    shaped = _shaped(take.speech, take.singer.formant_shift)
    return shaped + colour_db(take.singer, take.velocity, bin_frequencies_hz()) * DB_TO_LOG_POWER


@lru_cache(maxsize=32)
def _shaped(speech: Speech, formant_shift: float) -> torch.Tensor:
    samples = torch.from_numpy(speech.pcm / np.float32(32768))
    return _steadied(analyse(samples, speech.rate_hz, speech.f0_hz, formant_shift), speech)


def _steadied(envelopes: torch.Tensor, speech: Speech) -> torch.Tensor:
    """Average envelopes [frames, BINS] over time within vowels; when held, their flutter would be heard."""
    width = STEADY_FRAMES
    window = torch.hann_window(2 * width + 3, periodic=False)[1:-1]
    padded = torch.nn.functional.pad(envelopes.T[None], (width, width), mode="replicate")[0]
    averaged = torch.nn.functional.conv1d(padded[:, None], (window / window.sum())[None, None])[:, 0].T
    frames_s = np.arange(len(envelopes)) * HOP_S
    inside_s = [_inside_s(frames_s, s.start_s, s.end_s) for s in speech.segments if _is_vowel(s.ipa)]
    share = (
        np.clip(np.max(inside_s, axis=0, initial=0.0) / (width * HOP_S), 0, 1) if inside_s else 0 * frames_s
    )
    return torch.lerp(envelopes, averaged, torch.from_numpy(share).float()[:, None])


def _is_vowel(ipa: str) -> bool:
    return classify(ipa) is PhonemeClass.VOWEL


def _inside_s(at_s: Curve, start_s: float, end_s: float) -> Curve:
    """Return the distance of each moment from the nearer end of a span; negative outside."""
    return np.asarray(np.minimum(at_s - start_s - VOWEL_DELAY_S, end_s + VOWEL_DELAY_S - at_s))


def _evening_db(placed: list[PlacedSegment], envelopes: torch.Tensor, times_s: Curve) -> Curve:
    """Return gains that bring each vowel closer to the line's median loudness, gliding between vowels."""
    vowels = [item for item in placed if item.kind is PhonemeClass.VOWEL]
    if len(vowels) < 2:
        return np.zeros(len(times_s))
    heard = (bin_frequencies_hz() > 150) & (bin_frequencies_hz() < 5000)
    centres, levels_db = [], []
    for item in vowels:
        first, last = (int(item.points[end][1] / HOP_S) for end in (0, -1))
        power = torch.exp(envelopes[first : last + 1, heard]).mean() if first < len(envelopes) else None
        levels_db.append(10 * float(torch.log10(power + 1e-12)) if power is not None else -60.0)
        centres.append((item.start_s + item.end_s) / 2)
    offsets = EVENNESS * (np.median(levels_db) - np.array(levels_db))
    return np.interp(times_s, centres, np.clip(offsets, -MOST_EVENING_DB, MOST_EVENING_DB))


def _levelling_db(placed: list[PlacedSegment], envelopes: torch.Tensor, times_s: Curve) -> Curve:
    """Return gains that bring each moment of a vowel closer to the vowel's own level."""
    heard = (bin_frequencies_hz() > 150) & (bin_frequencies_hz() < 1500)
    levels_db = 10 * np.log10(torch.exp(envelopes[:, heard]).mean(1).numpy() + 1e-12)
    source_at, source = _source_map(placed)
    power_db = np.interp(np.interp(times_s, source_at, source) / HOP_S, np.arange(len(levels_db)), levels_db)
    spans = [(i.start_s, i.end_s) for i in placed if i.kind is PhonemeClass.VOWEL]
    return level_vowels_db(times_s, power_db, spans, LEVEL_GLIDE)


def _voiced(
    take: SungTake,
    envelopes: torch.Tensor,
    times_s: Curve,
    midi: Curve,
    gain: Curve,
    length: int,
    rng: np.random.Generator,
) -> torch.Tensor:
    """Render vowels and voiced consonants: pulses at the pitch, and breath noise."""
    voicing_at, voicing = _voicing(take.placed)
    kinds, kind_starts = _kinds(take.placed)
    source_at, source = _source_map(take.placed)

    def instants(song_s: Curve) -> vocoder.Instants:
        level = np.interp(song_s, voicing_at, voicing) * np.interp(song_s, times_s, gain)
        kind = kinds[np.clip(np.searchsorted(kind_starts, song_s, side="right") - 1, 0, len(kinds) - 1)]
        return vocoder.Instants(song_s - times_s[0], np.interp(song_s, source_at, source), level, kind)

    f0_hz = 440 * 2 ** ((midi - 69) / 12)
    at_s = _pulse_times(times_s, f0_hz)
    at_s = at_s[np.interp(at_s, voicing_at, voicing) > 0]
    sound = vocoder.pulses(envelopes, _human(instants(at_s), rng), np.interp(at_s, times_s, f0_hz), length)
    frames_s = times_s[0] + np.arange(length // vocoder.NOISE_HOP + 2) * (vocoder.NOISE_HOP / SAMPLE_RATE_HZ)
    air = vocoder.breath(envelopes, instants(frames_s), take.singer.breath_db, length, rng)
    return sound + air * _puffs(times_s, f0_hz, length)


def _puffs(times_s: Curve, f0_hz: Curve, length: int) -> torch.Tensor:
    """Return a gain for the breath noise, [length], with mean power 1.

    Air comes in puffs while the vocal folds are open, and so is heard as part of the voice (D. Hermes,
    "Synthesis of breathy vowels", Speech Communication 10, 1991).
    """
    phase = np.concatenate([[0.0], np.cumsum((f0_hz[1:] + f0_hz[:-1]) / 2 * CONTROL_S)])
    at_s = times_s[0] + np.arange(length) / SAMPLE_RATE_HZ
    turn = torch.from_numpy(np.interp(at_s, times_s, phase) % 1).float()
    gain = 1 + PUFF_DEPTH * torch.cos(2 * math.pi * (turn - OPEN_PHASE))
    return gain / math.sqrt(1 + PUFF_DEPTH**2 / 2)


def _human(at: vocoder.Instants, rng: np.random.Generator) -> vocoder.Instants:
    """Add jitter and shimmer to the pulses: slight variation in time and level, as vocal folds have.

    I. Titze, "Principles of Voice Production", 1994: jitter under 1 %.
    """
    count = len(at.song_s)
    period_s = np.diff(at.song_s, append=at.song_s[-1:])
    song_s = at.song_s + JITTER * rng.standard_normal(count).clip(-2, 2) * np.clip(period_s, 0, 0.01)
    gain = at.gain * 10 ** (SHIMMER_DB * rng.standard_normal(count) / 20)
    return replace(at, song_s=np.maximum(song_s, 0.0), gain=gain)


def _pulse_times(times_s: Curve, f0_hz: Curve) -> Curve:
    """Return the times at which the phase passes whole numbers."""
    phase = np.concatenate([[0.0], np.cumsum((f0_hz[1:] + f0_hz[:-1]) / 2 * CONTROL_S)])
    return np.interp(np.arange(1, int(phase[-1])), phase, times_s)


def _source_map(placed: list[PlacedSegment]) -> tuple[Curve, Curve]:
    """Return the breakpoints of the piecewise-linear map from song time to speech time."""
    points = np.array([point for item in placed for point in item.points])
    return np.maximum.accumulate(points[:, 0]), points[:, 1]


def _kinds(placed: list[PlacedSegment]) -> tuple[npt.NDArray[np.int64], Curve]:
    """Return (index into vocoder.KINDS, song time from which it applies) for the voiced phonemes."""
    voiced = [item for item in placed if item.kind in _KIND_INDEX]
    kinds = np.array([_KIND_INDEX[item.kind] for item in voiced], np.int64)
    return kinds, np.array([item.start_s for item in voiced])


def _voicing(placed: list[PlacedSegment]) -> tuple[Curve, Curve]:
    """Return the breakpoints of the voicing, 0..1 over song time: on in each unbroken voiced run."""
    runs: list[list[float]] = []
    for item in placed:
        if item.kind not in _KIND_INDEX:
            continue
        if runs and item.start_s - runs[-1][1] < 1e-6:
            runs[-1][1] = item.end_s
        else:
            runs.append([item.start_s, item.end_s])
    voiceless = [i for i in placed if i.kind is PhonemeClass.VOICELESS]
    points: list[float] = []
    for start_s, end_s in runs:
        fade = CROSSFADE_S / 2
        followed = any(abs(i.start_s - end_s) < 1e-6 for i in voiceless)
        release = min(fade if followed else RELEASE_S, (end_s - start_s) / 2)
        points += [start_s - fade, min(start_s + fade, end_s - release), end_s - release, end_s + fade]
    return np.maximum.accumulate(points), np.array([0.0, 1.0, 1.0, 0.0] * len(runs))


def voice_rms_of(voiced: torch.Tensor) -> float:
    """Return the RMS level of the voiced part over the 50 ms blocks in which it sounds."""
    block = SAMPLE_RATE_HZ // 20
    energies = torch.diff(voiced.double().square().cumsum(0)[::block]) / block
    sounding = energies[energies > 0.05 * energies.max()] if len(energies) else energies
    return float(sounding.mean().sqrt()) if len(sounding) else 0.0
