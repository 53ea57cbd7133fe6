"""Plucked and struck strings: the spectrum of a waveguide in closed form.

A string of period P with an excitation E and a loop gain G has the z-transform E(z) / (1 - G(z) z^-P)
(Karplus and Strong 1983; Jaffe and Smith 1983). Sampled on a circle slightly outside the unit circle and
inverted by one FFT, it gives the whole note, exactly in tune: the larger circle weights the time axis so
that the part that would wrap around has died away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.synth.signals import (
    Notes,
    Resonance,
    band_noise,
    bins_hz,
    fast_size,
    near_nyquist,
    noise,
    resonances,
    signed,
    spread_gains,
)

REFERENCE_HZ = 220.0  # pitch for which decay and stiffness are quoted
NOMINAL_VELOCITY = 0.8
WRAP_NEPERS = 6.0  # time weighting: a wrapped tail is 52 dB down, in addition to its own decay


@dataclass(frozen=True)
class PluckedString:
    """A stiff, lossy string with one or more courses, and the body it is attached to."""

    decay_s: float  # 60 dB decay of the lowest partials at REFERENCE_HZ
    decay_slope: float = 0.6  # decay time falls with pitch to this power
    damping_hz: float = 2500.0  # partials here decay twice as fast as the lowest
    damping_power: float = 1.0
    stiffness: float = 0.0  # inharmonicity B at REFERENCE_HZ: f_n = n f0 sqrt(1 + B n^2)
    stiffness_slope: float = 1.2
    strike: float = 0.13  # position along the string, 0..0.5
    pickup: float = 0.0  # pickup position; 0 is the bridge
    tilt: float = 0.6  # partial n of the excitation has amplitude n ** -tilt
    hardness_hz: float = 3000.0  # lowpass of the hammer or finger at NOMINAL_VELOCITY
    hardness_octaves: float = 3.0  # octaves by which velocity 0..1 moves it
    hardness_tracking: float = 0.3  # how far it follows pitch
    courses: int = 1
    detune_cents: float = 0.0  # from the lowest to the highest course
    spread: float = 0.0  # stereo width of the courses
    attack_s: float = 0.0005
    grain: float = 0.25  # random variation of the excitation's spectrum
    knock: float = 0.0  # noise of the strike, relative to the string's peak
    knock_hz: float = 400.0
    knock_s: float = 0.06
    body: tuple[Resonance, ...] = ()

    def write(self, notes: Notes) -> Tensor:
        """Return float32 [B, 1 or 2, length], with two channels if the courses are spread."""
        size = fast_size(notes.length + 2048)
        growth = WRAP_NEPERS / size
        f_hz = bins_hz(size)
        string = self._strings(notes, f_hz, growth) * (self._excitation(notes, f_hz)).unsqueeze(1)
        mixed = torch.einsum("bsf,cs->bcf", string, self._mix())
        unwrap = torch.exp(growth * torch.arange(notes.length, dtype=torch.float32))
        wave = torch.fft.irfft(mixed, n=size)[..., : notes.length] * unwrap
        return self._soft_start(wave + self._knock(notes, wave))

    def _mix(self) -> Tensor:
        """Return the courses' gains per channel, [C, courses]: uneven, so that beats never cancel fully."""
        level = torch.tensor([1.0 / (1 + 0.35 * i) for i in range(self.courses)])
        if not self.spread:
            return level.unsqueeze(0).to(torch.complex64)
        return (spread_gains(self.courses, self.spread) * level).to(torch.complex64)

    def _partial_number(self, f_hz: Tensor, f0_hz: Tensor) -> Tensor:
        """Return the fractional partial number at a frequency: the inverse of the stiff string's law."""
        x = f_hz / f0_hz
        if not self.stiffness:
            return x
        b = self.stiffness * (f0_hz / REFERENCE_HZ) ** self.stiffness_slope
        b = b.clamp(max=0.004)
        stiff = x * torch.sqrt(2 / (1 + torch.sqrt(1 + 4 * b * x**2)))
        return stiff / torch.sqrt(2 / (1 + torch.sqrt(1 + 4 * b)))  # the first partial stays at f0

    def _strings(self, notes: Notes, f_hz: Tensor, growth: float) -> Tensor:
        """Return each course's transfer function 1 / (1 - G z^-P): complex64 [B, courses, F]."""
        f0 = notes.f0_hz.float().unsqueeze(1)
        t60 = self.decay_s * (REFERENCE_HZ / f0) ** self.decay_slope
        rate = math.log(1000) / t60 * (1 + (f_hz / self.damping_hz) ** self.damping_power)
        steps = torch.linspace(-0.5, 0.5, self.courses) if self.courses > 1 else torch.zeros(1)
        chance = signed(notes.seeds, "detune", self.courses)
        cents = (steps + 0.15 * chance) * self.detune_cents
        tuning = torch.exp2(cents / 1200).unsqueeze(2)
        turns = self._partial_number(f_hz, f0).unsqueeze(1) / tuning
        loss = ((rate + growth * SAMPLE_RATE_HZ) / f0).unsqueeze(1)
        return 1 / (1 - torch.polar(torch.exp(-loss).expand_as(turns), -2 * math.pi * turns))

    def _excitation(self, notes: Notes, f_hz: Tensor) -> Tensor:
        """Return the spectrum of the strike at its position, through finger and body: complex64 [B, F]."""
        f0 = notes.f0_hz.float().unsqueeze(1)
        octaves = self.hardness_octaves * (notes.velocity.unsqueeze(1) - NOMINAL_VELOCITY)
        cutoff = self.hardness_hz * torch.exp2(octaves) * (f0 / REFERENCE_HZ) ** self.hardness_tracking
        finger = 1 / (1 + 1j * f_hz / cutoff) ** 2
        place = self.strike * (1 + 0.06 * signed(notes.seeds, "strike", 1))
        comb = 1 - torch.polar(torch.ones(1), -2 * math.pi * place * f_hz / f0)
        if self.pickup:
            comb = comb * (1 - torch.polar(torch.ones(1), -2 * math.pi * self.pickup * f_hz / f0))
        tilt = (f_hz / f0).clamp(min=0.5) ** -self.tilt
        level = tilt * near_nyquist(f_hz) * resonances(f_hz, self.body)
        return finger * comb * level * self._grain(notes, f_hz.shape[0])

    def _grain(self, notes: Notes, bins: int) -> Tensor:
        """Return a random factor around 1 that varies slowly over frequency, per note: [B, F]."""
        coarse = noise(notes.seeds, "grain", 1, 65) * self.grain
        fine = torch.nn.functional.interpolate(coarse, size=bins, mode="linear", align_corners=True)
        return torch.exp(fine.squeeze(1))

    def _knock(self, notes: Notes, wave: Tensor) -> Tensor:
        """Return the dull noise of a key, finger or pick on wood."""
        if not self.knock:
            return torch.zeros(())
        length = min(notes.length, round(6 * self.knock_s * SAMPLE_RATE_HZ))
        f_hz = bins_hz(fast_size(length))
        colour = f_hz / (f_hz + 60) / (1 + (f_hz / self.knock_hz) ** 2)
        decay = torch.exp(-torch.arange(length) / (self.knock_s * SAMPLE_RATE_HZ))
        thud = band_noise(notes.seeds, "knock", wave.shape[1], length, colour) * decay
        level = self.knock * notes.velocity.reshape(-1, 1, 1) * wave.abs().amax((1, 2), keepdim=True) * 0.3
        return torch.nn.functional.pad(thud * level, (0, notes.length - length))

    def _soft_start(self, wave: Tensor) -> Tensor:
        """Fade in: no note starts with a step, and a finger needs time to release a string."""
        ramp = min(round(self.attack_s * SAMPLE_RATE_HZ), wave.shape[-1])
        wave[..., :ramp] *= torch.linspace(0, 1, ramp)
        return wave
