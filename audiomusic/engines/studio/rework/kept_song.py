"""A kept song, ready to be reworked: its score, plan, seed and curves, and its source."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from audiomusic.engines.base import EngineError
from audiomusic.engines.studio.compose.seeds import LAYERS, LayeredSeed
from audiomusic.engines.studio.mixdown import MixCurves
from audiomusic.engines.studio.plan import Plan
from audiomusic.engines.studio.rework.curves_file import CurvesNotReadable, dump_curves, load_curves
from audiomusic.engines.studio.rework.kept_score import (
    EXACT,
    ScoreNotReadable,
    can_be_composed_on,
    dump_value,
    load_score,
    load_value,
)
from audiomusic.engines.studio.score import Score

VERSION = 1
TOO_OLD = "source_too_old"


@dataclass(frozen=True, eq=False)
class KeptSong:
    """A kept song.

    `is_composed`: composing `plan` with `seed` gives `score`. `operation` created the song from `parent`.
    `written` is another kept score, to be recorded in this song's sound.
    """

    document: Mapping[str, Any]
    score: Score
    plan: Plan
    seed: int
    is_composed: bool
    curves: MixCurves
    operation: Mapping[str, Any] | None = None
    parent: bytes | None = None
    written: Mapping[str, Any] | None = None

    @property
    def written_song(self) -> KeptSong | None:
        if self.written is None:
            return None
        return _song(self.written, dump_curves(self.curves), None)


def pack_song(
    document: Mapping[str, Any],
    curves: bytes | None,
    parent: bytes | None,
    written: Mapping[str, Any] | None = None,
) -> bytes:
    """Pack everything that a song was made from into one file; the same parts give the same bytes."""
    held: dict[str, Any] = {
        "version": VERSION,
        "score": document,
        "curves": _text(curves),
        "parent": _text(parent),
    }
    if written is not None:
        held["written"] = written
    text = json.dumps(held, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)


def unpack_song(packed: bytes) -> KeptSong:
    """Unpack a song. Raises EngineError if it cannot be reworked."""
    try:
        held = json.loads(gzip.decompress(packed))
        song = _song(held["score"], _bytes(held["curves"]), _bytes(held["parent"]))
        return replace(song, written=held["written"]) if "written" in held else song
    except (ScoreNotReadable, CurvesNotReadable) as error:
        raise EngineError(str(error), TOO_OLD) from error
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise EngineError("The stored data of the song cannot be read.", TOO_OLD) from error


def kept_plan(plan: Plan, seed: int, *, is_composed: bool) -> dict[str, Any]:
    """Return what a kept score holds under EXACT beside the score, to compose the song again."""
    layers = dict(seed.layers) if isinstance(seed, LayeredSeed) else {}
    # The wishes were already checked against the score; a rework has its own caption.
    lean = replace(plan, wishes=(), not_understood=(), not_applied={})
    return {
        "plan": dump_value(lean),
        "seed": {"base": int(seed), "layers": layers},
        "is_composed": is_composed,
    }


def _song(document: Mapping[str, Any], curves: bytes | None, parent: bytes | None) -> KeptSong:
    score = load_score(document)
    exact = document[EXACT]
    if not can_be_composed_on(document) or curves is None:
        raise ScoreNotReadable(
            "This song was made before plans were stored, so it cannot be edited. Make it again with the "
            "same seed."
        )
    plan: Plan = load_value(Plan, exact["plan"], "plan")
    base, layers = int(exact["seed"]["base"]), exact["seed"]["layers"]
    if not layers.keys() <= set(LAYERS):
        raise ScoreNotReadable(f"Expected layers of {', '.join(LAYERS)}, got {', '.join(layers)}.")
    seed = LayeredSeed(base, layers) if layers else base
    operation = document.get("operation")
    return KeptSong(
        document, score, plan, seed, bool(exact["is_composed"]), load_curves(curves), operation, parent
    )


def _text(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)
