"""Extracts the studio engine's sample pack from two free sound fonts.

    python -m audiomusic.devtools.sample_pack --fluid FluidR3Mono_GM.sf3 \\
        --musescore MuseScore_General_Full.sf3

The fonts come from the Debian packages `fluidr3mono-gm-soundfont` 2.315-7 and `musescore-general-soundfont`
0.2.1-1 (both MIT, parts in the public domain or CC0; their licences are beside the pack). The recordings are
bit-exact copies of the Ogg files in the fonts, so nothing is compressed twice.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import Literal

import numpy as np

from audiomusic.engines.general_midi import tables
from audiomusic.engines.studio.synth.sampling.pack import INDEX, PACK_DIR, RECORDING_DIR
from audiomusic.engines.studio.synth.sampling.recordings import FULL_SCALE, unrolled
from audiomusic.engines.studio.synth.sampling.soundfont import DRUM_BANK, SoundFont
from audiomusic.engines.studio.synth.sampling.zones import Zone
from audiomusic.engines.units import midi_to_hz

Font = Literal["fluid", "musescore"]

SOURCES: dict[Font, str] = {
    "fluid": "FluidR3Mono_GM.sf3, Debian package fluidr3mono-gm-soundfont 2.315-7",
    "musescore": "MuseScore_General_Full.sf3, Debian package musescore-general-soundfont 0.2.1-1",
}
LARGEST_MB = 16.0
PIANO_SPACING = 4  # the least semitones between two recordings of the piano
HEAD_DB, HEAD_S = -46.0, 0.002  # trim a recording's start below this level, but keep this much of it
TUNING_S = 0.05, 1.8  # the part of a recording in which its pitch is measured
TUNING_PARTIALS, TUNING_WINDOW_CENTS, TUNING_PERIODS = 3, 50, 30
HIGHEST_TUNED = 96.0
HARD_FROM = 77  # the lowest MIDI velocity that plays the piano's fortissimo recordings


@dataclass(frozen=True)
class Cut:
    """The part of a font that is used for one of the engine's instruments."""

    instrument: str
    font: Font
    bank: int
    program: int
    chosen: Callable[[Sequence[tuple[str, Zone]]], list[Zone]] | None = None  # of (sample name, zone)


def piano_zones(named: Sequence[tuple[str, Zone]]) -> list[Zone]:
    """Return the piano's two stereo layers, at keys at least `PIANO_SPACING` apart; each covers the keys
    halfway to its neighbours.
    """
    kept: list[Zone] = []
    for layer, velocities in (("MF", (0, HARD_FROM - 1)), ("FF", (HARD_FROM, 127))):
        own = [zone for name, zone in named if f"Piano {layer} " in name]
        roots: list[int] = []
        for root in sorted({round(zone.root) for zone in own}):
            if not roots or root - roots[-1] >= PIANO_SPACING:
                roots.append(root)
        edges = [0, *((low + high) // 2 + 1 for low, high in zip(roots, roots[1:], strict=False)), 128]
        for number, root in enumerate(roots):
            sides: dict[tuple[str, float], Zone] = {}
            for zone in own:
                if round(zone.root) == root:
                    sides.setdefault((zone.recording, zone.pan), zone)
            span = edges[number], edges[number + 1] - 1
            kept += [
                replace(zone, keys=span, velocities=velocities, attack_s=0.0, cutoff_hz=0.0)
                for zone in sides.values()
            ]
    return kept


def _first_layer(named: Sequence[tuple[str, Zone]]) -> list[Zone]:
    return [zone for _, zone in named]


FLUID_INSTRUMENTS = (
    "electric_piano", "clavinet", "nylon_guitar", "steel_guitar", "clean_guitar", "muted_guitar", "banjo",
    "upright_bass", "electric_bass", "strings", "pizzicato", "violin", "choir_pad", "brass_section", "flute",
    "clarinet", "harmonica", "accordion", "marimba", "vibraphone", "steel_drum",
)  # fmt: skip
FLUID_KITS = {"acoustic": 5, "rock": 16, "brushes": 40, "latin": 0, "orchestral": 48}


def cuts() -> list[Cut]:
    programs = tables()["programs"]
    return [
        Cut("piano", "musescore", 0, 0, piano_zones),
        *(Cut(name, "fluid", 0, programs[name]) for name in FLUID_INSTRUMENTS),
        *(Cut(f"kit:{kit}", "fluid", DRUM_BANK, program) for kit, program in FLUID_KITS.items()),
    ]


class PackWriter:
    """Writes each recording once, and collects what the index needs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[tuple[str, str], str] = {}
        self._hashes: dict[str, str] = {}
        self.size = 0

    def add(self, font_name: str, font: SoundFont, zones: Sequence[Zone], *, is_pitched: bool) -> list[Zone]:
        """Return the zones, with recordings named as in the pack."""
        return [
            replace(
                zone,
                recording=self._recording(font_name, font, zone),
                start=_head(font, zone),
                root=_tuned(font, zone) if is_pitched else zone.root,
            )
            for zone in zones
        ]

    def index(self, instruments: dict[str, list[Zone]], sources: Sequence[str]) -> str:
        lines = [
            "# Made by audiomusic/devtools/sample_pack.py, not to be edited:",
            "# which recording answers to which key and touch.",
            f"sources = [{', '.join(_quoted(source) for source in sources)}]",
            "",
            "# Each recording with the SHA-256 of its file.",
            "[recordings]",
            *(f"{name} = {_quoted(digest)}" for name, digest in sorted(self._hashes.items())),
            "",
            "[instruments]",
        ]
        for name, zones in instruments.items():
            lines += [f"{_quoted(name)} = [", *(f"  {_table(zone)}," for zone in zones), "]"]
        return "\n".join(lines) + "\n"

    def _recording(self, font_name: str, font: SoundFont, zone: Zone) -> str:
        place = font_name, zone.recording
        if place not in self._names:
            name = _slug(zone.recording.partition(":")[2])
            while name in self._hashes:
                name += "-b"
            data = font.compressed(zone.recording)
            (self._folder / f"{name}.ogg").write_bytes(data)
            self._names[place], self._hashes[name] = name, hashlib.sha256(data).hexdigest()
            self.size += len(data)
        return self._names[place]


def _head(font: SoundFont, zone: Zone) -> int:
    """Return the sample at which a recording's sound begins."""
    recording = font.read(zone.recording)
    wave = np.abs(recording.samples.numpy()[zone.start :].astype(np.float32)) / FULL_SCALE
    loud = np.flatnonzero(wave > wave.max() * 10 ** (HEAD_DB / 20))
    return zone.start + max(0, int(loud[0]) - round(HEAD_S * recording.rate_hz))


def _tuned(font: SoundFont, zone: Zone) -> float:
    """Return a zone's root key by its actual pitch, from the energy near its first partials, if that can be
    measured.
    """
    recording = font.read(zone.recording)
    wave = unrolled(recording, zone.start, zone.loop, round(TUNING_S[1] * recording.rate_hz)).numpy()
    wave = wave[round(TUNING_S[0] * recording.rate_hz) :]
    f0_hz = midi_to_hz(zone.root)
    if len(wave) < TUNING_PERIODS * recording.rate_hz / f0_hz or zone.root > HIGHEST_TUNED:
        return zone.root
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 1 << 19)) ** 2
    hz = np.fft.rfftfreq(1 << 19, 1 / recording.rate_hz)
    offs, weights = [], []
    for partial in range(1, TUNING_PARTIALS + 1):
        cents = 1200 * np.log2(np.maximum(hz, 1.0) / (partial * f0_hz))
        near = np.abs(cents) < TUNING_WINDOW_CENTS
        if near.any():
            offs.append(float((power[near] * cents[near]).sum() / power[near].sum()))
            weights.append(float(power[near].sum()))
    off_cents = float(np.average(offs, weights=weights)) if offs else 0.0
    return round(zone.root + off_cents / 100, 3)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower().replace("#", "s")).strip("-")


