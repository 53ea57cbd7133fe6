"""The vocal bus: tone, compression, level relative to the band, and placement in the room."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.loudness import HOP_S, hop_powers
from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.mix import Lane, MixSettings, VocalSettings, stretch
from audiomusic.engines.studio.synth.effects import equaliser
from audiomusic.engines.studio.synth.signals import FIR_REACH, fir_filter, pan_gains, smooth
from audiomusic.engines.studio.synth.tone import Bounds, correction_db, tone_fir
from audiomusic.engines.units import db_to_gain, gain_to_db, seconds_to_samples

HOP = round(HOP_S * SAMPLE_RATE_HZ)
VOICE_POWER = 10 ** (-20 / 10)  # every processed clip is normalised to this before its own level
SOUNDING_DB = -25.0  # hops this far below a clip's loudest do not count as singing
FOLLOW = 0.5  # how closely a line follows the band's level from section to section
FOLLOW_LIMIT_DB = 3.0
ALONE_DB = 2.0  # a voice without a band: any level works, mastering sets it
EDGE_S = 0.004  # fade at both ends of a clip
COMPRESSOR_HOP = 64
COMPRESSOR_SMOOTH = 18  # hops on each side: 24 ms
KNEE_DB = 6.0

#: Placement of a role: (position, delay in ms, level in dB) of each copy. Doubles and harmonies are on both
#: sides, a few milliseconds apart, so that they surround the lead.
PLACES = {
    "lead": ((0.0, 0.0, 0.0),),
    "partner": ((0.0, 0.0, 0.0),),
    "double": ((-0.75, 9.0, 0.0), (0.75, 19.0, 0.0)),
    "harmony": ((-0.9, 6.0, 0.0), (0.9, 23.0, -1.0)),
}


SOLO_ROLES = ("lead", "partner")  # placed where their singer stands
#: Low cut of a role: doubles and harmonies leave the warmth to the lead.
LOW_CUT_HZ = {"lead": 95.0, "partner": 95.0, "double": 170.0, "harmony": 200.0}
LOW_CUT_SLOPE = 3.0
BASS_HZ, MOST_BASS_DB = 300.0, 3.0  # below a high voice there is only rumble: boost it little

#: The speech intelligibility band: the band is dipped here to make room for words.
WORDS_HZ, WORDS_Q = 1800.0, 0.35


def channel_fir(waves: Sequence[Tensor], role: str, settings: VocalSettings) -> Tensor:
    """Return the filter that gives a role's waves [n], taken together, the tone of the mix."""
    bounds = Bounds(settings.most_tone_db, BASS_HZ, MOST_BASS_DB)
    change = correction_db(waves, settings.tone, bounds)
    return tone_fir(change, LOW_CUT_HZ[role], LOW_CUT_SLOPE)


