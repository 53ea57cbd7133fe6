"""Reading a tool's parameters for an engine that works on audio: the operation that its job stores.

Such an engine only knows the length of a song; for audio at a URL not even that, until a worker has fetched
it and checks here again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audiomusic.engines.base import MAX_DURATION_S
from audiomusic.engines.estimate import reserved_duration_s
from jobs.specs.params import ReworkParams, StemParams
from jobs.tools.operations import (
    DEFAULT_RIGHT_S,
    DEFAULT_STRENGTH,
    DEFAULT_VARIANCE,
    EDGE_S,
    LEAST_CHARGED_S,
    OWN_NAMES,
    TOLERANCE_S,
    ToolOrder,
    check_added_words,
    checked_window,
    unfit,
)

BARS = ("start_bar", "end_bar", "section", "left_bars", "right_bars")
BY_SCORE = "This song has no score with bars; expected seconds."
FADE_MS = 40.0


def sound_operation(
    task: str, wishes: ReworkParams, length_s: float, *, is_length_known: bool = True
) -> ToolOrder:
    """Return the order for the task. `length_s`: of the source, or its maximum. Raises SourceUnfit."""
    for name in BARS:
        if name in wishes:
            raise unfit(name, BY_SCORE, "engine_cannot")
    if wishes.get("snap", "none") != "none":
        raise unfit("snap", BY_SCORE, "engine_cannot")
    if task in ("repaint", "cover", "retake") and is_length_known:
        _same_length(wishes, length_s)
    if task == "repaint":
        return _repaint(wishes, length_s, is_length_known)
    if task == "extend":
        return _extend(wishes, length_s, is_length_known)
    if task == "reference":
        return _reference(wishes)
    if task == "retake":
        return ToolOrder(
            {"name": task, "variance": wishes.get("variance", DEFAULT_VARIANCE)}, length_s, length_s
        )
    operation = {
        "name": task, "caption": wishes["caption"], "lyrics": wishes.get("lyrics") or None,
        "strength": wishes.get("strength", DEFAULT_STRENGTH), **_own(wishes),
    }  # fmt: skip
    return ToolOrder(operation, length_s, length_s)


def stem_operation(wishes: StemParams, length_s: float) -> ToolOrder:
    """Return the order for a stem. Raises SourceUnfit."""
    if wishes.get("all_stems"):
        raise unfit("all_stems", "Expected one part: each is extracted separately.", "engine_cannot")
    mode = wishes.get("mode", "stem")
    operation = {
        "name": "extract", "mode": mode, "track_name": wishes["track_name"],
        "method": "separated" if mode == "stem" else "made", "caption": wishes.get("caption", ""),
    }  # fmt: skip
    return ToolOrder(operation, length_s, length_s)


def window_of(start_s: float, end_s: float | None, length_s: float) -> tuple[float, float]:
    """Return the range, checked against a song of `length_s` seconds. Raises SourceUnfit."""
    return checked_window(start_s, length_s if end_s is None else end_s, length_s)


def whole_of(left_s: float, right_s: float, length_s: float) -> float:
    """Return the length of a song after its extension. Raises SourceUnfit."""
    whole_s = length_s + left_s + right_s
    if whole_s > MAX_DURATION_S:
        raise unfit(
            "right_extend_length",
            f"Expected at most {MAX_DURATION_S:g} s in all, got {length_s:.2f} with"
            f" {left_s + right_s:g} more.",
        )
    return whole_s


def _own(wishes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: wishes.get(name) for name in OWN_NAMES}


def _same_length(wishes: ReworkParams, length_s: float) -> None:
    asked = wishes.get("duration_s")
    if asked is not None and abs(asked - length_s) > TOLERANCE_S:
        raise unfit("duration", f"Expected -1 or the song's own {length_s:.2f} s, got {asked:g}.")


def _repaint(wishes: ReworkParams, length_s: float, is_length_known: bool) -> ToolOrder:
    if "start_s" not in wishes:
        raise unfit("repainting_start", "Required: the start of the range, in seconds.")
    start_s, end_s = wishes["start_s"], wishes.get("end_s")
    if is_length_known:
        start_s, end_s = window_of(start_s, end_s, length_s)
    elif end_s is not None:
        window_of(start_s, end_s, max(length_s, end_s))
    fade_ms = wishes.get("fade_ms", FADE_MS)
    operation = {
        "name": "repaint", "start_s": start_s, "end_s": end_s, "fade_ms": fade_ms,
        "caption": wishes["caption"], "lyrics": wishes.get("lyrics"),
        "window": {"start_s": start_s, "end_s": end_s, "fade_ms": fade_ms},
    }  # fmt: skip
    charged_s = max(LEAST_CHARGED_S, (length_s if end_s is None else end_s) - start_s)
    return ToolOrder(operation, charged_s, length_s)


def _extend(wishes: ReworkParams, length_s: float, is_length_known: bool) -> ToolOrder:
    left_s, right_s = wishes.get("left_s", 0.0), wishes.get("right_s", DEFAULT_RIGHT_S)
    if left_s + right_s <= 0:
        raise unfit("right_extend_length", "Expected more than 0 s on at least one side, got 0 on both.")
    for name, added_s in (("left_extend_length", left_s), ("right_extend_length", right_s)):
        if 0 < added_s < 1:
            raise unfit(name, f"Expected 0 or at least 1 s, got {added_s:g}.")
    check_added_words(wishes, left_s, right_s)
    longest_s = MAX_DURATION_S
    if is_length_known:
        longest_s = whole_of(left_s, right_s, length_s)
        asked = wishes.get("duration_s")
        if asked is not None and abs(asked - longest_s) > EDGE_S:
            raise unfit(
                "duration", f"Expected -1 or {longest_s:.2f} s, the song with what is added, got {asked:g}."
            )
    operation = {
        "name": "extend", "left_s": left_s, "right_s": right_s, "caption": wishes["caption"],
        "lyrics": wishes.get("lyrics") or None, "left_lyrics": wishes.get("left_lyrics") or None,
    }  # fmt: skip
    return ToolOrder(operation, left_s + right_s, longest_s)


def _reference(wishes: ReworkParams) -> ToolOrder:
    lyrics, is_instrumental = wishes.get("lyrics") or "", bool(wishes.get("instrumental"))
    longest_s = wishes.get("duration_s") or reserved_duration_s(
        "instrumental" if is_instrumental else "song",
        lyrics,
        not lyrics and not is_instrumental,
        "loop",
    )
    operation = {
        "name": "reference", "caption": wishes["caption"], "lyrics": lyrics or None,
        "instrumental": is_instrumental, "duration_s": wishes.get("duration_s"),
        "max_duration_s": longest_s, **_own(wishes),
    }  # fmt: skip
    return ToolOrder(operation, longest_s, longest_s)
