"""Independent measurements of finished audio by third-party programs and plain formulas.

None of this shares code with the engine. The judges are development dependencies, so each is imported where
it is used.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
import numpy.typing as npt

from audiomusic.engines.theory import PITCH_NAMES

Array = npt.NDArray[Any]

JUDGES = (
    "scipy", "librosa", "pyloudnorm", "pocketsphinx", "pyworld", "faster_whisper", "speechmos",
)  # fmt: skip
#: numba compiles these at their first import and caches the result. Two processes that do this at the same
#: time leave code that crashes on loading (its issue 10128), so one process must do it first.
COMPILED = ("librosa.util.utils", "librosa.beat", "librosa.core.pitch")
RATE_HZ = 22_050  # librosa's input
SPEECH_RATE_HZ = 16_000  # pocketsphinx's input
#: Probe-tone ratings of Krumhansl and Kessler (1982), from the tonic upwards.
KEY_PROFILES = {
    "Major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "Minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
BANDS_HZ = (0, 60, 120, 250, 500, 1000, 2000, 4000, 8000, 24_000)
CLICK_ALONE_S, CLICK_WIDTH_S = 0.03, 0.0003  # a click stands alone for this long (a low saw has 33 a second)
CLICK_RATIO, CLICK_LEAST = 6.0, 0.02
TEMPO_OCTAVES = (0.5, 1.0, 2.0)
VOICE_BAND_HZ = (90.0, 1000.0)  # strong in every vowel
VOICE_F0_HZ = (90.0, 500.0)
ONSET_WINDOW_S = 0.024
ONSET_BEFORE_S, ONSET_AFTER_S = 0.06, 0.12  # around a note, where its vowel is searched


class JudgeMissing(RuntimeError):
    """A program that judges the audio is not installed."""


def call_judges() -> None:
    """Check that all judges are installed and compiled. Raises JudgeMissing with the first missing one."""
    for name in JUDGES + COMPILED:
        judge(name)


def judge(name: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pyworld imports pkg_resources
            return import_module(name)
    except ImportError as error:
        raise JudgeMissing(
            f"{name} is wanted to judge the sound, and is not installed: "
            "it comes with the development packages of requirements-dev.txt"
        ) from error


def resampled(mono: Array, rate_hz: int, to_hz: int) -> Array:
    divisor = int(np.gcd(rate_hz, to_hz))
    low: Array = judge("scipy.signal").resample_poly(mono, to_hz // divisor, rate_hz // divisor)
    return low


def tempo_bpm(mono: Array) -> float:
    """Return the beat tracker's tempo for audio at RATE_HZ."""
    tempo, _ = judge("librosa").beat.beat_track(y=mono, sr=RATE_HZ)
    return float(np.atleast_1d(tempo)[0])


def is_tempo(found_bpm: float, wanted_bpm: float, tolerance: float = 0.04) -> bool:
    """Return whether the tempo is the same, or twice or half as fast."""
    return any(abs(found_bpm * octave / wanted_bpm - 1) <= tolerance for octave in TEMPO_OCTAVES)


def chroma_of(mono: Array) -> Array:
    """Return the mean energy by pitch class of audio at RATE_HZ: [12]."""
    librosa = judge("librosa")
    chroma = librosa.feature.chroma_cqt(y=librosa.effects.harmonic(mono), sr=RATE_HZ)
    mean: Array = chroma.mean(axis=1)
    return mean


def key_of(chroma: Array) -> str:
    """Return the key whose profile best matches the pitch classes, such as "C Major"."""
    fits = {
        f"{PITCH_NAMES[tonic]} {mode}": float(np.corrcoef(np.roll(profile, tonic), chroma)[0, 1])
        for tonic in range(12)
        for mode, profile in KEY_PROFILES.items()
    }
    return max(fits, key=lambda key: fits[key])


def key_score(found: str, wanted: str) -> float:
    """Return 1 for the key itself, 0.5 for its relative or a fifth up or down, else 0."""
    if found == wanted:
        return 1.0
    tonic, mode = wanted.split()
    place = PITCH_NAMES.index(tonic)
    relative = (place + 9, "Minor") if mode == "Major" else (place + 3, "Major")
    neighbours = [(place + 7, mode), (place + 5, mode), relative]
    return 0.5 if found in [f"{PITCH_NAMES[n % 12]} {m}" for n, m in neighbours] else 0.0


def lufs(samples: Array, rate_hz: int) -> float:
    """Return the integrated loudness of [2, n] by ITU-R BS.1770, with the standard's exact filter."""
    meter = judge("pyloudnorm").Meter(rate_hz, filter_class="DeMan")
    return float(meter.integrated_loudness(samples.T.astype(np.float64)))


def true_peak_db(samples: Array) -> float:
    """Return the peak including between samples, with eight times oversampling."""
    peak = np.abs(judge("scipy.signal").resample_poly(samples, 8, 1, axis=1)).max()
    return float(20 * np.log10(max(peak, 1e-9)))


def count_clicks(mono: Array, rate_hz: int) -> int:
    """Count spikes of the third difference that their surroundings do not explain, unlike a drum's attack."""
    jumps = np.abs(np.diff(mono.astype(np.float64), n=3))
    width, alone = round(CLICK_WIDTH_S * rate_hz), round(CLICK_ALONE_S * rate_hz)
    clicks, last = 0, -alone
    for place in np.flatnonzero(jumps > CLICK_LEAST):
        around = np.concatenate(
            [jumps[max(0, place - alone) : max(0, place - width)], jumps[place + width : place + alone]]
        )
        if place - last >= alone and around.size and jumps[place] > CLICK_RATIO * around.max():
            clicks, last = clicks + 1, int(place)
    return clicks


