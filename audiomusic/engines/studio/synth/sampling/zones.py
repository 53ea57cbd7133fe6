"""Zones: which recording of an instrument answers to which key and touch, and how it is played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from audiomusic.engines.studio.synth.sampling.recordings import Recording

NEIGHBOUR_SEMITONES = 5.0  # how far from its own pitch a recording may stand in for another


@dataclass(frozen=True)
class Zone:
    """A recording, where on the keyboard it is used, and its envelope."""

    recording: str
    root: float  # MIDI key, with cents, at which it sounds as it was recorded
    keys: tuple[int, int] = (0, 127)
    velocities: tuple[int, int] = (0, 127)
    start: int = 0  # samples left out at the head
    loop: tuple[int, int] = (0, 0)  # samples [from, to) that are repeated; nothing where they are alike
    gain_db: float = 0.0
    pan: float = 0.0  # -1..1
    attack_s: float = 0.0
    hold_s: float = 0.0
    decay_s: float = 0.0  # for 100 dB; 0 never falls
    sustain_db: float = 0.0  # how far it falls at most
    cutoff_hz: float = 0.0  # 0 is open

    def distance(self, key: int, velocity: int) -> int:
        """How far a touch lies outside: 0 within; a key off counts more than any difference in strength."""
        return 1000 * _outside(key, self.keys) + _outside(velocity, self.velocities)


def _outside(value: int, span: tuple[int, int]) -> int:
    return max(span[0] - value, value - span[1], 0)


class RecordedInstruments(Protocol):
    """Where recorded instruments come from: the pack, or a sound font of the operator's own."""

    def zones(self, instrument: str) -> tuple[Zone, ...]:
        """An instrument's zones; none where it is not held."""
        ...

    def read(self, recording: str) -> Recording: ...


def zones_at(zones: Sequence[Zone], key: int, velocity: int) -> list[Zone]:
    """The zones that sound together for a touch; beyond the keyboard's ends the nearest ones."""
    nearest = min(zones, key=lambda zone: zone.distance(key, velocity))
    key = min(max(key, nearest.keys[0]), nearest.keys[1])
    velocity = min(max(velocity, nearest.velocities[0]), nearest.velocities[1])
    return [zone for zone in zones if not zone.distance(key, velocity)]


def takes_at(zones: Sequence[Zone], pitch: float, velocity: int) -> list[list[Zone]]:
    """Different recordings for one note, its own first: those of the neighbouring keys may stand in."""
    key = round(pitch)
    own = zones_at(zones, key, velocity)
    low, high = min(zone.keys[0] for zone in own), max(zone.keys[1] for zone in own)
    takes = [own]
    for other in (low - 1, high + 1):
        near = zones_at(zones, min(127, max(0, other)), velocity)
        is_new = all(
            zone.recording not in {each.recording for take in takes for each in take} for zone in near
        )
        if is_new and all(abs(zone.root - pitch) <= NEIGHBOUR_SEMITONES for zone in near):
            takes.append(near)
    return takes