def compressed(wave: Tensor, ratio: float) -> Tensor:
    """Compress a voice [n] with a soft knee around its own mean level."""
    hops = -(-wave.shape[0] // COMPRESSOR_HOP)
    padded = torch.nn.functional.pad(wave, (0, hops * COMPRESSOR_HOP - wave.shape[0]))
    power = padded.reshape(hops, COMPRESSOR_HOP).square().mean(1)
    if hops < 2 * COMPRESSOR_SMOOTH:
        return wave
    level_db = 10 * torch.log10(smooth(power, COMPRESSOR_SMOOTH) + 1e-10)
    threshold_db = 10 * math.log10(float(power.mean()) + 1e-10) - 4.0
    over_db = torch.nn.functional.softplus((level_db - threshold_db) * (4 / KNEE_DB)) * (KNEE_DB / 4)
    gain = torch.exp(over_db * ((1 / ratio - 1) * math.log(10) / 20))
    return wave * stretch(torch.cat([gain, gain[-1:]]), COMPRESSOR_HOP)[: wave.shape[0]]


def _edges(wave: Tensor) -> Tensor:
    ramp = min(seconds_to_samples(EDGE_S, SAMPLE_RATE_HZ), wave.shape[0] // 2)
    fade = torch.linspace(0, 1, ramp)
    wave = wave.clone()
    wave[:ramp] *= fade
    wave[wave.shape[0] - ramp :] *= fade.flip(0)
    return wave


def sung_power(hops: Tensor) -> float:
    """Return the mean K-weighted power of the audible hops."""
    if not hops.numel() or float(hops.max()) <= 0:
        return 0.0
    return float(hops[hops > hops.max() * 10 ** (SOUNDING_DB / 10)].mean())


@dataclass
class VocalBus:
    """All clips of one singer in one role, as a player of the mix."""

    clips: Sequence[VocalClip]
    gains_db: Sequence[float]
    settings: VocalSettings
    _running: dict[int, Tensor] = field(default_factory=dict)  # clips that reach into the next block

    def __post_init__(self) -> None:
        self.reverb_send, self.delay_send = self.settings.room_send, self.settings.echo_send

    @cached_property
    def _fir(self) -> Tensor:
        return channel_fir([_audible(clip) for clip in self.clips], self.clips[0].role, self.settings)

    @property
    def stop(self) -> int:
        return max((clip_span(clip)[1] for clip in self.clips), default=0)

    def render(self, start: int, stop: int) -> Tensor | None:
        bus = torch.zeros(2, stop - start)
        heard = [n for n, clip in enumerate(self.clips) if _meets(clip_span(clip), start, stop)]
        for number in heard:
            first, last = clip_span(self.clips[number])
            wave = self._running.pop(number, None)
            wave = self._placed(number) if wave is None else wave
            begin, end = max(first, start), min(last, stop)
            bus[:, begin - start : end - start] += wave[:, begin - first : end - first]
            if last > stop:
                self._running[number] = wave
        return bus if heard else None

    def _placed(self, number: int) -> Tensor:
        """Return a processed clip in stereo at its level."""
        clip = self.clips[number]
        voice = processed(clip, self._fir, self.settings) * db_to_gain(self.gains_db[number])
        first, last = clip_span(clip)
        placed = torch.zeros(2, last - first)
        for place, delay_ms, level_db in PLACES[clip.role]:
            pan = clip.pan if clip.role in SOLO_ROLES else place
            at = seconds_to_samples(delay_ms / 1000, SAMPLE_RATE_HZ)
            copy = voice * (pan_gains(pan).unsqueeze(1) * db_to_gain(level_db))
            placed[:, at : at + voice.shape[0]] += copy[:, : last - first - at]
        return placed


def clip_span(clip: VocalClip) -> tuple[int, int]:
    """Return a clip's first and last sample in the song, copies included; never before the song's start."""
    first = max(0, seconds_to_samples(clip.start_s, SAMPLE_RATE_HZ))
    latest_ms = max(delay_ms for _, delay_ms, _ in PLACES[clip.role])
    return first, first + _audible(clip).shape[0] + seconds_to_samples(latest_ms / 1000, SAMPLE_RATE_HZ)


def _audible(clip: VocalClip) -> Tensor:
    """Return the part of a clip after the song's start."""
    return clip.samples[max(0, -seconds_to_samples(clip.start_s, SAMPLE_RATE_HZ)) :]


def _meets(span: tuple[int, int], start: int, stop: int) -> bool:
    return span[0] < stop and span[1] > start


def processed(clip: VocalClip, fir: Tensor, settings: VocalSettings) -> Tensor:
    """Return a clip filtered, compressed and normalised to VOICE_POWER: float32 [n]."""
    voice = _audible(clip).reshape(1, -1).float()
    voice = compressed(fir_filter(voice, fir)[0], settings.ratio)
    power = 2 * sung_power(hop_powers(torch.nn.functional.pad(voice, (0, HOP)).unsqueeze(0)))  # on both sides
    return _edges(voice * math.sqrt(VOICE_POWER / power) if power > 1e-9 else voice)


def line_gains_db(clips: Sequence[VocalClip], band_powers: Tensor, settings: MixSettings) -> list[float]:
    """Return the level of every clip in dB, from the ducked band's K-weighted powers per 100 ms.

    While there is singing, the lead's mean is `vocal_above_db` above the band's. Single lines follow the band
    part of the way, so that the voice does not shout over a quiet verse.
    """
    offsets = {
        "lead": 0.0,
        "partner": settings.vocal.partner_db,
        "double": settings.vocal.double_db,
        "harmony": settings.vocal.harmony_db,
    }
    spans = [_under(clip, band_powers) for clip in clips]
    leads = [power for clip, power in zip(clips, spans, strict=True) if clip.role == "lead"] or spans
    overall = sum(leads) / len(leads)
    if overall <= 1e-9:
        return [ALONE_DB + offsets[clip.role] for clip in clips]
    base_db = gain_to_db(math.sqrt(overall / VOICE_POWER)) + settings.vocal_above_db
    return [
        base_db + offsets[clip.role] + _following_db(power, overall)
        for clip, power in zip(clips, spans, strict=True)
    ]


def _under(clip: VocalClip, powers: Tensor) -> float:
    """Return the band's mean power during a clip."""
    first, last = clip_span(clip)
    under = powers[first // HOP : -(-last // HOP)]
    return float(under.mean()) if under.numel() else 0.0


def _following_db(power: float, overall: float) -> float:
    if power <= 1e-9:
        return -FOLLOW_LIMIT_DB
    follow_db = FOLLOW * 10 * math.log10(power / overall)
    return min(FOLLOW_LIMIT_DB, max(-FOLLOW_LIMIT_DB, follow_db))


def singer_lanes(clips: Sequence[VocalClip], gains_db: Sequence[float], settings: MixSettings) -> list[Lane]:
    """Return a lane per role and singer: each voice needs its own tone correction."""
    lanes = []
    for role in PLACES:
        for singer in sorted({clip.singer for clip in clips if clip.role == role}):
            mine = [
                (clip, gain)
                for clip, gain in zip(clips, gains_db, strict=True)
                if (clip.role, clip.singer) == (role, singer)
            ]
            lanes.append(Lane(VocalBus([c for c, _ in mine], [g for _, g in mine], settings.vocal)))
    return lanes


def lead_spans(clips: Sequence[VocalClip]) -> list[tuple[int, int]]:
    """Return the first and last sample of every lead clip."""
    return [clip_span(clip) for clip in clips if clip.role == "lead"]


def duck(
    band: npt.NDArray[np.float32],
    spans: Sequence[tuple[int, int]],
    settings: MixSettings,
    block: int,
    each: Callable[..., Iterable[None]] = map,
) -> None:
    """Duck the band [2, n] in place while the lead sings (`lead_spans`), with slow transitions. The operation
    is linear.

    The whole band is lowered by `duck_band_db`, and the speech intelligibility band by `duck_words_db` more.
    `block`: samples processed at once, a whole number of hops. `each`: `map` or a pool's `map`.
    """
    n = band.shape[1]
    singing = _singing(spans, n)
    dip = equaliser(((WORDS_HZ, -settings.duck_words_db, WORDS_Q),), 0.0, 0.0, 2.0)
    starts = range(0, n, block)
    before = {start: _before(band, start) for start in starts}
    after = {
        start: torch.from_numpy(band[:, start + block : start + block + FIR_REACH].copy()) for start in starts
    }

    def step_back(start: int) -> None:
        piece = band[:, start : start + block]
        first, length = start // HOP, piece.shape[1]
        share = stretch(singing[first : first + -(-length // HOP) + 1], HOP)[:length]
        if not share.any():
            return
        around = torch.cat([before[start], torch.from_numpy(piece), after[start]], dim=1)
        dipped = fir_filter(around, dip)[:, FIR_REACH : FIR_REACH + length]
        gain = torch.exp(share * (-settings.duck_band_db * math.log(10) / 20))
        piece[:] = (torch.lerp(around[:, FIR_REACH : FIR_REACH + length], dipped, share) * gain).numpy()

    for _ in each(step_back, starts):
        pass


def _before(band: npt.NDArray[np.float32], start: int) -> Tensor:
    """Copy the FIR_REACH samples before `start`, with silence before the song."""
    known = torch.from_numpy(band[:, max(0, start - FIR_REACH) : start].copy())
    return torch.nn.functional.pad(known, (FIR_REACH - known.shape[1], 0))


def _singing(spans: Sequence[tuple[int, int]], n: int) -> Tensor:
    """Return a smoothed 0..1 curve of whether the lead sings: float32, a point per hop and one more."""
    hops = torch.zeros(-(-n // HOP) + 1)
    for first, last in spans:
        hops[first // HOP : -(-last // HOP)] = 1
    return smooth(hops, 3)