def features_of(mono: Array, chroma: Array, bpm: float) -> Array:
    """Return features by which a listener without musical training could tell genres: timbre, bands, density,
    tempo.
    """
    librosa = judge("librosa")
    spectrum = np.abs(librosa.stft(mono))
    mel = librosa.power_to_db(librosa.feature.melspectrogram(S=spectrum**2, sr=RATE_HZ))
    mfcc = librosa.feature.mfcc(S=mel, n_mfcc=13)
    contrast = librosa.feature.spectral_contrast(S=spectrum, sr=RATE_HZ)
    onsets = librosa.onset.onset_strength(S=mel, sr=RATE_HZ)
    frequencies = librosa.fft_frequencies(sr=RATE_HZ)
    power = (spectrum**2).sum(axis=1)
    bands = [power[(frequencies >= low) & (frequencies < high)].sum() for low, high in _pairs(BANDS_HZ)]
    bands_db = 10 * np.log10(np.array(bands) / power.sum() + 1e-9)
    rates = [len(librosa.onset.onset_detect(onset_envelope=onsets, sr=RATE_HZ)) / len(onsets)]
    pitches = np.sort(chroma / chroma.sum())
    return np.concatenate(
        [mfcc.mean(1), mfcc.std(1), contrast.mean(1), contrast.std(1), bands_db, pitches,
         [onsets.mean(), onsets.std(), np.log2(bpm), *rates]]
    )  # fmt: skip


def _pairs(values: Sequence[int]) -> Iterator[tuple[int, int]]:
    return zip(values, values[1:], strict=False)


def classified(features: Array, labels: Sequence[str], folds: Sequence[int], shrinkage: float = 0.3) -> Array:
    """Return which rows [n, d] a linear discriminant classifies correctly, each trained on the other folds.

    The pooled covariance is shrunk towards its diagonal, because there are few rows: bool [n].
    """
    right = np.zeros(len(labels), bool)
    names, marks = np.array(labels), np.array(folds)
    for fold in np.unique(marks):
        known, asked = marks != fold, marks == fold
        mean, spread = features[known].mean(0), features[known].std(0) + 1e-9
        train, test = (features[known] - mean) / spread, (features[asked] - mean) / spread
        classes = np.unique(names[known])
        centres = np.stack([train[names[known] == name].mean(0) for name in classes])
        within = train - centres[np.searchsorted(classes, names[known])]
        covariance = within.T @ within / len(within)
        covariance = (1 - shrinkage) * covariance + shrinkage * np.diag(np.diag(covariance) + 1e-3)
        apart = test[:, None, :] - centres[None]
        distances = np.einsum("ncd,de,nce->nc", apart, np.linalg.inv(covariance), apart)
        right[asked] = classes[distances.argmin(axis=1)] == names[asked]
    return right


@contextmanager
def closed_set(lines: Sequence[str]) -> Iterator[Any]:
    """Yield a recognizer that knows exactly these lines, all equally likely."""
    pocketsphinx = judge("pocketsphinx")
    model = Path(pocketsphinx.get_model_path()) / "en-us"
    with NamedTemporaryFile("w", suffix=".gram") as grammar:
        grammar.write(f"#JSGF V1.0;\ngrammar lines;\npublic <line> = {' | '.join(lines)};\n")
        grammar.flush()
        yield pocketsphinx.Decoder(
            hmm=str(model / "en-us"), dict=str(model / "cmudict-en-us.dict"), jsgf=grammar.name, lm=None,
            loglevel="FATAL",
        )  # fmt: skip


def heard_line(decoder: Any, mono: Array, rate_hz: int) -> str | None:
    """Return the line that the recognizer hears, or None."""
    low = np.pad(resampled(mono, rate_hz, SPEECH_RATE_HZ), 3200)
    low = low / max(1.0, float(np.abs(low).max())) + np.random.default_rng(0).standard_normal(len(low)) * 1e-4
    decoder.start_utt()
    decoder.process_raw((low * 30_000).astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return hypothesis.hypstr if hypothesis else None


def pitch_track(mono: Array, rate_hz: int) -> tuple[Array, Array]:
    """Return (times in seconds, f0 in Hz or 0 where unvoiced), every 5 ms, by WORLD's harvest."""
    low = resampled(mono, rate_hz, SPEECH_RATE_HZ).astype(np.float64)
    f0_hz, times_s = judge("pyworld").harvest(low, SPEECH_RATE_HZ, 60.0, 800.0, 5.0)
    return times_s, f0_hz


def voice_onsets_s(mono: Array, rate_hz: int, near_s: Array) -> Array:
    """Return when a voice begins around each of `near_s`: where its periodic part, which excludes breath and
    consonants, first reaches a quarter of its local maximum power: [n].
    """
    hop, width = round(0.002 * rate_hz), round(ONSET_WINDOW_S * rate_hz)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(mono, width // 2), width)[::hop]
    spectra = np.square(np.abs(np.fft.rfft(frames * np.hanning(width), 2 * width)))
    bins_hz = np.fft.rfftfreq(2 * width, 1 / rate_hz)
    spectra *= (bins_hz > VOICE_BAND_HZ[0]) & (bins_hz < VOICE_BAND_HZ[1])
    shortest, longest = (round(rate_hz / f0_hz) for f0_hz in VOICE_F0_HZ[::-1])
    repeating = np.fft.irfft(spectra)[:, shortest:longest].max(axis=1)
    times_s = np.arange(len(repeating)) * hop / rate_hz
    found = []
    for wanted_s in near_s:
        near = (times_s > wanted_s - ONSET_BEFORE_S) & (times_s < wanted_s + ONSET_AFTER_S)
        found.append(times_s[near][np.argmax(repeating[near] > 0.25 * repeating[near].max())])
    return np.array(found)
