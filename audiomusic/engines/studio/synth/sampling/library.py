"""Lookup of an instrument's recordings: first in the operator's sound font, then in the pack."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from audiomusic.engines.studio.synth.sampling.pack import pack
from audiomusic.engines.studio.synth.sampling.recordings import Recording, RecordingCache
from audiomusic.engines.studio.synth.sampling.soundfont import SoundFont
from audiomusic.engines.studio.synth.sampling.zones import RecordedInstruments, Zone

_cache = RecordingCache()
_own: list[SoundFont] = []


def use_soundfont(path: Path | None) -> None:
    """Play the instruments in this file from it; with None, play everything from the pack.

    Applies to the whole process. Call it before the first song: notes already rendered with other recordings
    are not rendered again. Raises SoundFontNotReadable.
    """
    _own[:] = [] if path is None else [SoundFont(path)]


def recorded_instrument(name: str) -> tuple[RecordedInstruments, tuple[Zone, ...]]:
    """Return the source of an instrument, and its zones. Raises ValueError if no source has it."""
    held: list[RecordedInstruments] = [*_own, pack()]
    for source in held:
        if zones := source.zones(name):
            return source, zones
    raise ValueError(f"Expected a recorded instrument, one of {', '.join(pack().instruments)}; got {name!r}.")


def recording_of(source: RecordedInstruments, name: str) -> Recording:
    """Return a recording by name, from the cache if it is there."""
    return _cache.fetch((source, name), lambda: source.read(name))


def recordings_made_with() -> dict[str, str]:
    """Return the hashes of the recordings in use, for the record of what a take was made with."""
    facts = {"samples": pack().sha256[:16]}
    return facts | ({"soundfont": _sha256(_own[0].path)} if _own else {})


@cache
def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
