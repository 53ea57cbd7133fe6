"""The finished master: no DC, mono bass, gentle glue compression, -14 LUFS, true peak at most -1.5 dBTP.

Everything works in place on float32 [2, n] in pieces; only control curves cover the whole song. A loop is
treated as a ring. Pieces are independent, so a pool can process several at once (`Each`), and their results
are joined in order.

Measurements of the whole mix are returned as `MasterCurves`. Once they are known, everything here is linear:
parts of the mix processed with them (`apply_curves`) add up to the master.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ, Monitor
from audiomusic.engines.loudness import (
    HOP_S,
    HOPS_PER_BLOCK,
    SILENCE_LUFS,
    gated_loudness,
    hop_powers,
    oversampled_peaks,
)
from audiomusic.engines.studio.mix import MixSettings, stretch
from audiomusic.engines.studio.synth.signals import FIR_REACH, falling_max, fir_filter, sliding_max, smooth
from audiomusic.engines.studio.synth.tone import Bounds, correction_db, tone_fir
from audiomusic.engines.studio.synth.tone import Curve as ToneCurve
from audiomusic.engines.units import db_to_gain, seconds_to_samples

TARGET_LUFS = -14.0
TOLERANCE_LU = 0.05
CEILING_DBTP = -1.5
HIGHEST_GAIN_DB = 40.0  # anything too quiet for this gain stays quiet
PASSES = 8  # one or two for music; only bare drums need more

PIECE = 9 * SAMPLE_RATE_HZ  # samples processed at once: a whole number of hops of every control curve
LIMITER_HOP = 16
LOOK_AHEAD_HOPS = 12  # 4 ms
RELEASE_DB_PER_S = 90.0
RELEASE_REACH_S = 0.25
LOW_CUT_SLOPE = 3.0
BASS_HZ, MOST_BASS_DB = 80.0, 0.0  # do not boost bass that no instrument played
GLUE_HOP = 160
GLUE_SMOOTH_S = 0.06
GLUE_ABOVE_DB = 0.0  # threshold above the mean level
HOP = round(HOP_S * SAMPLE_RATE_HZ)
HISTORY = 2 * HOP  # samples before a piece that the loudness filter needs
PEAK_CONTEXT = 32  # samples that interpolation needs on each side
RING_S = 1.0  # how much of a loop's other end the control curves see

FADE_SHARE, SHORTEST_FADE_S, LONGEST_FADE_S = 0.005, 0.05, 0.6
FADE_IN_S, LOUD_START = 0.01, 0.02

Master = npt.NDArray[np.float32]
T = TypeVar("T")


class Each(Protocol):
    """`map` or a pool's `map`: results in order."""

    def __call__(self, function: Callable[[slice], T], pieces: Iterable[slice], /) -> Iterator[T]: ...


@dataclass(frozen=True, eq=False)
class MasterCurves:
    """The measurements with which a whole mix was mastered. None: that step did nothing."""

    tone_db: ToneCurve
    glue: Tensor | None  # gains, one every GLUE_HOP samples
    limiter: Tensor | None  # gains, one every LIMITER_HOP samples
    fades_in: bool  # the mix starts so loud that its start was faded in


@dataclass
class Ring:
    """How to read beyond the ends: wrap around in a loop, silence otherwise."""

    loop: bool

    def padded(self, values: Tensor, width: int, outside: float) -> Tensor:
        """Return a 1-D control curve with `width` extra points on each side."""
        if self.loop:
            around = torch.arange(-width, len(values) + width) % len(values)
            return values[around]
        return torch.nn.functional.pad(values, (width, width), value=outside)


def _pieces(n: int) -> Iterator[slice]:
    for start in range(0, n, PIECE):
        yield slice(start, min(start + PIECE, n))


def _around(master: Master, start: int, stop: int, loop: bool) -> Tensor:
    """Copy samples start..stop, which may extend beyond the ends."""
    n = master.shape[1]
    if loop:
        return torch.from_numpy(master[:, np.arange(start, stop) % n])
    inside = torch.from_numpy(master[:, max(0, start) : min(n, stop)].copy())
    return torch.nn.functional.pad(inside, (max(0, -start), max(0, stop - n)))


def tidy(master: Master, settings: MixSettings, loop: bool, each: Each = map) -> ToneCurve:
    """Remove rumble, make the bass mono, and set tone and width, in place. Return the tone correction."""
    bounds = Bounds(settings.most_balance_db, BASS_HZ, MOST_BASS_DB)
    tone_db = correction_db(_middles(master), settings.balance, bounds)
    set_tone(master, tone_db, settings, loop, each)
    return tone_db


