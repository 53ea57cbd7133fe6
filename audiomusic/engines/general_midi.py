"""The General MIDI numbers of the engine's instruments, kits and drums."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

Table = Literal["programs", "kits", "pieces"]

#: The fallback for an unknown name: a sound, though perhaps not the closest one.
FALLBACK = {"programs": 0, "kits": 0, "pieces": 38}
VOICE = "voice"


@cache
def tables() -> dict[str, dict[str, int]]:
    return tomllib.loads(Path(__file__).with_name("general_midi.toml").read_text(encoding="utf-8"))


def midi_number(table: Table, name: str) -> int:
    """Return the program of an instrument or kit, or the key of a drum piece."""
    return tables()[table].get(name, FALLBACK[table])
