"""Change the mix and no notes, as a sentence asks: louder, softer, drier, wetter, wider."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from audiomusic.engines.base import EngineError
from audiomusic.engines.studio.caption import read_caption
from audiomusic.engines.studio.rework.edits.reworked import Reworked
from audiomusic.engines.studio.rework.kept_song import KeptSong
from audiomusic.engines.studio.rework.stem_names import STEM_NAMES, stem_of_track
from audiomusic.engines.studio.score import Score, Track

LOUDER_DB = 4.0
MORE_SEND, LESS_SEND = 1.8, 0.4
LEAST_SEND = 0.15  # minimum send of a dry part that should get reverb
MOST_SEND = 0.9
NOTHING = "nothing_to_change"
_CLAUSES = re.compile(r"[,;.!?]|\b(?:and|but|then|und|y|et|e)\b")


@cache
def table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("remix.toml").read_text())


def moves_of(prompt: str) -> list[tuple[str, str]]:
    """Return (part, move) for each clause that is understood; the part "mix" is the whole mix."""
    found: list[tuple[str, str]] = []
    part = ""
    for clause in _CLAUSES.split(prompt.casefold()):
        named = list(_named(clause, table()["parts"]))
        said = _plainest(list(_named(clause, table()["moves"])))
        part = named[-1] if named else part
        for move in said:
            if move in ("wide", "narrow"):
                found.append(("mix", move))
            else:
                found += [(name, move) for name in (named or [part or "mix"])]
    return list(dict.fromkeys(found))


def _plainest(moves: list[str]) -> list[str]:
    """Prefer spatial moves: "less reverb" means drier and "more reverb" wetter, not softer or louder."""
    spatial = [move for move in moves if move in ("wet", "dry")]
    return ["dry"] if "dry" in spatial else spatial or moves


def _named(clause: str, words: dict[str, list[str]]) -> Iterator[str]:
    for name, spellings in words.items():
        if any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", clause) for word in spellings):
            yield name


def remixed(song: KeptSong, prompt: str) -> Reworked:
    """Remix the song with another balance. Raises EngineError if the sentence changes nothing."""
    moves = moves_of(prompt)
    moves += [
        ("mix", wish)
        for wish in read_caption(prompt).mix
        if wish in ("dry", "wet", "wide", "narrow") and not moves
    ]
    score, moved = song.score, []
    for part, move in moves:
        after = _moved(score, part, move)
        if after != score:
            moved.append({"track_name": part, "move": move})
        score = after
    if not moved:
        raise EngineError(
            f"Nothing in {prompt!r} says what to make louder, softer, drier, wetter, wider or narrower in"
            " this song.",
            NOTHING,
        )
    return Reworked(
        score,
        song.plan,
        song.seed,
        details={"moves": moved, "changed": {"tracks": [], "bars": [], "lines": []}},
    )


def _moved(score: Score, part: str, move: str) -> Score:
    if part == "mix":
        wishes = tuple(dict.fromkeys((*score.notes.get("mix", ()), move)))
        known = move in ("dry", "wet", "wide", "narrow") and wishes != tuple(score.notes.get("mix", ()))
        return replace(score, notes={**score.notes, "mix": list(wishes)}) if known else score
    if part in ("drums", "percussion") and score.drums:
        return replace(score, drums=_moved_part(score.drums, move))
    if part in ("vocals", "backing_vocals"):
        wish = {"up": "louder:vocals", "down": "softer:vocals"}.get(move)
        if not wish or not score.vocals:
            return score
        mix = [*score.notes.get("mix", ()), wish]
        return replace(score, notes={**score.notes, "mix": mix})
    tracks = [_moved_part(track, move) if _is_part(track, part) else track for track in score.tracks]
    return replace(score, tracks=tracks)


def _is_part(track: Track, part: str) -> bool:
    return part in STEM_NAMES and stem_of_track(track.role, track.instrument) == part


def _moved_part(track: Any, move: str) -> Any:
    if move in ("up", "down"):
        gain_db = LOUDER_DB if move == "up" else -LOUDER_DB
        return replace(track, gain_db=track.gain_db + gain_db)
    if move == "wet":
        return replace(track, reverb_send=min(MOST_SEND, max(LEAST_SEND, track.reverb_send * MORE_SEND)))
    if move == "dry":
        return replace(track, reverb_send=track.reverb_send * LESS_SEND)
    return track


def is_mix_wish(prompt: str) -> bool:
    """Whether a sentence only says how to mix parts."""
    if not moves_of(prompt):
        return False
    reading = read_caption(prompt)
    others = [
        wish
        for wish in reading.reading.wishes
        if wish.aspect not in ("mix", "instrument", "drums", "voice", "pace", "sound")
    ]
    return not others
