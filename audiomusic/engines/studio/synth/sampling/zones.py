"""Zones: which recording of an instrument plays for which keys and velocities, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from audiomusic.engines.studio.synth.sampling.recordings import Recording

NEIGHBOUR_SEMITONES = 5.0  # maximum transposition of a recording that replaces another


@dataclass(frozen=True)
class Zone:
    """A recording with its key and velocity ranges and its envelope."""

    recording: str
    root: float  # MIDI key, with cents as a fraction, at which it sounds as recorded
    keys: tuple[int, int] = (0, 127)
    velocities: tuple[int, int] = (0, 127)
    start: int = 0  # samples skipped at the beginning
    loop: tuple[int, int] = (0, 0)  # samples [from, to) to repeat; no loop if they are equal
    gain_db: float = 0.0
    pan: float = 0.0  # -1..1
    attack_s: float = 0.0
    hold_s: float = 0.0
    decay_s: float = 0.0  # for 100 dB; 0 is no decay
    sustain_db: float = 0.0  # maximum fall
    cutoff_hz: float = 0.0  # 0 is open

    def distance(self, key: int, velocity: int) -> int:
        """Return how far a key and velocity lie outside the zone (0: inside).

        A distance in keys outweighs any distance in velocity.
        """
        return 1000 * _outside(key, self.keys) + _outside(velocity, self.velocities)


def _outside(value: int, span: tuple[int, int]) -> int:
    return max(span[0] - value, value - span[1], 0)


class RecordedInstruments(Protocol):
    """A source of recorded instruments: the pack, or the operator's sound font."""

    def zones(self, instrument: str) -> tuple[Zone, ...]:
        """Return an instrument's zones; empty if the source does not have it."""
        ...

    def read(self, recording: str) -> Recording: ...


def zones_at(zones: Sequence[Zone], key: int, velocity: int) -> list[Zone]:
    """Return the zones that sound together for a key and velocity, or the nearest ones if none match."""
    nearest = min(zones, key=lambda zone: zone.distance(key, velocity))
    key = min(max(key, nearest.keys[0]), nearest.keys[1])
    velocity = min(max(velocity, nearest.velocities[0]), nearest.velocities[1])
    return [zone for zone in zones if not zone.distance(key, velocity)]


def takes_at(zones: Sequence[Zone], pitch: float, velocity: int) -> list[list[Zone]]:
    """Return alternative recordings for one note: its own first, then those of neighbouring keys."""
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
