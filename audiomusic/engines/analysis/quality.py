"""Measures a take's technical quality, and how well it keeps to its plan.

docs/quality.md describes what is measured and what each fault costs. Only needs numpy; reads any length in
blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from audiomusic.engines.analysis.adherence import KeySpan, key_error, tempo_error
from audiomusic.engines.base import SAMPLE_RATE_HZ

Samples = npt.NDArray[np.float32]
Signal = npt.NDArray[np.floating]

TARGET_LUFS = -14.0
CEILING_DBTP = -1.0
FULL_RANGE_DB = 1.5  # a peak this close to the ceiling leaves no room to be louder
FLOOR_DB = -120.0  # the level of digital silence

BLOCK_FRAMES = 1 << 17
WINDOW_FRAMES = SAMPLE_RATE_HZ // 20  # 50 ms: windows for silence
FFT_FRAMES = 4096
MAX_SPECTRA = 400  # spread over the take; more do not change the average
CLICK_REACH = 2048  # frames on either side that a jump is compared with
MIN_JUMP = 0.05  # smaller third differences are masked
CLICK_BLOCK = 32 * CLICK_REACH
TRUE_PEAK_TAPS = 12  # per phase
PEAK_CELL = 32  # frames oversampled together


@dataclass(frozen=True)
class Fault:
    """A measured figure and its limits: at `fine` there is no fault, at `awful` a full one (severity 1).

    `cost` is the share of the score that a full fault alone takes.
    """

    fine: float
    awful: float
    cost: float

    def severity(self, figure: float) -> float:
        return float(np.clip((figure - self.fine) / (self.awful - self.fine), 0.0, 1.0))


FAULTS = {
    "clipping": Fault(fine=0.0, awful=1e-3, cost=0.6),  # share of samples clipped at full scale
    "true_peak": Fault(fine=0.1, awful=3.0, cost=0.3),  # dB over -1 dBTP
    "dc_offset": Fault(fine=0.002, awful=0.05, cost=0.3),  # of full scale
    "silence": Fault(fine=0.15, awful=0.9, cost=1.0),  # share of windows under -60 dBFS
    "loudness": Fault(fine=1.0, awful=12.0, cost=0.5),  # LU from -14 LUFS
    "click": Fault(fine=40.0, awful=400.0, cost=0.4),  # a jump relative to its surroundings
    "spectrum": Fault(fine=0.0, awful=24.0, cost=0.5),  # dB outside the expected ranges, summed
    "hiss": Fault(fine=0.3, awful=0.8, cost=0.8),  # spectral flatness: white noise has 1
    "mono": Fault(fine=4.0, awful=12.0, cost=0.3),  # dB lost when the channels are summed
    "balance": Fault(fine=3.0, awful=15.0, cost=0.2),  # dB between the channels
    "length": Fault(fine=0.01, awful=0.25, cost=0.5),  # share of the requested length
    "words": Fault(fine=0.02, awful=1.0, cost=0.6),  # share of the lines not sung
    "tempo": Fault(fine=0.02, awful=0.1, cost=0.4),  # relative distance of the pulse from the planned tempo
    "key": Fault(fine=0.2, awful=1.0, cost=0.4),  # how much better another key fits the notes, 0..2
    "wishes": Fault(fine=0.0, awful=1.0, cost=0.7),  # share of the caption's wishes that were missed
}

#: Figures that may be high for a single drum hit or a lone voice: only judged in whole mixes.
MIX_FAULTS = frozenset({"silence", "spectrum", "hiss"})

#: Band in Hz -> expected share of the power in dB. Mixes of any genre are within; a hum, a hiss, a lone beep
#: or missing bass is not.
SANE_BANDS_DB = {
    (20, 120): (-30.0, -0.5),
    (120, 500): (-18.0, -0.3),
    (500, 2000): (-25.0, -1.5),
    (2000, 6000): (-38.0, -4.0),
    (6000, 16000): (-55.0, -7.0),
}


@dataclass(frozen=True)
class QualityReport:
    """`score`: 0.0 unusable to 1.0 faultless. `faults`: severity 0..1 of each fault found (others are
    omitted). `figures`: the measured values, in the units of `FAULTS`."""

    score: float
    faults: dict[str, float]
    figures: dict[str, float]


def score_quality(
    samples: Samples,
    *,
    asked_duration_s: float | None,
    lufs: float | None,
    sung_share: float | None = None,
    bpm: float | None = None,
    keys: Sequence[KeySpan] = (),
    whole_mix: bool = True,
    missed_share: float = 0.0,
) -> QualityReport:
    """Judge a take, float32 [channels, frames] at 48 kHz.

    `asked_duration_s`: None if no length was requested. `lufs`: integrated loudness, None or -inf if there is
    none. `sung_share`: share of the lines that were sung, None if there were none to sing. `bpm`: the planned
    tempo, None if nothing marks it. `keys`: the planned keys in order of time, the first from 0 on; empty if
    nothing is pitched. `whole_mix`: False for one-shots, loops and stems. `missed_share`: the share of the
    provable wishes that the score misses.

    The score starts at 1 and is multiplied by 1 - cost * severity for each fault of `FAULTS`, so one bad
    fault cannot hide behind ten absent ones. It separates a sound file from a broken one and a kept wish from
    a missed one; it cannot tell whether the music is good, and does not try to. Silence and non-finite
    samples score 0.
    """
    if samples.shape[1] == 0 or not np.isfinite(samples).all():
        return QualityReport(0.0, {"unreadable": 1.0}, {})
    figures = _measure(samples) | {
        "loudness": abs((lufs if lufs is not None else FLOOR_DB) - TARGET_LUFS),
        "length": _length_error(samples.shape[1] / SAMPLE_RATE_HZ, asked_duration_s),
        "words": 0.0 if sung_share is None else 1.0 - sung_share,
        "tempo": tempo_error(samples, bpm) if bpm else 0.0,
        "key": key_error(samples, keys) if keys else 0.0,
        "wishes": missed_share,
    }
    if not whole_mix and figures["true_peak"] > -FULL_RANGE_DB:
        figures["loudness"] = 0.0  # a lone hit is as loud as its peak allows
    if figures["silence"] == 1.0:
        return QualityReport(0.0, {"silence": 1.0}, figures)
    judged = {name: fault for name, fault in FAULTS.items() if whole_mix or name not in MIX_FAULTS}
    severities = {name: fault.severity(figures[name]) for name, fault in judged.items()}
    score = float(np.prod([1.0 - judged[name].cost * severities[name] for name in judged]))
    faults = {name: round(severity, 3) for name, severity in severities.items() if severity > 0}
    return QualityReport(round(score, 3), faults, {name: round(value, 6) for name, value in figures.items()})


def true_peak_dbtp(samples: Samples) -> float:
    """Return the highest level on and between samples, 4 times oversampled, in dBTP.

    Follows ITU-R BS.1770-5 annex 2, with a windowed sinc of 12 taps per phase. Only cells that can exceed the
    known peak are oversampled: no others can hold the true peak.
    """
    highest = float(max(samples.max(), -samples.min()))
    for block in _blocks(samples, overlap=TRUE_PEAK_TAPS + PEAK_CELL):
        for channel in block:
            highest = max(highest, _between(channel, highest))
    return _db(highest)


def click_crest(samples: Samples) -> float:
    """Return the largest jump relative to its surroundings: music stays under 40, an edit error is in the
    hundreds.

    The third difference removes smooth movement. Its largest value in each stretch is divided by its RMS
    within 43 ms on either side, excluding the jump itself.
    """
    highest = 0.0
    for start in range(0, samples.shape[1], CLICK_BLOCK):
        before = min(start, CLICK_REACH)
        jumps = np.abs(np.diff(samples[:, start - before : start + CLICK_BLOCK + CLICK_REACH + 3], n=3))
        for channel in jumps:
            crests = (
                _crest_at(channel, place)
                for place in _largest_jumps(channel, before, min(before + CLICK_BLOCK, len(channel)))
            )
            highest = max(highest, *crests, 0.0)
    return highest


def band_levels_db(power: Signal) -> dict[tuple[int, int], float]:
    """Return the share of a power spectrum, in dB, in each band of `SANE_BANDS_DB`."""
    total = float(power[_bins_hz() >= 20].sum())
    return {
        (low_hz, high_hz): _db(float(power[_in_band(low_hz, high_hz)].sum()) / total, 10)
        if total
        else FLOOR_DB
        for low_hz, high_hz in SANE_BANDS_DB
    }


def flatness(power: Signal) -> float:
    """Return the geometric over the arithmetic mean of a power spectrum, 100 Hz to 10 kHz: 0 for a tone, 1
    for white noise."""
    band = power[_in_band(100, 10_000)]
    mean = float(band.mean())
    return float(np.exp(np.log(band + mean * 1e-12).mean())) / mean if mean else 0.0


def _measure(samples: Samples) -> dict[str, float]:
    power = _mean_power_spectrum(samples.mean(axis=0))
    return {
        "clipping": _clipped_share(samples),
        "true_peak": true_peak_dbtp(samples) - CEILING_DBTP,
        "dc_offset": float(np.abs(samples.mean(axis=1, dtype=np.float64)).max()),
        "silence": _silent_share(samples),
        "click": click_crest(samples),
        "spectrum": _spectrum_error_db(power),
        "hiss": flatness(power),
        "mono": _mono_loss_db(samples),
        "balance": _channel_difference_db(samples),
    }


def _db(value: float, factor: float = 20) -> float:
    return max(FLOOR_DB, factor * float(np.log10(value))) if value > 0 else FLOOR_DB


def _blocks(samples: Samples, overlap: int = 0) -> Iterator[Samples]:
    """Yield blocks of BLOCK_FRAMES, each extended by `overlap` frames of the next."""
    for start in range(0, samples.shape[1], BLOCK_FRAMES):
        yield samples[:, start : start + BLOCK_FRAMES + overlap]


@cache
def _phases() -> tuple[Signal, ...]:
    """Return the filters that interpolate at 1/4, 1/2 and 3/4 between samples."""
    taps = np.arange(TRUE_PEAK_TAPS) - TRUE_PEAK_TAPS // 2 + 1
    filters = []
    for share in (0.25, 0.5, 0.75):
        away = taps - share
        window = 0.5 + 0.5 * np.cos(np.pi * away / (TRUE_PEAK_TAPS / 2))
        taper = np.sinc(away) * window
        filters.append((taper / taper.sum())[::-1].astype(np.float32))
    return tuple(filters)


@cache
def _most_gain() -> float:
    """Return the largest factor by which an interpolated value can exceed the samples around it."""
    return max(float(np.abs(phase).sum()) for phase in _phases())


def _between(channel: Signal, known: float) -> float:
    """Return the largest interpolated value where it may exceed `known`; otherwise 0."""
    count = max(0, (len(channel) - TRUE_PEAK_TAPS) // PEAK_CELL)
    if not count:
        return max((float(np.abs(_interpolated(channel, p)).max(initial=0)) for p in _phases()), default=0.0)
    cells = np.lib.stride_tricks.sliding_window_view(channel, PEAK_CELL + TRUE_PEAK_TAPS - 1)[::PEAK_CELL]
    loud = np.abs(channel[: count * PEAK_CELL]).reshape(count, PEAK_CELL).max(axis=1)
    beyond = np.append(loud[1:], np.abs(channel[count * PEAK_CELL :]).max(initial=0))
    chosen = cells[:count][np.maximum(loud, beyond) * _most_gain() > known]
    return max((float(np.abs(_interpolated(chosen, p)).max(initial=0)) for p in _phases()), default=0.0)


def _interpolated(pieces: Signal, phase: Signal) -> Signal:
    """Return the valid part of pieces [..., n] filtered by one of `_phases`."""
    kept = pieces.shape[-1] - TRUE_PEAK_TAPS + 1
    if kept <= 0:
        return np.zeros(0, np.float32)
    out = pieces[..., :kept] * phase[-1]
    for tap in range(1, TRUE_PEAK_TAPS):
        out += pieces[..., tap : tap + kept] * phase[-1 - tap]
    return np.asarray(out)


def _clipped_share(samples: Samples) -> float:
    """Return the share of samples in runs of three or more at full scale."""
    clipped = 0
    for block in _blocks(samples, overlap=2):
        full = np.abs(block) >= 0.999
        clipped += int((full[:, :-2] & full[:, 1:-1] & full[:, 2:]).sum())
    return clipped / samples.size


def _silent_share(samples: Samples) -> float:
    frames = min(WINDOW_FRAMES, samples.shape[1])
    count = samples.shape[1] // frames
    windows = [channel[: count * frames].reshape(count, frames) for channel in samples]
    power = sum(np.einsum("wf,wf->w", window, window) for window in windows) / (frames * len(windows))
    return float((power < 1e-6).mean())


def _largest_jumps(jumps: Signal, first: int, last: int) -> Iterator[int]:
    """Yield the position of the largest jump in each stretch from `first` to `last`, if it is large
    enough."""
    for start in range(first, last, 2 * CLICK_REACH):
        position = start + int(jumps[start : min(last, start + 2 * CLICK_REACH)].argmax())
        if jumps[position] > MIN_JUMP:
            yield position


def _crest_at(jumps: Signal, position: int) -> float:
    start = max(0, position - CLICK_REACH)
    around = jumps[start : position + CLICK_REACH].astype(np.float64)
    at = position - start
    rest = np.delete(around, np.s_[max(0, at - 4) : at + 5])
    rms = float(np.sqrt(np.square(rest).mean())) if rest.size else 0.0
    return float(jumps[position]) / max(rms, 1e-4)


def _bins_hz() -> Signal:
    return np.fft.rfftfreq(FFT_FRAMES, 1 / SAMPLE_RATE_HZ)


def _in_band(low_hz: float, high_hz: float) -> npt.NDArray[np.bool_]:
    hz = _bins_hz()
    return (hz >= low_hz) & (hz < high_hz)


def _mean_power_spectrum(mono: Signal) -> Signal:
    if len(mono) < FFT_FRAMES:
        mono = np.pad(mono, (0, FFT_FRAMES - len(mono)))
    last = len(mono) - FFT_FRAMES
    starts = np.unique(np.linspace(0, last, min(MAX_SPECTRA, last // FFT_FRAMES + 1)).astype(int))
    window = np.hanning(FFT_FRAMES)
    total = np.zeros(FFT_FRAMES // 2 + 1)
    for start in starts:
        total += np.abs(np.fft.rfft(mono[start : start + FFT_FRAMES] * window)) ** 2
    return total / len(starts)


def _spectrum_error_db(power: Signal) -> float:
    """Return by how many dB the bands are outside their expected ranges, summed."""
    levels = band_levels_db(power)
    return sum(
        max(0.0, low_db - levels[band], levels[band] - high_db)
        for band, (low_db, high_db) in SANE_BANDS_DB.items()
    )


def _power(signal: Signal) -> float:
    return float(np.dot(signal, signal)) / len(signal)


def _mono_loss_db(samples: Samples) -> float:
    """Return the level lost in the sum of the channels: 0 dB for mono, 3 for uncorrelated channels."""
    apart = float(np.mean([_power(channel) for channel in samples]))
    together = _power(samples.mean(axis=0))
    return min(-FLOOR_DB, max(0.0, _db(apart, 10) - _db(together, 10)))


def _channel_difference_db(samples: Samples) -> float:
    levels_db = [_db(_power(channel), 10) for channel in samples]
    return max(levels_db) - min(levels_db)


def _length_error(duration_s: float, asked_duration_s: float | None) -> float:
    if not asked_duration_s:
        return 0.0
    return abs(duration_s - asked_duration_s) / asked_duration_s
