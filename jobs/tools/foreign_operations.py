"""Reading an endpoint's parameters for external audio of which at most the length is known.

Bars, sections and beats are known only after the job's worker has analyzed it; this module checks what can be
checked before.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from audiomusic.engines.base import MAX_DURATION_S
from audiomusic.engines.estimate import reserved_duration_s
from jobs.specs.params import ReworkParams
from jobs.tools.operations import (
    DEFAULT_RIGHT_S,
    DEFAULT_STRENGTH,
    EDGE_S,
    FASTEST,
    KEEPS_FORM,
    KEEPS_TUNE,
    LEAST_CHARGED_S,
    LEAST_WINDOW_S,
    OWN_NAMES,
    TOLERANCE_S,
    ToolOrder,
    check_added_words,
    check_cover_length,
    is_by_bars,
    unfit,
)
from jobs.tools.sources import ForeignSource

CANNOT = (
    "{task} needs notes and lyrics, which are known only for songs that this server made. For other audio, "
    "use repaint or extend to insert new music, cover or reference to make a new song, extract-stem to "
    "split it, or analyze to analyze it."
)
NO_WORDS = (
    "The lyrics of other audio are not known, so its melody cannot be kept with new lyrics; expected "
    "audio_cover_strength below {least}, or no lyrics."
)
LONGEST_BAR_S = 6.0


def foreign_operation_of(task: str, source: ForeignSource, wishes: ReworkParams) -> ToolOrder:
    """Return the order for the task. Raises SourceUnfit."""
    length_s = source.file.duration_s if source.file else None
    return _READERS[task](length_s, wishes)


def _reference(length_s: float | None, wishes: ReworkParams) -> ToolOrder:
    lyrics, is_instrumental = wishes.get("lyrics") or None, bool(wishes.get("instrumental"))
    longest_s = wishes.get("duration_s") or reserved_duration_s(
        "instrumental" if is_instrumental else "song",
        lyrics or "",
        not lyrics and not is_instrumental,
        "loop",
    )
    operation = {
        "name": "reference", "caption": wishes["caption"], "lyrics": lyrics, "instrumental": is_instrumental,
        "duration_s": wishes.get("duration_s"), "max_duration_s": longest_s, **_own(wishes),
    }  # fmt: skip
    return ToolOrder(operation, longest_s, longest_s)


def _cover(length_s: float | None, wishes: ReworkParams) -> ToolOrder:
    lyrics, strength = wishes.get("lyrics") or None, wishes.get("strength", DEFAULT_STRENGTH)
    if lyrics and strength >= KEEPS_TUNE:
        raise unfit("lyrics", NO_WORDS.format(least=KEEPS_TUNE), "engine_cannot")
    operation = {
        "name": "cover", "caption": wishes["caption"], "lyrics": lyrics, "strength": strength,
        **_own(wishes),
    }  # fmt: skip
    longest_s = _longest(length_s) * FASTEST
    if (asked_s := wishes.get("duration_s")) is not None:
        if length_s is not None and strength >= KEEPS_FORM:
            check_cover_length(asked_s, length_s)
        operation["duration_s"] = asked_s
        longest_s = max(longest_s, asked_s)
    return ToolOrder(operation, longest_s, longest_s)


def _repaint(length_s: float | None, wishes: ReworkParams) -> ToolOrder:
    _same_length(length_s, wishes)
    is_by_bars(wishes)  # check that only one of the three ways is used; the bars are not known yet
    start_s, end_s = wishes.get("start_s"), wishes.get("end_s")
    longest_s = _longest(length_s)
    charged_s = longest_s
    if start_s is not None:
        _check_window(start_s, end_s, length_s)
        charged_s = min(longest_s, longest_s if end_s is None else end_s) - start_s
        charged_s += LONGEST_BAR_S if wishes.get("snap", "none") != "none" else 0.0
    operation: dict[str, Any] = {
        "name": "repaint", "caption": wishes["caption"], "lyrics": wishes.get("lyrics") or None,
        "fade_ms": wishes.get("fade_ms", 20), "snap": wishes.get("snap", "none"),
        "start_s": start_s, "end_s": end_s,
        **{name: wishes.get(name) for name in ("start_bar", "end_bar", "section")},
    }  # fmt: skip
    return ToolOrder(operation, max(LEAST_CHARGED_S, charged_s), longest_s)


def _check_window(start_s: float, end_s: float | None, length_s: float | None) -> None:
    if end_s is not None and length_s is not None and end_s > length_s + EDGE_S:
        raise unfit("repainting_end", f"Expected at most the audio's {length_s:.2f} s, or -1, got {end_s:g}.")
    stop_s = end_s if end_s is not None else length_s
    if stop_s is not None and stop_s - start_s < LEAST_WINDOW_S - 1e-6:
        name = "repainting_end" if end_s is not None and end_s > start_s else "repainting_start"
        of = "" if length_s is None else f" of audio of {length_s:.2f} s"
        raise unfit(
            name, f"Expected a range of at least {LEAST_WINDOW_S} s{of}, got {start_s:g} to {stop_s:g}."
        )


def _extend(length_s: float | None, wishes: ReworkParams) -> ToolOrder:
    left_s, right_s = wishes.get("left_s", 0.0), wishes.get("right_s", DEFAULT_RIGHT_S)
    left_bars, right_bars = wishes.get("left_bars"), wishes.get("right_bars")
    most_left_s = left_s if left_bars is None else left_bars * LONGEST_BAR_S
    most_right_s = right_s if right_bars is None else right_bars * LONGEST_BAR_S
    added_s = most_left_s + most_right_s
    if added_s <= 0:
        raise unfit("right_extend_length", "Expected more than 0 s on at least one side, got 0 on both.")
    for name, seconds in (("left_extend_length", left_s), ("right_extend_length", right_s)):
        if 0 < seconds < 1:
            raise unfit(name, f"Expected 0 or at least 1 s, got {seconds:g}.")
    check_added_words(wishes, most_left_s, most_right_s)
    known_s = length_s or 0.0
    if left_bars is None and right_bars is None and known_s + added_s > MAX_DURATION_S:
        raise unfit(
            "right_extend_length",
            f"Expected at most {MAX_DURATION_S:g} s in all, got {known_s:.2f} with {added_s:g} more.",
        )
    asked_s = wishes.get("duration_s")
    if asked_s is not None and length_s is not None and abs(asked_s - length_s - added_s) > TOLERANCE_S:
        raise unfit(
            "duration",
            f"Expected -1 or {length_s + added_s:.2f} s, the audio with what is added, got {asked_s:g}.",
        )
    operation = {
        "name": "extend", "caption": wishes["caption"], "left_s": left_s, "right_s": right_s,
        "left_bars": left_bars, "right_bars": right_bars,
        "lyrics": wishes.get("lyrics") or None, "left_lyrics": wishes.get("left_lyrics") or None,
    }  # fmt: skip
    added_s = min(added_s, MAX_DURATION_S)
    return ToolOrder(operation, added_s, min(MAX_DURATION_S, _longest(length_s) + added_s))


def _own(wishes: ReworkParams) -> dict[str, Any]:
    return {name: wishes.get(name) for name in OWN_NAMES}


def _longest(length_s: float | None) -> float:
    """Return the length, or the maximum for audio at a URL, whose length is unknown."""
    return float(settings.SOURCE_MAX_S) if length_s is None else length_s


def _same_length(length_s: float | None, wishes: ReworkParams) -> None:
    asked_s = wishes.get("duration_s")
    if asked_s is not None and length_s is not None and abs(asked_s - length_s) > TOLERANCE_S:
        raise unfit("duration", f"Expected -1 or the audio's own {length_s:.2f} s, got {asked_s:g}.")


_READERS = {"reference": _reference, "cover": _cover, "repaint": _repaint, "extend": _extend}