def set_tone(master: Master, tone_db: ToneCurve, settings: MixSettings, loop: bool, each: Each = map) -> None:
    """Filter mid and side with a tone correction and their low cuts, in place. The operation is linear."""
    middle_fir = tone_fir(tone_db, settings.low_cut_hz, LOW_CUT_SLOPE)
    side_fir = tone_fir(tone_db, settings.side_low_cut_hz, LOW_CUT_SLOPE) * db_to_gain(settings.width_db)
    n = master.shape[1]
    borders = {
        border: (
            _around(master, border - FIR_REACH, border, loop),
            _around(master, border, border + FIR_REACH, loop),
        )
        for border in (*range(0, n, PIECE), n)
    }

    def shape(piece: slice) -> None:
        now = torch.from_numpy(master[:, piece])
        left, right = torch.cat([borders[piece.start][0], now, borders[piece.stop][1]], dim=1)
        middle = fir_filter((left + right).unsqueeze(0) / 2, middle_fir)[0, FIR_REACH:-FIR_REACH]
        side = fir_filter((left - right).unsqueeze(0) / 2, side_fir)[0, FIR_REACH:-FIR_REACH]
        torch.add(middle, side, out=now[0])
        torch.sub(middle, side, out=now[1])

    for _ in each(shape, _pieces(n)):
        pass


def _middles(master: Master) -> Iterator[Tensor]:
    """Yield the mid channel in pieces."""
    return (torch.from_numpy(master[:, piece].mean(axis=0)) for piece in _pieces(master.shape[1]))


def remove_dc(master: Master) -> None:
    """Subtract each channel's mean, in place."""
    total = sum(master[:, piece].sum(axis=1, dtype=np.float64) for piece in _pieces(master.shape[1]))
    mean = (total / max(1, master.shape[1])).astype(np.float32)
    for piece in _pieces(master.shape[1]):
        master[:, piece] -= mean[:, None]


def _hop_levels(master: Master, hop: int) -> Tensor:
    """Mean power of both channels per hop: float32 [hops]."""
    powers = []
    for piece in _pieces(master.shape[1]):
        wave = torch.from_numpy(master[:, piece])
        wave = torch.nn.functional.pad(wave, (0, -wave.shape[1] % hop))
        powers.append(wave.reshape(2, -1, hop).square().mean((0, 2)))
    return torch.cat(powers)


def _apply(master: Master, curve: Tensor, hop: int, each: Each) -> None:
    """Multiply by a curve with a point every `hop` samples, the first at sample 0, in place."""

    def multiply(piece: slice) -> None:
        master[:, piece] *= _gain_of(curve, hop, piece).numpy()

    for _ in each(multiply, _pieces(master.shape[1])):
        pass


def _gain_of(curve: Tensor, hop: int, piece: slice) -> Tensor:
    first, last = piece.start // hop, -(-piece.stop // hop)
    return stretch(curve[first : last + 1], hop)[: piece.stop - piece.start]


def glue(master: Master, depth_db: float, loop: bool, each: Each = map) -> Tensor | None:
    """Compress by 2:1 above the song's mean level, by at most `depth_db`, in place. Return the gains, one
    every GLUE_HOP samples."""
    width = seconds_to_samples(GLUE_SMOOTH_S, SAMPLE_RATE_HZ) // GLUE_HOP
    power = _hop_levels(master, GLUE_HOP)
    sounding = power[power > 1e-8]
    if not depth_db or not sounding.numel():
        return None
    level = smooth(Ring(loop).padded(power, width, 0.0), width)[width:-width]
    over_db = (10 * torch.log10(level / sounding.mean() + 1e-9) - GLUE_ABOVE_DB).clamp(min=0)
    reduction_db = depth_db * torch.tanh(over_db / 2 / depth_db)
    curve = torch.exp(reduction_db * (-math.log(10) / 20))
    # Hop k's level belongs to its middle; applying it half a hop early is close enough.
    closing = curve[:1] if loop else curve[-1:]
    curve = torch.cat([curve, closing])
    _apply(master, curve, GLUE_HOP, each)
    return curve


