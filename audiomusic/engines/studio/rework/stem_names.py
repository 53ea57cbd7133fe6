"""Map parts of a score to stems: the twelve names that clients know, and what is in them.

The table is stems.toml. Web processes read this too, so nothing here loads torch.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from audiomusic.engines.studio.rework.kept_score import EXACT

StemName = Literal[
    "vocals", "drums", "bass", "guitar", "keyboard", "strings", "synth", "percussion", "brass", "woodwinds",
    "backing_vocals", "fx",
]  # fmt: skip
STEM_NAMES: tuple[StemName, ...] = get_args(StemName)

_TABLES: dict[str, dict[str, StemName]] = tomllib.loads(Path(__file__).with_name("stems.toml").read_text())


def stem_of_track(role: str, instrument: str) -> StemName:
    return _TABLES["roles"].get(role) or _TABLES["instruments"].get(instrument, "fx")


def stem_of_piece(piece: str) -> StemName:
    """Return the stem of a piece of the drum kit."""
    return _TABLES["pieces"].get(piece, "drums")


def stem_of_voice(role: str) -> StemName:
    """Return the stem of a sung line."""
    return _TABLES["voices"].get(role, "backing_vocals")


def stems_present(kept: Mapping[str, Any]) -> dict[StemName, list[str]]:
    """Map each stem in a kept score to its players, in the order of STEM_NAMES; empty for a score kept before
    scores could be read back. In a spliced song, include stems heard only in the old audio."""
    found: dict[StemName, list[str]] = {name: [] for name in kept.get("stems_heard", ())}
    for stem, player in _players(kept.get(EXACT, {}).get("score", {})):
        players = found.setdefault(stem, [])
        if player not in players:
            players.append(player)
    return {stem: found[stem] for stem in STEM_NAMES if stem in found}


def _players(score: Mapping[str, Any]) -> Iterator[tuple[StemName, str]]:
    for line in score.get("vocals", ()):
        yield stem_of_voice(line["role"]), f"{line['role']} voice"
    for track in score.get("tracks", ()):
        if track["notes"]:
            yield stem_of_track(track["role"], track["instrument"]), track["instrument"]
    for _, piece, *_ in (score.get("drums") or {}).get("hits", ()):
        yield stem_of_piece(piece), piece
