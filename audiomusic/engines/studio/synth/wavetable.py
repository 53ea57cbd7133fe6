"""Sustained tones from two-dimensional wavetables: one axis is phase, the other brightness.

Each note gets a table of its waveform through a filter at a dozen cutoffs, band-limited for its pitch.
Rendering is then one bilinear lookup per sample and voice: an oscillator and a sweeping resonant filter in
one, without recursion.
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
    uniform,
)

PHASES = 2048
LEVELS = 14  # cutoffs per table
LOWEST_CUTOFF_HZ = 60.0
HIGHEST_CUTOFF_HZ = 20_000.0
NOMINAL_VELOCITY = 0.8
REFERENCE_HZ = 220.0
OCTAVES = math.log2(HIGHEST_CUTOFF_HZ / LOWEST_CUTOFF_HZ)

#: Harmonic amplitudes of the classic waveforms, for n = 1, 2, 3…
SHAPES = {
    "saw": lambda n: 1 / n,
    "square": lambda n: (n % 2) / n,
    "triangle": lambda n: (n % 2) / n**2,
    "sine": lambda n: (n == 1).float(),
    "pulse": lambda n: torch.sin(math.pi * 0.22 * n).abs() / n,
    "narrow": lambda n: torch.sin(math.pi * 0.09 * n).abs() / n,
}


@dataclass(frozen=True)
class Wavetable:
    """An oscillator bank, a filter and its envelope, an amplitude envelope, and playing gestures."""

    shape: str = "saw"  # one of SHAPES, unless `harmonics` are given
    harmonics: tuple[float, ...] = ()  # amplitudes of n = 1, 2, 3…
    tilt: float = 0.0  # harmonic n is multiplied by n ** -tilt
    even: float = 1.0  # gain of the even harmonics
    formants: tuple[Resonance, ...] = ()
    sub: float = 0.0  # a sine an octave below

    cutoff_hz: float = 20_000.0  # without the envelope, at REFERENCE_HZ and NOMINAL_VELOCITY
    cutoff_tracking: float = 0.5  # how far the cutoff follows pitch
    cutoff_velocity: float = 2.0  # octaves by which velocity 0..1 moves it
    sweep_octaves: float = 0.0  # depth of the filter envelope
    sweep_attack_s: float = 0.005
    sweep_decay_s: float = 0.3
    sweep_sustain: float = 0.0
    resonance_q: float = 0.7
    poles: float = 4.0

    attack_s: float = 0.005
    decay_s: float = 1.0
    sustain: float = 1.0  # level after the decay
    velocity_attack: float = 0.0  # softer notes speak later: attack grows by up to this share

    voices: int = 1
    detune_cents: float = 0.0
    spread: float = 0.0
    free_phase: bool = False  # oscillators start at random phases, as analogue ones do

    vibrato_hz: float = 5.4
    vibrato_cents: float = 0.0
    vibrato_delay_s: float = 0.35
    tremolo: float = 0.0  # depth of the tremolo at the vibrato's rate
    drift_cents: float = 2.0
    scoop_cents: float = 0.0  # how far below its pitch the note starts
    scoop_s: float = 0.04
    rise_semitones: float = 0.0  # glide over the whole note

    breath: float = 0.0  # level of breath noise relative to the tone
    breath_hz: float = 2500.0
    breath_q: float = 0.6
    chiff: float = 0.0  # extra noise while the note starts
    chiff_s: float = 0.04
    growl: float = 0.0  # roughness at 28 Hz in loud notes

    def write(self, notes: Notes) -> Tensor:
        """Return float32 [B, 1 or 2, length], with two channels if the voices are spread."""
        t = notes.seconds
        level = self._loudness(notes, t)
        tone = self._lookup(notes, t, level)
        if self.breath or self.chiff:
            tone = tone + self._breath(notes, t, tone)
        return tone * level.unsqueeze(1)

    # -- envelopes

    def _loudness(self, notes: Notes, t: Tensor) -> Tensor:
        """Return the amplitude envelope, attack and decay to the sustain level, with tremolo: [B, length]."""
        attack = self.attack_s * (1 + self.velocity_attack * (1 - notes.velocity.unsqueeze(1)))
        rise = torch.sin((t / attack).clamp(max=1) * (math.pi / 2)) ** 2
        fall = self.sustain + (1 - self.sustain) * torch.exp(-(t - attack).clamp(min=0) * (3 / self.decay_s))
        level = rise * fall
        if self.tremolo:
            level = level * (1 - self.tremolo * (0.5 + 0.5 * self._wobble(notes, t, 0.8)))
        if self.growl:
            rough = 0.5 + 0.5 * torch.sin(2 * math.pi * 28 * t + 3 * torch.sin(2 * math.pi * 6.1 * t))
            level = level * (1 - self.growl * notes.velocity.unsqueeze(1) * rough)
        return level

    def _brightness(self, notes: Notes, t: Tensor) -> Tensor:
        """Return the cutoff's position between the table's ends, 0..1: [B, length]."""
        rise = (t / self.sweep_attack_s).clamp(max=1)
        fall = torch.exp(-(t - self.sweep_attack_s).clamp(min=0) * (3 / self.sweep_decay_s))
        envelope = rise * (self.sweep_sustain + (1 - self.sweep_sustain) * fall)
        tracking = self.cutoff_tracking * torch.log2(notes.f0_hz.float() / REFERENCE_HZ)
        hands = self.cutoff_velocity * (notes.velocity - NOMINAL_VELOCITY)
        rest = math.log2(self.cutoff_hz / LOWEST_CUTOFF_HZ) + tracking + hands
        return ((rest.unsqueeze(1) + self.sweep_octaves * envelope) / OCTAVES).clamp(0, 1)

    def _wobble(self, notes: Notes, t: Tensor, delay: float) -> Tensor:
        """Return the vibrato's LFO, -1..1, which fades in after its delay: [B, length]."""
        phase = uniform(notes.seeds, "vibrato", 1)
        rate = self.vibrato_hz * (1 + 0.06 * signed(notes.seeds, "rate", 1))
        ramp = ((t - delay * self.vibrato_delay_s) / 0.35).clamp(0, 1)
        return ramp * torch.sin(2 * math.pi * (rate * t + phase))

    def _pitch_cents(self, notes: Notes, t: Tensor) -> Tensor:
        """Return the pitch offset in cents: drift, vibrato, scoop and rise: [B, length]."""
        cents = torch.zeros(len(notes.seeds), notes.length)
        if self.drift_cents:
            knots = max(2, math.ceil(notes.length / SAMPLE_RATE_HZ / 0.25) + 1)
            walk = noise(notes.seeds, "drift", 1, knots) * self.drift_cents
            walk = walk - walk.mean(2, keepdim=True)
            cents += torch.nn.functional.interpolate(walk, notes.length, mode="linear").squeeze(1)
        if self.vibrato_cents:
            cents += self.vibrato_cents * self._wobble(notes, t, 1.0)
        if self.scoop_cents:
            cents -= self.scoop_cents * torch.exp(-t / self.scoop_s)
        if self.rise_semitones:
            cents += 100 * self.rise_semitones * (torch.arange(notes.length) / notes.length) ** 2
        return cents

    # -- the oscillators

    def _lookup(self, notes: Notes, t: Tensor, level: Tensor) -> Tensor:
        """Return the tone at full level: [B, C, length]."""
        batch, voices = len(notes.seeds), self.voices
        y = self._brightness(notes, t) * 2 - 1
        phase = self._phase(notes, t)
        grid = torch.stack([phase.mul_(2).sub_(1), y.unsqueeze(1).expand_as(phase)], dim=3)
        tone = torch.nn.functional.grid_sample(
            self._tables(notes).unsqueeze(1), grid, mode="bilinear", padding_mode="border", align_corners=True
        ).reshape(batch, voices, notes.length)
        if self.sub:
            tone[:, 0] += self.sub * torch.sin(math.pi * 2 * self._sub_phase(notes, t))
        gains = spread_gains(voices, self.spread) if self.spread else torch.ones(1, voices)
        return torch.einsum("bvl,cv->bcl", tone, gains / math.sqrt(voices))

    def _phase(self, notes: Notes, t: Tensor) -> Tensor:
        """Return the phase of each voice in turns, 0..1: float32 [B, voices, length]."""
        base = self._turns(notes, t)
        voices = self.voices
        steps = torch.linspace(-0.5, 0.5, voices) if voices > 1 else torch.zeros(1)
        uneven = 0.1 * signed(notes.seeds, "uneven", voices) if voices > 1 else torch.zeros(1, 1)
        ratio = torch.exp2((steps + uneven) * self.detune_cents / 1200).double().unsqueeze(2)
        start = uniform(notes.seeds, "phase", voices, 1) if self.free_phase else torch.zeros(1, 1, 1)
        return (base.unsqueeze(1) * ratio + start).frac().float()

    def _turns(self, notes: Notes, t: Tensor) -> Tensor:
        """Return the turns since the start of the note, in double precision: [B, length]."""
        step = notes.f0_hz.unsqueeze(1) / SAMPLE_RATE_HZ
        moves = self.drift_cents or self.vibrato_cents or self.scoop_cents or self.rise_semitones
        if not moves:
            return step * torch.arange(notes.length, dtype=torch.float64)
        return (torch.exp2(self._pitch_cents(notes, t) / 1200).double() * step).cumsum(1)

    def _sub_phase(self, notes: Notes, t: Tensor) -> Tensor:
        return (self._turns(notes, t) / 2).frac().float()

    def _tables(self, notes: Notes) -> Tensor:
        """Return waveforms [B, LEVELS, PHASES + 1], whose last column repeats the first."""
        n = torch.arange(PHASES // 2 + 1, dtype=torch.float32)
        f_hz = n * notes.f0_hz.float().unsqueeze(1)
        amplitude = self._spectrum(n) * near_nyquist(f_hz) * resonances(f_hz, self.formants)
        cutoffs = LOWEST_CUTOFF_HZ * 2 ** torch.linspace(0, OCTAVES, LEVELS)
        x = f_hz.unsqueeze(1) / cutoffs.reshape(1, -1, 1)
        resonant = 1 / torch.sqrt((1 - x**2) ** 2 + (x / self.resonance_q) ** 2)
        shape = resonant ** (self.poles / 2)
        table = torch.fft.irfft(-1j * amplitude.unsqueeze(1) * shape, n=PHASES) * (PHASES / 2)
        return torch.cat([table, table[..., :1]], dim=2)

    def _spectrum(self, n: Tensor) -> Tensor:
        """Return the harmonic amplitudes before filter and formants: [PHASES // 2 + 1]."""
        if self.harmonics:
            amplitude = torch.zeros_like(n)
            amplitude[1 : len(self.harmonics) + 1] = torch.tensor(self.harmonics)
        else:
            amplitude = SHAPES[self.shape](n.clamp(min=1))
        amplitude = amplitude * n.clamp(min=1) ** -self.tilt
        amplitude[0] = 0
        amplitude[2::2] *= self.even
        return amplitude

    # -- breath

    def _breath(self, notes: Notes, t: Tensor, tone: Tensor) -> Tensor:
        """Return breath noise around `breath_hz`, louder at the note's onset: [B, C, length]."""
        f_hz = bins_hz(fast_size(notes.length)).clamp(min=1.0)
        detune = self.breath_q * (f_hz / self.breath_hz - self.breath_hz / f_hz)
        air = band_noise(notes.seeds, "breath", tone.shape[1], notes.length, 1 / (1 + detune**2))
        amount = self.breath + self.chiff * torch.exp(-t / self.chiff_s)
        loudness = tone.square().mean((1, 2), keepdim=True).sqrt()
        return air * amount * loudness