def _quoted(text: str) -> str:
    return f'"{text}"'


def _table(zone: Zone) -> str:
    """Return an inline table of the values that differ from a zone's defaults."""
    parts = []
    for field in fields(zone):
        value = getattr(zone, field.name)
        if field.default is MISSING or value != field.default:
            said = (
                _quoted(value)
                if isinstance(value, str)
                else list(value)
                if isinstance(value, tuple)
                else value
            )
            parts.append(f"{field.name} = {said}")
    return f"{{ {', '.join(parts)} }}"


def _played(zones: list[Zone], instrument: str) -> list[Zone]:
    """Return the zones; of a kit, only those that the engine's drums use."""
    if not instrument.startswith("kit:"):
        return zones
    keys = set(tables()["pieces"].values()) | EXTRA_KEYS
    return [zone for zone in zones if any(zone.keys[0] <= key <= zone.keys[1] for key in keys)]


#: Keys besides those that General MIDI has for the drum pieces: timbales.
EXTRA_KEYS = {65, 66}


def make_pack(fonts: dict[Font, SoundFont], folder: Path) -> float:
    """Write the pack to a folder, and return the size of its recordings in MB."""
    shutil.rmtree(folder / RECORDING_DIR, ignore_errors=True)
    (folder / RECORDING_DIR).mkdir(parents=True)
    writer = PackWriter(folder / RECORDING_DIR)
    instruments: dict[str, list[Zone]] = {}
    for cut in cuts():
        font = fonts[cut.font]
        zones = font.preset(cut.bank, cut.program)
        if cut.chosen:
            zones = cut.chosen([(zone.recording.partition(":")[2], zone) for zone in zones])
        instruments[cut.instrument] = writer.add(
            cut.font, font, _played(zones, cut.instrument), is_pitched=cut.bank != DRUM_BANK
        )
    (folder / INDEX).write_text(writer.index(instruments, list(SOURCES.values())), "utf-8")
    return writer.size / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description="Cut the studio engine's recordings out of sound fonts.")
    parser.add_argument("--fluid", type=Path, required=True)
    parser.add_argument("--musescore", type=Path, required=True)
    parser.add_argument("--folder", type=Path, default=PACK_DIR)
    given = parser.parse_args()
    size_mb = make_pack(
        {"fluid": SoundFont(given.fluid), "musescore": SoundFont(given.musescore)}, given.folder
    )
    sys.stdout.write(f"{size_mb:.2f} MB of recordings in {given.folder}\n")
    if size_mb > LARGEST_MB:
        raise SystemExit(f"Expected at most {LARGEST_MB} MB.")


if __name__ == "__main__":
    main()
