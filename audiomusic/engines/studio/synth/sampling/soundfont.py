"""Reader of SoundFont 2 files, and version 3 with Ogg samples: presets as zones, samples on demand.

After E-mu Systems, "SoundFont Technical Specification 2.04" (2006). Modulators are ignored because the patch
decides how velocity changes the sound. Layers that differ only in modulators become one zone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from audiomusic.engines.general_midi import tables
from audiomusic.engines.studio.synth.sampling.header import SoundFontNotReadable, check_soundfont
from audiomusic.engines.studio.synth.sampling.recordings import Recording, decode
from audiomusic.engines.studio.synth.sampling.zones import Zone

DRUM_BANK = 128
COMPRESSED = 0x10  # flag in a sample's type: an Ogg file instead of 16-bit PCM
OPEN_CENTS = 13_500  # cutoff of an open filter
CONCERT_CENTS_HZ = 8.176
LOOPED_MODES = (1, 3)
EMU_ATTENUATION = 0.4  # share of a font's attenuation that all players apply
COARSE = 32_768

CHUNKS = (b"LIST", b"phdr", b"pbag", b"pmod", b"pgen", b"inst", b"ibag", b"imod", b"igen", b"shdr", b"smpl")

#: The generators that are read, by number.
GENERATORS = {
    0: "start", 2: "loop_start", 3: "loop_end", 4: "start_coarse", 8: "cutoff", 17: "pan", 34: "attack",
    35: "hold", 36: "decay", 37: "sustain", 41: "instrument", 43: "keys", 44: "velocities",
    45: "loop_start_coarse",
    48: "attenuation", 50: "loop_end_coarse", 51: "coarse", 52: "fine", 53: "sample", 54: "mode", 56: "scale",
    58: "root",
}  # fmt: skip
DEFAULTS = {
    "cutoff": OPEN_CENTS,
    "attack": -12_000,
    "hold": -12_000,
    "decay": -12_000,
    "scale": 100,
    "root": -1,
}
#: Generators of a preset zone that are not added to the instrument's: they only narrow, or do not apply.
NOT_ADDED = {"instrument", "keys", "velocities", "sample", "mode", "root", "start", "loop_start", "loop_end"}
WHOLE = (0, 127)

Span = tuple[int, int]


class Sample(NamedTuple):
    """The header of a sample."""

    name: str
    start: int
    end: int
    loop_start: int
    loop_end: int
    rate_hz: int
    key: int
    cents: int
    kind: int


@dataclass
class Generators:
    """The generators of one zone of the file."""

    values: dict[str, int]
    keys: Span = WHOLE
    velocities: Span = WHOLE

    def over(self, base: Generators) -> Generators:
        return Generators(
            base.values | self.values,
            self.keys if self.keys != WHOLE else base.keys,
            self.velocities if self.velocities != WHOLE else base.velocities,
        )


class SoundFont:
    """A file's presets and samples. Raises SoundFontNotReadable."""

    def __init__(self, path: Path) -> None:
        self.path = path
        check_soundfont(path)
        self._data: npt.NDArray[np.uint8] = np.memmap(path, np.uint8, "r")
        self._chunks = dict(self._walk())
        try:
            self.samples = [self._sample(row) for row in self._rows(b"shdr", "<20sIIIIIBbHH")[:-1]]
            instruments = self._zones_of(b"inst", b"ibag", b"igen", "<20sH", 1, "sample")
            self.presets = self._presets(instruments)
            self._instruments = {
                name: tuple(self.preset(*place)) for name, place in _places() if place in self.presets
            }
        except (KeyError, IndexError, struct.error) as error:
            raise SoundFontNotReadable(
                f"Expected a SoundFont 2 or 3 file, got {path.name} without {error}."
            ) from error

    def zones(self, instrument: str) -> tuple[Zone, ...]:
        """Return the zones of an instrument of the engine or of a kit ("kit:acoustic").

        Empty if the file has no such preset.
        """
        return self._instruments.get(instrument, ())

    def preset(self, bank: int, program: int) -> list[Zone]:
        """Return the zones of a preset, with each recording once per key range and pan."""
        found: dict[tuple[object, ...], Zone] = {}
        for own in self.presets[bank, program]:
            zone = self._zone(own, is_drum=bank == DRUM_BANK)
            alike = zone.recording, zone.keys, zone.pan
            before = found.get(alike)
            found[alike] = zone if before is None else _joined(before, zone)
        return list(found.values())

    def read(self, recording: str) -> Recording:
        sample = self.samples[int(recording.split(":")[0])]
        if sample.kind & COMPRESSED:
            return decode(self.compressed(recording))
        first, _ = self._chunks[b"smpl"]
        raw = self._data[first + 2 * sample.start : first + 2 * sample.end].tobytes()
        return Recording(torch.from_numpy(np.frombuffer(raw, "<i2").astype(np.int16)), sample.rate_hz)

    def compressed(self, recording: str) -> bytes:
        """Return the Ogg file of a sample."""
        sample = self.samples[int(recording.split(":")[0])]
        first, _ = self._chunks[b"smpl"]
        return self._data[first + sample.start : first + sample.end].tobytes()

    def _walk(self) -> Iterator[tuple[bytes, Span]]:
        """Yield (name, (first byte, length)) for every chunk inside the lists."""
        data, place = self._data, 12
        while place + 8 <= len(data):
            name, length = (
                bytes(data[place : place + 4]),
                int.from_bytes(data[place + 4 : place + 8], "little"),
            )
            if name == b"LIST":
                place += 12
                continue
            yield name, (place + 8, length)
            place += 8 + length
            if length % 2 and bytes(data[place : place + 4]) not in CHUNKS:
                place += 1  # a padding byte, which some writers omit

    def _rows(self, chunk: bytes, form: str) -> list[tuple[object, ...]]:
        first, length = self._chunks[chunk]
        size = struct.calcsize(form)
        return list(struct.iter_unpack(form, self._data[first : first + length // size * size].tobytes()))

    def _sample(self, row: Sequence[object]) -> Sample:
        name, *numbers = row
        start, end, loop_start, loop_end, rate_hz, key, cents, _, kind = (
            int(str(number)) for number in numbers
        )
        if not kind & COMPRESSED:  # loops of compressed samples are relative to their own start
            loop_start, loop_end = loop_start - start, loop_end - start
        return Sample(_text(name), start, end, loop_start, loop_end, rate_hz, key, cents, kind)

    def _zones_of(
        self, heads: bytes, bags: bytes, generators: bytes, form: str, bag_column: int, needs: str
    ) -> list[list[Generators]]:
        """Return the zones of every instrument or preset, each merged over its global zone."""
        rows, bag_rows = self._rows(heads, form), self._rows(bags, "<HH")
        ops = self._rows(generators, "<H2s")
        found = []
        for row, after in zip(rows, rows[1:], strict=False):
            base, zones = Generators({}), []
            for bag in range(int(str(row[bag_column])), int(str(after[bag_column]))):
                own = _generators(ops[int(str(bag_rows[bag][0])) : int(str(bag_rows[bag + 1][0]))])
                if needs in own.values:
                    zones.append(own.over(base))
                elif not zones:
                    base = own
            found.append(zones)
        return found

    def _presets(self, instruments: Sequence[list[Generators]]) -> dict[tuple[int, int], list[Generators]]:
        heads = self._rows(b"phdr", "<20sHHHIII")
        zones = self._zones_of(b"phdr", b"pbag", b"pgen", "<20sHHHIII", 3, "instrument")
        presets: dict[tuple[int, int], list[Generators]] = {}
        for (_, program, bank, *_rest), outer_zones in zip(heads, zones, strict=False):
            presets[int(str(bank)), int(str(program))] = [
                merged
                for outer in outer_zones
                for inner in instruments[outer.values["instrument"]]
                if (merged := _merged(outer, inner)) is not None
            ]
        return presets

    def _zone(self, own: Generators, *, is_drum: bool) -> Zone:
        values = DEFAULTS | own.values
        number = values["sample"]
        sample = self.samples[number]
        root = values["root"] if values["root"] >= 0 else sample.key
        tuned = root - values.get("coarse", 0) - (values.get("fine", 0) + sample.cents) / 100
        middle = (own.keys[0] + own.keys[1]) // 2
        first = values.get("start", 0) + COARSE * values.get("start_coarse", 0)
        loop = (
            sample.loop_start + values.get("loop_start", 0) + COARSE * values.get("loop_start_coarse", 0),
            sample.loop_end + values.get("loop_end", 0) + COARSE * values.get("loop_end_coarse", 0),
        )
        is_looped = values.get("mode", 0) in LOOPED_MODES and first <= loop[0] < loop[1]
        falls = values.get("sustain", 0) > 0
        return Zone(
            recording=f"{number}:{sample.name}",
            root=round(middle - (middle - tuned) * values["scale"] / 100, 3),
            keys=own.keys,
            velocities=own.velocities,
            start=first,
            loop=loop if is_looped else (0, 0),
            gain_db=round(-EMU_ATTENUATION * values.get("attenuation", 0) / 10, 2),
            pan=0.0 if is_drum else round(max(-500, min(500, values.get("pan", 0))) / 500, 3),
            attack_s=_seconds(values["attack"]),
            hold_s=_seconds(values["hold"]) if falls else 0.0,
            decay_s=_seconds(values["decay"]) if falls else 0.0,
            sustain_db=min(144.0, max(0, values.get("sustain", 0)) / 10),
            cutoff_hz=_cutoff_hz(values["cutoff"]),
        )  # fmt: skip


def _places() -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield where a font keeps the engine's instruments and kits: (name, (bank, program))."""
    yield from ((name, (0, program)) for name, program in tables()["programs"].items())
    yield from ((f"kit:{name}", (DRUM_BANK, program)) for name, program in tables()["kits"].items())


def _text(name: object) -> str:
    return name.split(b"\0")[0].decode("latin1").strip() if isinstance(name, bytes) else ""


def _seconds(timecents: int) -> float:
    return 0.0 if timecents <= -11_950 else round(float(2 ** (timecents / 1200)), 4)


def _cutoff_hz(cents: int) -> float:
    return 0.0 if cents >= OPEN_CENTS else round(CONCERT_CENTS_HZ * 2 ** (cents / 1200))


def _generators(rows: Sequence[Sequence[object]]) -> Generators:
    found = Generators({})
    for op, raw in rows:
        name = GENERATORS.get(int(str(op)))
        if name is None or not isinstance(raw, bytes):
            continue
        if name == "keys":
            found.keys = raw[0], raw[1]
        elif name == "velocities":
            found.velocities = raw[0], raw[1]
        else:
            found.values[name] = struct.unpack("<h", raw)[0]
    return found


def _merged(outer: Generators, inner: Generators) -> Generators | None:
    """Return an instrument zone as a preset zone uses it, or None if their ranges do not overlap."""
    keys = max(outer.keys[0], inner.keys[0]), min(outer.keys[1], inner.keys[1])
    velocities = (
        max(outer.velocities[0], inner.velocities[0]),
        min(outer.velocities[1], inner.velocities[1]),
    )
    if keys[0] > keys[1] or velocities[0] > velocities[1]:
        return None
    return Generators(_added(inner.values, outer.values), keys, velocities)


def _added(inner: Mapping[str, int], outer: Mapping[str, int]) -> dict[str, int]:
    base = DEFAULTS | dict(inner)
    return base | {name: base.get(name, 0) + more for name, more in outer.items() if name not in NOT_ADDED}


def _joined(one: Zone, other: Zone) -> Zone:
    """Merge two zones of one recording: the louder one's settings, with the velocity range of both."""
    chosen = max(one, other, key=lambda zone: (zone.velocities[1], zone.cutoff_hz or 1e9))
    low, high = min(one.velocities[0], other.velocities[0]), max(one.velocities[1], other.velocities[1])
    return Zone(**{**chosen.__dict__, "velocities": (low, high)})
