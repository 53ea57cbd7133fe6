"""Ensembles by PADsynth: each harmonic is a band with random phases, so one FFT gives a whole section.

After N. O. Paul's PADsynth algorithm (ZynAddSubFX, 2004).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from audiomusic.engines.studio.synth.signals import (
    Notes,
    Resonance,
    bins_hz,
    near_nyquist,
    resonances,
    uniform,
    unit_rms,
)

PERIOD = 1 << 18  # samples; longer notes loop, which is inaudible in a random texture
REFERENCE_HZ = 220.0
NOMINAL_VELOCITY = 0.8


@dataclass(frozen=True)
class Pad:
    """A section of players or a cloud of oscillators that swells from dark to bright."""

    tilt: float = 1.0  # harmonic n has amplitude n ** -tilt
    even: float = 1.0
    bandwidth_cents: float = 18.0  # of the first harmonic
    bandwidth_growth: float = 0.9  # 1 keeps all harmonics equally wide in cents
    cutoff_hz: float = 6000.0  # at REFERENCE_HZ and NOMINAL_VELOCITY
    cutoff_tracking: float = 0.4
    cutoff_velocity: float = 2.0  # octaves by which velocity 0..1 moves the cutoff
    poles: float = 3.0
    formants: tuple[Resonance, ...] = ()
    octave_up: float = 0.0  # level of a copy an octave higher
    octave_down: float = 0.0
    attack_s: float = 0.4
    velocity_attack: float = 0.5  # softer notes swell more slowly: attack grows by up to this share
    swell_s: float = 0.0  # time for the filter to open
    swell_octaves: float = 1.5  # how far the cutoff starts below its place
    decay_s: float = 8.0
    sustain: float = 0.85
    width: float = 0.55  # level of the side signal relative to the mid
    shimmer_hz: float = 0.0  # slow loudness modulation
    shimmer: float = 0.0

    def write(self, notes: Notes) -> Tensor:
        """Return float32 [B, 2, length]."""
        t = notes.seconds
        spectrum = self._phases(notes) * self._amplitude(notes).unsqueeze(1)
        tone = self._repeat(self._period(spectrum * self._colour(notes, 0.0).unsqueeze(1)), notes.length)
        if self.swell_s:
            dark = self._period(spectrum * self._colour(notes, -self.swell_octaves).unsqueeze(1))
            opening = (t / self.swell_s).clamp(max=1)
            tone = torch.lerp(self._repeat(dark, notes.length), tone, opening)
        return tone * self._loudness(notes, t).unsqueeze(1)

    def _amplitude(self, notes: Notes) -> Tensor:
        """Return each bin's amplitude, [B, bins]: the nearest harmonic's Gaussian times the resonances."""
        f_hz = bins_hz(PERIOD)
        f0 = notes.f0_hz.float().unsqueeze(1)
        total = self._harmonics(f_hz, f0)
        for level, ratio in ((self.octave_up, 2.0), (self.octave_down, 0.5)):
            if level:
                total = total + level * self._harmonics(f_hz, f0 * ratio)
        return total * near_nyquist(f_hz) * resonances(f_hz, self.formants)

    def _colour(self, notes: Notes, octaves: float) -> Tensor:
        """Return the filter's magnitude, with the cutoff moved up by `octaves`: [B, bins]."""
        f0 = notes.f0_hz.float().unsqueeze(1)
        hands = self.cutoff_velocity * (notes.velocity.unsqueeze(1) - NOMINAL_VELOCITY) + octaves
        cutoff = self.cutoff_hz * (f0 / REFERENCE_HZ) ** self.cutoff_tracking * torch.exp2(hands)
        return (1 + (bins_hz(PERIOD) / cutoff) ** 2) ** (-self.poles / 2)

    def _harmonics(self, f_hz: Tensor, f0: Tensor) -> Tensor:
        n = (f_hz / f0).round().clamp(min=1)
        width_hz = f0 * n**self.bandwidth_growth * (2 ** (self.bandwidth_cents / 1200) - 1)
        width_hz = width_hz.clamp(min=0.3)
        profile = torch.exp(-(((f_hz - n * f0) / width_hz) ** 2)) / width_hz.sqrt()
        odd_even = torch.where(n % 2 == 0, self.even, 1.0)
        return profile * n**-self.tilt * odd_even

    def _phases(self, notes: Notes) -> Tensor:
        """Return random phases, partly shared by the channels: complex64 [B, 2, bins]."""
        turns = uniform(notes.seeds, "phase", 2, PERIOD // 2 + 1) * (2 * math.pi)
        middle, side = torch.polar(torch.ones(()), turns).unbind(1)
        return torch.stack([middle + self.width * side, middle - self.width * side], dim=1)

    def _period(self, spectrum: Tensor) -> Tensor:
        return unit_rms(torch.fft.irfft(spectrum, n=PERIOD))

    def _repeat(self, wave: Tensor, length: int) -> Tensor:
        times = -(-length // wave.shape[-1])
        return wave.repeat(1, 1, times)[..., :length] if times > 1 else wave[..., :length]

    def _loudness(self, notes: Notes, t: Tensor) -> Tensor:
        attack = self.attack_s * (1 + self.velocity_attack * (1 - notes.velocity.unsqueeze(1)))
        rise = torch.sin((t / attack).clamp(max=1) * (math.pi / 2)) ** 2
        fall = self.sustain + (1 - self.sustain) * torch.exp(-t * (3 / self.decay_s))
        if self.shimmer:
            start = uniform(notes.seeds, "shimmer", 1)
            fall = fall * (
                1 - self.shimmer * (0.5 + 0.5 * torch.sin(2 * math.pi * (self.shimmer_hz * t + start)))
            )
        return rise * fall
