"""The pack: the recordings that come with the engine, and the index that describes their use."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from audiomusic.engines.studio.synth.declared import fill
from audiomusic.engines.studio.synth.sampling.recordings import Recording, decode
from audiomusic.engines.studio.synth.sampling.zones import Zone

PACK_DIR = Path(__file__).parents[1] / "samples"
INDEX = "index.toml"
RECORDING_DIR = "recordings"


class PackDamaged(RuntimeError):
    """A file of the pack does not match its index."""


class Pack:
    """A folder with an index and recordings, which are read on first use."""

    def __init__(self, folder: Path = PACK_DIR) -> None:
        self._folder = folder
        raw = (folder / INDEX).read_bytes()
        #: The hash of the index, which contains the hash of every recording, so it covers the whole pack.
        self.sha256 = hashlib.sha256(raw).hexdigest()
        index: dict[str, Any] = tomllib.loads(raw.decode("utf-8"))
        self._hashes: dict[str, str] = index["recordings"]
        self._zones: dict[str, list[dict[str, Any]]] = index["instruments"]
        self._filled: dict[str, tuple[Zone, ...]] = {}

    @property
    def instruments(self) -> tuple[str, ...]:
        return tuple(self._zones)

    @property
    def recordings(self) -> tuple[str, ...]:
        return tuple(self._hashes)

    def zones(self, instrument: str) -> tuple[Zone, ...]:
        if instrument not in self._filled:
            self._filled[instrument] = tuple(fill(Zone, zone) for zone in self._zones.get(instrument, ()))
        return self._filled[instrument]

    def read(self, recording: str) -> Recording:
        path = self._folder / RECORDING_DIR / f"{recording}.ogg"
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != self._hashes[recording]:
            raise PackDamaged(
                f"Expected the recording {path.name} as it came with the engine, got another file."
            )
        return decode(data)


@cache
def pack() -> Pack:
    """Return the pack that comes with the engine."""
    return Pack()