def peak_cells(master: Master, loop: bool, each: Each = map) -> Tensor:
    """Return the true peak of every LIMITER_HOP samples: float32 [cells]."""

    def measure(piece: slice) -> Tensor:
        wave = _around(master, piece.start - PEAK_CONTEXT, piece.stop + PEAK_CONTEXT, loop)
        peaks = oversampled_peaks(wave, LIMITER_HOP)
        skip = PEAK_CONTEXT // LIMITER_HOP
        return peaks[skip : skip + -(-(piece.stop - piece.start) // LIMITER_HOP)]

    return torch.cat(list(each(measure, _pieces(master.shape[1]))))


def limiter_curve(cells: Tensor, gain: float, ceiling: float, loop: bool) -> Tensor:
    """Return the gain at every cell's start (and one more) that keeps peaks times `gain` under the ceiling.

    Each cell's gain is interpolated between two neighbouring points, so both must be low enough. The
    reduction is held over the look-ahead and one more cell, released at a constant rate, and averaged over
    the look-ahead. The average only drops where the held reduction has already dropped.
    """
    reach = int(RELEASE_REACH_S * SAMPLE_RATE_HZ / LIMITER_HOP)
    ring = int(RING_S * SAMPLE_RATE_HZ / LIMITER_HOP) if loop else reach
    need_db = 20 * torch.log10((cells * (gain / ceiling)).clamp(min=1.0))
    need_db = Ring(loop).padded(need_db, ring, 0.0)
    held = sliding_max(need_db, LOOK_AHEAD_HOPS + 1, LOOK_AHEAD_HOPS + 1)
    held = falling_max(held, RELEASE_DB_PER_S * LIMITER_HOP / SAMPLE_RATE_HZ, reach)
    curve = torch.exp(smooth(held, LOOK_AHEAD_HOPS) * (-math.log(10) / 20)) * gain
    return curve[ring : ring + len(cells) + 1]


def _loudness(master: Master, curve: Tensor | None, each: Each) -> float:
    """Return the loudness as it is, or with a gain curve, without applying it."""

    def measure(piece: slice) -> Tensor:
        start = max(0, piece.start - HISTORY)
        wave = torch.from_numpy(master[:, start : piece.stop])
        if curve is not None:
            wave = wave * _gain_of(curve, LIMITER_HOP, slice(start, piece.stop))
        return hop_powers(wave)[(piece.start - start) // HOP :]

    return _short_safe(torch.cat(list(each(measure, _pieces(master.shape[1])))))


def _short_safe(hops: Tensor) -> float:
    """Return the gated loudness, even of audio shorter than one gating block."""
    return gated_loudness(torch.nn.functional.pad(hops, (0, max(0, HOPS_PER_BLOCK - len(hops)))))


def level(
    master: Master, loop: bool, monitor: Monitor, each: Each = map, *, least_step_lu: float | None = None
) -> float:
    """Bring the master to TARGET_LUFS under CEILING_DBTP in place. Return the loudness reached.

    Silence stays silent. Loudness lost in the limiter is made up in a few more passes. With `least_step_lu`,
    stop once a pass gains less than that, as happens with noise.
    """
    return limited(master, loop, monitor, each, least_step_lu=least_step_lu)[0]


def limited(
    master: Master, loop: bool, monitor: Monitor, each: Each = map, *, least_step_lu: float | None = None
) -> tuple[float, Tensor | None]:
    """Like `level`; return the loudness and the gains, one per LIMITER_HOP samples, or None for silence."""
    ceiling = db_to_gain(CEILING_DBTP)
    loudness = _loudness(master, None, each)
    if loudness == SILENCE_LUFS:
        return loudness, None
    cells = peak_cells(master, loop, each)
    gain_db = min(TARGET_LUFS - loudness, HIGHEST_GAIN_DB)
    for number in range(PASSES):
        monitor.tick(0.3 + 0.6 * number / PASSES)
        curve = limiter_curve(cells, db_to_gain(gain_db), ceiling, loop)
        before, loudness = loudness, _loudness(master, curve, each)
        missing = TARGET_LUFS - loudness
        if abs(missing) <= TOLERANCE_LU or gain_db >= HIGHEST_GAIN_DB:
            break
        if number and least_step_lu is not None and loudness - before < least_step_lu:
            break
        gain_db = min(gain_db + missing * (1.0 if number == 0 else 1.5), HIGHEST_GAIN_DB)
    _apply(master, curve, LIMITER_HOP, each)
    return loudness, curve


def fade_ends(master: Master) -> bool:
    """Fade out the end, longer for longer songs; fade in a start that is cut off. Return whether it was."""
    n = master.shape[1]
    _fade_out(master)
    fades_in = bool(n and float(np.abs(master[:, 0]).max()) > LOUD_START)
    if fades_in:
        _fade_in(master)
    return fades_in


def _fade_out(master: Master, total: int | None = None) -> None:
    """Fade out the end. `total` is the length of the whole song in samples if `master` is only its end."""
    n = total or master.shape[1]
    seconds = min(LONGEST_FADE_S, max(SHORTEST_FADE_S, FADE_SHARE * n / SAMPLE_RATE_HZ))
    out = min(master.shape[1], seconds_to_samples(seconds, SAMPLE_RATE_HZ))
    master[:, master.shape[1] - out :] *= np.cos(np.linspace(0, math.pi / 2, out, dtype=np.float32)) ** 2


def _fade_in(master: Master) -> None:
    rise = min(master.shape[1], seconds_to_samples(FADE_IN_S, SAMPLE_RATE_HZ))
    master[:, :rise] *= np.sin(np.linspace(0, math.pi / 2, rise, dtype=np.float32)) ** 2


def finish(
    master: Master, settings: MixSettings, loop: bool, monitor: Monitor, each: Each = map
) -> MasterCurves:
    """Turn a raw mix, float32 [2, n], into the master in place. Return the measurements used."""
    tone_db = tidy(master, settings, loop, each)
    monitor.tick(0.1)
    remove_dc(master)
    glue_gains = glue(master, settings.glue_db, loop, each)
    monitor.tick(0.2)
    _, limiter_gains = limited(master, loop, monitor, each)
    remove_dc(master)  # limiting asymmetric waves, especially solo kicks, adds a little DC again
    fades_in = False if loop else fade_ends(master)
    np.clip(master, -1.0, 1.0, out=master)
    monitor.tick(1.0)
    return MasterCurves(tone_db, glue_gains, limiter_gains, fades_in)


def apply_curves_within(
    part: Master,
    first: int,
    total: int,
    curves: MasterCurves,
    settings: MixSettings,
    each: Each = map,
    peaks: Tensor | None = None,
) -> Tensor:
    """Like `apply_curves`, for a part that starts at sample `first` of a master of `total` samples. `first`
    must be a multiple of GLUE_HOP. The part is limited once more, by the returned gains or by `peaks`, the
    gains of the whole of which this is a stem."""
    set_tone(part, curves.tone_db, settings, False, each)
    for curve, hop in ((curves.glue, GLUE_HOP), (curves.limiter, LIMITER_HOP)):
        if curve is not None:
            _apply(part, _stretch_to(curve[first // hop :], part.shape[1] // hop + 2), hop, each)
    gains = limited_to_ceiling(part, each) if peaks is None else peaks
    if peaks is not None:
        apply_limiter(part, peaks, each)
    if first + part.shape[1] == total:
        _fade_out(part, total)
    if curves.fades_in and first == 0:
        _fade_in(part)
    if peaks is None:  # a stem may be louder where others cancel it
        np.clip(part, -1.0, 1.0, out=part)
    return gains


def limited_to_ceiling(part: Master, each: Each = map) -> Tensor:
    """Limit the part on its own, in place. Return the gains."""
    gains = limiter_curve(peak_cells(part, False, each), 1.0, db_to_gain(CEILING_DBTP), False)
    apply_limiter(part, gains, each)
    return gains


def apply_limiter(part: Master, gains: Tensor, each: Each = map) -> None:
    _apply(part, gains, LIMITER_HOP, each)


def _stretch_to(curve: Tensor, count: int) -> Tensor:
    """Extend a curve with its last value."""
    missing = max(0, count - len(curve))
    return torch.cat([curve, curve[-1:].expand(missing)]) if missing else curve


def apply_curves(
    part: Master, curves: MasterCurves, settings: MixSettings, loop: bool, monitor: Monitor, each: Each = map
) -> None:
    """Process a part of a mix, float32 [2, n], with the curves that mastered the whole mix, in place.

    Nothing is measured or clipped here, so the parts of a mix add up to its master: each part loses its own
    mean, and the means add up to that of the whole.
    """
    set_tone(part, curves.tone_db, settings, loop, each)
    monitor.tick(0.4)
    remove_dc(part)
    if curves.glue is not None:
        _apply(part, curves.glue, GLUE_HOP, each)
    if curves.limiter is not None:
        _apply(part, curves.limiter, LIMITER_HOP, each)
    monitor.tick(0.8)
    remove_dc(part)
    if not loop:
        _fade_out(part)
    if curves.fades_in:
        _fade_in(part)
    monitor.tick(1.0)
