"""Closed-form sample playback of notes and drum strokes: read, loop, resample, filter, apply an envelope.

It adds what one recording cannot provide: soft notes are darker, and a repeated note uses a neighbouring
key's recording, so that no two strokes sound the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.synth.sampling.library import recorded_instrument, recording_of
from audiomusic.engines.studio.synth.sampling.recordings import unrolled
from audiomusic.engines.studio.synth.sampling.resample import GUARD, resampled
from audiomusic.engines.studio.synth.sampling.zones import RecordedInstruments, Zone, takes_at
from audiomusic.engines.studio.synth.signals import Notes, pan_gains, signed
from audiomusic.engines.units import db_to_gain

MIDI_TOP = 127
SOFT_START_S = 0.0005
SECTION_CENTS = 2.0  # detuning of a section's two recordings, one down and one up
DECAY_DB = 100.0  # the fall that a zone's `decay_s` is quoted for


@dataclass(frozen=True)
class Touch:
    """The effect of velocity on timbre: a lowpass filter that closes for soft notes."""

    hz: float  # corner frequency at velocity 1
    octaves: float  # how much lower the corner is at velocity 0
    poles: float = 1.0

    def response(self, f_hz: Tensor, velocity: float) -> Tensor:
        corner_hz = self.hz * 2 ** (self.octaves * (velocity - 1))
        return (1 + (f_hz / corner_hz) ** 2) ** (-self.poles / 2)


@dataclass(frozen=True)
class Sampled:
    """A recorded instrument, as a synthesis model."""

    instrument: str
    touch_hz: float = 18_000.0
    touch_octaves: float = 3.0
    touch_poles: float = 1.0
    neighbours: bool = True  # use neighbouring keys' recordings for repeated notes
    section: float = 0.0  # stereo width of two recordings played at once, as a section; 0 plays one

    def write(self, notes: Notes) -> Tensor:
        """Return float32 [B, 1 or 2, length]."""
        parts = [
            self._note(float(f0_hz), float(velocity), seed, notes.length)
            for f0_hz, velocity, seed in zip(notes.f0_hz, notes.velocity, notes.seeds, strict=True)
        ]
        channels = max(part.shape[0] for part in parts)
        return torch.stack([part.expand(channels, -1) for part in parts])

    def _note(self, f0_hz: float, velocity: float, seed: int, length: int) -> Tensor:
        source, zones = recorded_instrument(self.instrument)
        pitch = 69 + 12 * math.log2(f0_hz / 440)
        takes = takes_at(zones, pitch, _midi_velocity(velocity))
        turn = seed % len(takes) if self.neighbours else 0
        touch = Touch(self.touch_hz, self.touch_octaves, self.touch_poles)

        def played(chosen: list[Zone], cents: float = 0.0) -> Tensor:
            tuned = pitch + cents / 100
            return together(
                [sounded(source, zone, tuned, velocity, length, touch) for zone in chosen], chosen
            )

        if not self.section:
            return played(takes[turn])
        sides = [played(takes[turn], -SECTION_CENTS), played(takes[(turn + 1) % len(takes)], SECTION_CENTS)]
        near, far = 0.5 + self.section / 2, 0.5 - self.section / 2
        left, right = (near * own + far * other for own, other in (sides, sides[::-1]))
        return torch.cat([left, right])


@dataclass(frozen=True)
class SampledStroke:
    """A drum layer: one key of a recorded kit."""

    instrument: str
    key: int
    tune: float = 0.0  # semitones
    loose_cents: float = 14.0  # random pitch per stroke, either way, as from the spot that is struck
    touch_hz: float = 18_000.0
    touch_octaves: float = 3.0
    damped_s: float = 0.0  # time of an additional 60 dB decay; 0 is undamped
    gain: float = 1.0

    def write(self, seed: int, velocity: float, length: int) -> Tensor:
        """Return float32 [2, length]."""
        source, zones = recorded_instrument(self.instrument)
        chosen = takes_at(zones, self.key, _midi_velocity(velocity))[0]
        chance = signed([seed], "stroke", 2)[0]
        pitch = self.key + self.tune + float(chance[0]) * self.loose_cents / 100
        touch = Touch(self.touch_hz, self.touch_octaves + 0.5 * float(chance[1]))
        wave = together([sounded(source, zone, pitch, velocity, length, touch) for zone in chosen], chosen)
        if self.damped_s:
            t_s = torch.arange(length, dtype=torch.float32) / SAMPLE_RATE_HZ
            wave = wave * torch.exp(t_s * (-math.log(1000) / self.damped_s))
        return wave.expand(2, -1) * self.gain


def _midi_velocity(velocity: float) -> int:
    return min(MIDI_TOP, max(1, round(velocity * MIDI_TOP)))


def together(waves: list[Tensor], zones: list[Zone]) -> Tensor:
    """Mix zones that sound at once: float32 [1, n] if all are centred, else [2, n]."""
    if not any(zone.pan for zone in zones):
        return torch.stack(waves).sum(0).unsqueeze(0)
    return torch.stack(
        [wave * pan_gains(zone.pan).unsqueeze(1) for wave, zone in zip(waves, zones, strict=True)]
    ).sum(0)


def sounded(
    source: RecordedInstruments, zone: Zone, pitch: float, velocity: float, length: int, touch: Touch
) -> Tensor:
    """Return one zone's recording at a pitch, with its envelope: float32 [length]."""
    recording = recording_of(source, zone.recording)
    step = 2 ** ((pitch - zone.root) / 12) * recording.rate_hz / SAMPLE_RATE_HZ
    wanted = math.ceil((length + GUARD) * step)
    wave = unrolled(recording, zone.start, zone.loop, wanted)
    is_cut = len(wave) == wanted
    tail = min(len(wave), max(1, round(GUARD * step))) if is_cut else min(len(wave), 64)
    wave[len(wave) - tail :] *= torch.linspace(1, 0, tail)

    def response(f_hz: Tensor) -> Tensor:
        magnitude = touch.response(f_hz, velocity)
        return magnitude / (1 + (f_hz / zone.cutoff_hz) ** 2) if zone.cutoff_hz else magnitude

    return resampled(wave, step, length, response) * _envelope(zone, length)


def _envelope(zone: Zone, length: int) -> Tensor:
    """Return the envelope, float32 [length]: linear attack, hold, decay linear in dB."""
    t_s = torch.arange(length, dtype=torch.float32) / SAMPLE_RATE_HZ
    attack_s = max(SOFT_START_S, zone.attack_s)
    level = (t_s / attack_s).clamp(max=1) * db_to_gain(zone.gain_db)
    if not zone.decay_s:
        return level
    fallen_db = (t_s - attack_s - zone.hold_s).clamp(min=0) * (DECAY_DB / zone.decay_s)
    return level * torch.exp(fallen_db.clamp(max=zone.sustain_db) * (-math.log(10) / 20))
