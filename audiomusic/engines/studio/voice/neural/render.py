"""One English line's sound, by the network: pitch, loudness, throat and consonants put together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from audiomusic.engines.studio.voice.expression import CONTROL_S, Curve, gain_curve_db, pitch_curve
from audiomusic.engines.studio.voice.neural import sound
from audiomusic.engines.studio.voice.neural.frames import Frames, frames_of
from audiomusic.engines.studio.voice.neural.network import BINS, FRAME_S, Filters, load_network
from audiomusic.engines.studio.voice.neural.reading import NeuralSpeech
from audiomusic.engines.studio.voice.neural.source import pulses
from audiomusic.engines.studio.voice.phonemes import PhonemeClass
from audiomusic.engines.studio.voice.take import SungTake

LEAD_IN_S, TAIL_S = 0.1, 0.06  # the network's frames round the sound
TOLD_AT_MOST_HZ = 330.0  # it never heard higher speech: above, it would leave its consonants out
OPEN = (PhonemeClass.VOWEL, PhonemeClass.SONORANT)
BREATH_DB = -4.0  # of what has a phase of its own, in vowels: there its phases would repeat, and buzz
#: A sung vowel is at its loudness at once: so much of the spoken swell is taken out of it.
LEVELLED, LEVEL_DB = 0.8, (-5.0, 9.0)
LEVEL_PERCENTILE = 70
LEVEL_BINS = slice(5, 50)  # 100 to 1000 Hz, where the vowels' power is
_NEPER_DB = 20 / np.log(10)


def sung_line(take: SungTake, rng: np.random.Generator) -> tuple[float, torch.Tensor]:
    """(start in song seconds, samples float32 [n]) of one line that the network has read, at any level."""
    speech = take.speech
    assert isinstance(speech, NeuralSpeech)
    start_s = take.placed[0].start_s - LEAD_IN_S
    end_s = max(take.placed[-1].end_s, take.notes[-1].end_s) + TAIL_S
    frames = frames_of(take.placed, speech, start_s, end_s)
    count = frames.count * sound.HOP
    times_s = start_s + np.arange(int(frames.count * FRAME_S / CONTROL_S) + 2) * CONTROL_S
    midi = pitch_curve(take.notes, times_s, take.singer, take.manner, rng)
    gain_db = gain_curve_db(take.notes, take.stresses, times_s, take.manner, rng)
    f0_hz = 440 * 2 ** ((midi - 69) / 12)
    filters, is_voiced = _filters(take, speech, frames, np.interp(frames.centres_s, times_s, f0_hz))
    samples = _sounded(
        take, frames, filters, is_voiced, sound.per_sample(times_s, f0_hz, start_s, count), rng
    )
    gain = 10 ** (sound.per_sample(times_s, gain_db, start_s, count) / 20)
    return start_s, samples * torch.from_numpy(gain).float()


def _filters(
    take: SungTake, speech: NeuralSpeech, frames: Frames, f0_hz: Curve
) -> tuple[Filters, npt.NDArray[np.bool_]]:
    network = load_network()
    assert speech.encoded is not None
    spoken_hz, effort = network.effort(speech.encoded.effort[:, frames.token[::2]])
    is_voiced = frames.are(*OPEN) | (
        frames.are(PhonemeClass.VOICED_FRICATIVE, PhonemeClass.VOICED_STOP) & (spoken_hz > 40)
    )
    told_hz = np.where(is_voiced, np.minimum(f0_hz * take.singer.told_pitch, TOLD_AT_MOST_HZ), 0)
    return network.decode(
        speech.encoded.decoder[:, frames.token], told_hz.astype(np.float32), effort
    ), is_voiced


def _sounded(
    take: SungTake,
    frames: Frames,
    filters: Filters,
    is_voiced: npt.NDArray[np.bool_],
    f0_hz: Curve,
    rng: np.random.Generator,
) -> torch.Tensor:
    """The filters excited at `f0_hz`, a value a sample."""
    shift = take.singer.neural_shift
    voiced, free = (
        sound.warped(torch.from_numpy(each), shift).clamp_max(sound.LOUDEST)
        for each in (filters.voiced, filters.free)
    )
    lift = torch.from_numpy(_levelling_db(take, frames, filters.voiced) / _NEPER_DB).float()
    voiced, free = voiced + lift, free + lift
    f0_hz = f0_hz * np.repeat(is_voiced, sound.HOP)
    spectra = sound.voiced_spectra(
        pulses(np.maximum(f0_hz, 40.0)) * torch.from_numpy(f0_hz > 0), frames.count
    )
    spectra = spectra * torch.exp(voiced)
    steady = torch.from_numpy(np.convolve(frames.are(*OPEN), np.ones(3) / 3, "same")).float()
    noise = sound.random_phases(rng, BINS, frames.count) * 10 ** (BREATH_DB / 20)
    phases = torch.polar(torch.ones(BINS, frames.count), torch.from_numpy(filters.phase))
    amplitude = torch.exp(free)
    spectra = spectra + amplitude * (torch.sqrt(1 - steady) * phases + torch.sqrt(steady) * noise)
    return sound.to_sound(sound.with_air(spectra, amplitude, rng))


def _levelling_db(take: SungTake, frames: Frames, voiced: npt.NDArray[np.float32]) -> Curve:
    power_db = 10 * np.log10(np.exp(2 * np.minimum(voiced[LEVEL_BINS], sound.LOUDEST)).sum(0) + 1e-9)
    lift_db = np.zeros(frames.count)
    for item in take.placed:
        if item.kind is PhonemeClass.VOWEL:
            first, stop = np.searchsorted(frames.centres_s, (item.start_s - FRAME_S / 2, item.end_s))
            if stop - first > 3:
                level_db = np.percentile(power_db[first:stop], LEVEL_PERCENTILE)
                lift_db[first:stop] = np.clip(LEVELLED * (level_db - power_db[first:stop]), *LEVEL_DB)
    return np.convolve(lift_db, [0.25, 0.5, 0.25], "same")
