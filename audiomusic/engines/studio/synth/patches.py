"""Patches: an instrument's models, its dynamics, and its effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.score import INSTRUMENTS
from audiomusic.engines.studio.synth.declared import build, fill, read_tables
from audiomusic.engines.studio.synth.effects import Effect, effect_chain
from audiomusic.engines.studio.synth.fm import FrequencyModulation, Operator
from audiomusic.engines.studio.synth.modal import Modal
from audiomusic.engines.studio.synth.pads import Pad
from audiomusic.engines.studio.synth.sampling.player import Sampled
from audiomusic.engines.studio.synth.signals import Notes, pan_gains, seed_of, signed
from audiomusic.engines.studio.synth.strings_plucked import PluckedString
from audiomusic.engines.studio.synth.sweeps import NoiseSweep
from audiomusic.engines.studio.synth.wavetable import Wavetable

PATCH_DIR = Path(__file__).parent / "patches"

#: Before the patch's level applies, each note is scaled to this RMS in its loudest tenth of a second.
REFERENCE_RMS = 0.1
RMS_WINDOW = SAMPLE_RATE_HZ // 10

MODELS: dict[str, type[Any]] = {
    "string": PluckedString,
    "wavetable": Wavetable,
    "pad": Pad,
    "fm": FrequencyModulation,
    "modal": Modal,
    "sampled": Sampled,
    "sweep": NoiseSweep,
}


class SynthModel(Protocol):
    """`write` returns float32 [B, 1 or 2, length], at any level."""

    def write(self, notes: Notes) -> Tensor: ...


@dataclass(frozen=True)
class Layer:
    """One model of a patch."""

    model: SynthModel
    gain: float = 1.0
    transpose: float = 0.0  # semitones


@dataclass(frozen=True)
class Patch:
    """An instrument of the synthesizer."""

    name: str
    layers: tuple[Layer, ...]
    effects: tuple[Effect, ...] = ()
    level_db: float = 0.0  # relative to the other instruments, for equal presence in a mix
    dynamics_db: float = 18.0  # how much louder velocity 1 is than 0
    release_s: float = 0.12  # fade after note-off
    longest_s: float = 30.0  # maximum length of a note; a ringing note has died away by then
    ring: bool = False  # notes ignore note-off and sound for `longest_s`
    exact: bool = False  # the sound depends on the note's exact length
    variants: int = 2  # round-robin takes of one note
    detune_cents: float = 1.5  # between those takes
    double: bool = False  # two takes at once, one on each side
    duck: float = 0.5  # share of the score's sidechain ducking that it takes when the kick sounds
    pan_width: float = 0.0  # low notes left, high notes right, as a pianist hears them
    lowest: float = 0.0  # MIDI; notes outside the range are transposed into it by octaves
    highest: float = 127.0

    def write(self, notes: Notes) -> Tensor:
        """Return the notes at reference loudness: float32 [B, 1 or 2, length]."""
        if not self.double:
            return self._take(notes)
        sides = [self._take(self._other_take(notes, side))[:, :1] for side in ("left", "right")]
        return torch.cat(sides, dim=1)

    def _other_take(self, notes: Notes, side: str) -> Notes:
        seeds = [seed_of(seed, side) for seed in notes.seeds]
        cents = 4.0 * signed(seeds, "double", 1).squeeze(1).double()
        return replace(notes, seeds=seeds, f0_hz=notes.f0_hz * torch.exp2(cents / 1200))

    def _take(self, notes: Notes) -> Tensor:
        parts = [self._layer(layer, notes) for layer in self.layers]
        channels = max(part.shape[1] for part in parts)
        mixed = torch.stack([part.expand(-1, channels, -1) for part in parts]).sum(0)
        return self._placed(to_reference(mixed), notes)

    def _layer(self, layer: Layer, notes: Notes) -> Tensor:
        shifted = replace(notes, f0_hz=notes.f0_hz * 2 ** (layer.transpose / 12))
        return to_reference(layer.model.write(shifted)) * layer.gain

    def _placed(self, wave: Tensor, notes: Notes) -> Tensor:
        if not self.pan_width:
            return wave
        place = torch.log2(notes.f0_hz.float() / 262) / 3 * self.pan_width
        return wave * pan_gains(place).T.unsqueeze(2)


def to_reference(wave: Tensor) -> Tensor:
    """Scale each note of [B, C, n] so that its loudest 100 ms have REFERENCE_RMS."""
    power = wave.square().mean(1)
    short = (-power.shape[1]) % RMS_WINDOW
    windows = torch.nn.functional.pad(power, (0, short)).reshape(power.shape[0], -1, RMS_WINDOW)
    loudest = windows.mean(2).amax(1).sqrt().clamp(min=1e-7)
    return wave * (REFERENCE_RMS / loudest).reshape(-1, 1, 1)


def _layer_of(table: Mapping[str, Any]) -> Layer:
    settings = dict(table)
    own = {name: settings.pop(name) for name in ("gain", "transpose") if name in settings}
    if "operators" in settings:
        settings["operators"] = [fill(Operator, operator) for operator in settings["operators"]]
    return Layer(model=build(MODELS, settings, "model"), **own)


def _patch_of(name: str, table: Mapping[str, Any]) -> Patch:
    settings = dict(table)
    layers = [_layer_of(layer) for layer in settings.pop("layers")]
    chain = effect_chain(settings.pop("effects", ()))
    patch: Patch = fill(Patch, {"name": name, "layers": layers, **settings})
    return replace(patch, effects=chain)


@lru_cache(maxsize=1)
def patches() -> dict[str, Patch]:
    """Return every patch by instrument name. Raises ValueError naming what is missing of INSTRUMENTS."""
    found = {name: _patch_of(name, table) for name, table in read_tables(PATCH_DIR).items()}
    missing = sorted(set(INSTRUMENTS) - set(found))
    if missing:
        raise ValueError(f"no patch for {', '.join(missing)}")
    return found


def patch_of(instrument: str) -> Patch:
    """Return the patch of an instrument. Raises ValueError for an unknown name."""
    try:
        return patches()[instrument]
    except KeyError:
        raise ValueError(f"instrument must be one of {', '.join(INSTRUMENTS)}; got {instrument!r}") from None
