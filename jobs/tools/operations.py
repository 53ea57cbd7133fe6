"""Reading an endpoint's parameters for one song: the operation that its job stores, or why it is impossible.

Everything that can be known without rendering is checked here, before anything is charged.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from audiomusic.engines.base import MAX_DURATION_S
from audiomusic.engines.estimate import reserved_duration_s
from audiomusic.engines.studio.rework.edits.syllable_room import fit_of, misfit
from jobs.models import Take
from jobs.specs.params import ReworkParams
from jobs.specs.refusals import SourceUnfit
from jobs.tools.line_edges import between_lines, cut_lines, sung_lines

LEAST_WINDOW_S, LEAST_CHARGED_S = 0.5, 1.0
TOLERANCE_S, EDGE_S = 1.0, 0.05
SLOWEST, FASTEST = 0.8, 1.25  # of the source's tempo, for a cover that keeps the melody
KEEPS_TUNE, KEEPS_FORM = 0.5, 0.05
DEFAULT_VARIANCE, DEFAULT_STRENGTH, DEFAULT_RIGHT_S = 0.7, 0.7, 30.0
OWN_NAMES = ("bpm", "keyscale", "timesignature", "vocal_language", "genre")  # of a cover and a reference

Score = Mapping[str, Any]


@dataclass(frozen=True)
class ToolOrder:
    """What a request asks a tool to do. `charged_s`: upper limit of the newly requested seconds; `longest_s`:
    of the result."""

    operation: dict[str, Any]
    charged_s: float
    longest_s: float


def unfit(name: str, sentence: str, code: str = "validation_error") -> SourceUnfit:
    return SourceUnfit(f"{name}: {sentence}", code, {name: [sentence]})


def operation_of(task: str, score: Score, take: Take, wishes: ReworkParams) -> ToolOrder:
    """Return the order for the task. Raises SourceUnfit."""
    return _READERS[task](score, take, wishes)


def _same_length(take: Take, wishes: ReworkParams) -> None:
    asked = wishes.get("duration_s")
    if asked is not None and abs(asked - take.duration_s) > TOLERANCE_S:
        raise unfit("duration", f"Expected -1 or the song's own {take.duration_s:.2f} s, got {asked:g}.")


def _retake(score: Score, take: Take, wishes: ReworkParams) -> ToolOrder:
    _same_length(take, wishes)
    seeds, count = wishes.get("retake_seeds"), wishes.get("batch_size")
    if seeds and count and count != len(seeds):
        raise unfit(
            "batch_size", f"Expected {len(seeds)}, one take for each of retake_seeds, or none; got {count}."
        )
    operation = {"name": "retake", "variance": wishes.get("variance", DEFAULT_VARIANCE)}
    return ToolOrder(operation, take.duration_s, take.duration_s)


def _repaint(score: Score, take: Take, wishes: ReworkParams) -> ToolOrder:
    _same_length(take, wishes)
    _whole_song(score)
    for name, own in (("bpm", "bpm"), ("keyscale", "key"), ("timesignature", "timesignature")):
        asked: Any = wishes.get(name)
        if asked is not None and asked != score[own]:
            raise unfit(name, f"Expected the song's own {score[own]}, or none, got {asked}.")
    lyrics = wishes.get("lyrics")
    asked_s = _window(score, take.duration_s, wishes)
    start_s, end_s = asked_s
    lines = sung_lines(score)
    # A section's name includes its pickup, and new words can be sung only in whole lines.
    if lyrics is not None or wishes.get("snap") == "line" or "section" in wishes:
        start_s, end_s = between_lines(
            lines, *asked_s, least_s=LEAST_WINDOW_S, with_breath=lyrics is not None
        )
        start_s, end_s = round(start_s, 4), round(min(end_s, take.duration_s), 4)
    across = [line.text for line in cut_lines(lines, *asked_s, with_breath=lyrics is not None)]
    edges: dict[str, Any] = {}
    if (start_s, end_s) != asked_s:
        edges = {"asked_start_s": asked_s[0], "asked_end_s": asked_s[1], "moved_for": across}
    elif across:
        edges = {"sung_on": across}
    operation = {
        "name": "repaint",
        "start_s": start_s,
        "end_s": end_s,
        "fade_ms": wishes.get("fade_ms", 20),
        "caption": wishes["caption"],
        "lyrics": lyrics,
        "window": {
            "start_s": start_s,
            "end_s": end_s,
            "start_bar": _bar_at(score, start_s),
            "end_bar": max(_bar_at(score, start_s), _bar_at(score, end_s - 0.01)),
            "fade_ms": wishes.get("fade_ms", 20),
            **edges,
        },
    }
    return ToolOrder(operation, max(LEAST_CHARGED_S, end_s - start_s), take.duration_s)


def is_by_bars(wishes: ReworkParams) -> bool:
    """Whether a range is given by its bars; otherwise by a section or in seconds. Raises SourceUnfit unless
    it is given in exactly one of the three ways."""
    by_bars = "start_bar" in wishes or "end_bar" in wishes
    ways = [by_bars, "section" in wishes, "start_s" in wishes or "end_s" in wishes]
    if sum(ways) != 1:
        raise unfit(
            "repainting_start",
            "Expected repainting_start and repainting_end, or start_bar and end_bar, or section; got"
            f" {'several' if sum(ways) else 'none'} of them.",
        )
    if wishes.get("end_s") is not None and wishes.get("start_s") is None:
        raise unfit("repainting_start", "Required with repainting_end: the start of the range, in seconds.")
    return by_bars


def checked_window(start_s: float, end_s: float, length_s: float) -> tuple[float, float]:
    """Return the range, checked against a song of `length_s` seconds. Raises SourceUnfit."""
    if end_s > length_s + EDGE_S:
        raise unfit("repainting_end", f"Expected at most the song's {length_s:.2f} s, or -1, got {end_s:g}.")
    end_s = min(end_s, length_s)
    if start_s >= end_s:
        raise unfit(
            "repainting_start",
            f"Expected a beginning before the end, {end_s:.2f} s of a song of {length_s:.2f} s, got"
            f" {start_s:g}.",
        )
    if end_s - start_s < LEAST_WINDOW_S - 1e-6:
        raise unfit(
            "repainting_end", f"Expected a range of at least {LEAST_WINDOW_S} s, got {end_s - start_s:.2f}."
        )
    return round(start_s, 4), round(end_s, 4)


def _window(score: Score, length_s: float, wishes: ReworkParams) -> tuple[float, float]:
    """Return the range in seconds, from any of the three ways to give it."""
    by_bars = is_by_bars(wishes)
    if "section" in wishes:
        start_s, end_s = _section(score, wishes["section"])
    elif by_bars:
        start_s, end_s = _bars(score, length_s, wishes)
    else:
        start_s, end_s = wishes["start_s"], wishes.get("end_s", length_s)
    start_s, end_s = (_snapped(score, second, wishes.get("snap", "none")) for second in (start_s, end_s))
    return checked_window(start_s, end_s, length_s)


def _section(score: Score, name: str) -> tuple[float, float]:
    wanted = name.strip().casefold()
    for section in score["sections"]:
        if section["label"].casefold() == wanted:
            return section["start_s"], section["end_s"]
    alike = [section for section in score["sections"] if section["kind"].casefold() == wanted]
    if alike:
        return alike[0]["start_s"], alike[0]["end_s"]
    labels = ", ".join(section["label"] for section in score["sections"])
    raise unfit("section", f"Expected one of {labels}, got {name!r}.")


def bar_length_s(score: Score) -> float:
    beats, unit = map(int, score["timesignature"].split("/"))
    return float(score["quarter_s"]) * beats * 4 / unit


def lead_in_s(score: Score) -> float:
    return float(score.get("exact", {}).get("score", {}).get("lead_in_s", 0.0))


def _bars(score: Score, length_s: float, wishes: ReworkParams) -> tuple[float, float]:
    first = wishes.get("start_bar", 1)
    bar_s, begin_s = bar_length_s(score), lead_in_s(score)
    count = max(1, math.ceil((length_s - begin_s) / bar_s - 0.01))
    last = wishes.get("end_bar", count)
    if not first <= last <= count:
        raise unfit("end_bar", f"Expected bars from {first} to {count}, which the song has, got {last}.")
    return begin_s + (first - 1) * bar_s, min(length_s, begin_s + last * bar_s)


def _bar_at(score: Score, second: float) -> int:
    return max(1, int((second - lead_in_s(score)) / bar_length_s(score) + 1e-6) + 1)


def _snapped(score: Score, second: float, snap: str) -> float:
    if snap not in ("beat", "bar"):
        return second
    grid_s = bar_length_s(score) if snap == "bar" else float(score["quarter_s"])
    begin_s = lead_in_s(score)
    return max(0.0, begin_s + round((second - begin_s) / grid_s) * grid_s)


def _extend(score: Score, take: Take, wishes: ReworkParams) -> ToolOrder:
    _whole_song(score)
    bar_s = bar_length_s(score)
    left_s, right_s = wishes.get("left_s", 0.0), wishes.get("right_s", DEFAULT_RIGHT_S)
    left_s = wishes["left_bars"] * bar_s if "left_bars" in wishes else left_s
    right_s = wishes["right_bars"] * bar_s if "right_bars" in wishes else right_s
    if left_s + right_s <= 0:
        raise unfit("right_extend_length", "Expected more than 0 s on at least one side, got 0 on both.")
    for name, added_s in (("left_extend_length", left_s), ("right_extend_length", right_s)):
        if 0 < added_s < 1:
            raise unfit(name, f"Expected 0 or at least 1 s, got {added_s:g}.")
    check_added_words(wishes, left_s, right_s)
    whole_s = take.duration_s + left_s + right_s
    if whole_s > MAX_DURATION_S:
        raise unfit(
            "right_extend_length",
            f"Expected at most {MAX_DURATION_S:g} s in all, got {take.duration_s:.2f} with"
            f" {left_s + right_s:g} more.",
        )
    asked = wishes.get("duration_s")
    if asked is not None and abs(asked - whole_s) > EDGE_S:
        raise unfit(
            "duration", f"Expected -1 or {whole_s:.2f} s, the song with what is added, got {asked:g}."
        )
    operation = {
        "name": "extend",
        "left_s": left_s,
        "right_s": right_s,
        "caption": wishes["caption"],
        "lyrics": wishes.get("lyrics") or None,
        "left_lyrics": wishes.get("left_lyrics") or None,
        "all_words": True,
    }
    return ToolOrder(operation, left_s + right_s, whole_s)


def check_added_words(wishes: ReworkParams, left_s: float, right_s: float) -> None:
    """Check the lyrics of an extension by these seconds. Raises SourceUnfit."""
    for name, side_s in (("left_lyrics", left_s), ("lyrics", right_s)):
        if wishes.get(name) and not side_s:
            raise unfit(name, "Expected none: no seconds are added there, so nobody could sing them.")


def _edit(score: Score, take: Take, wishes: ReworkParams) -> ToolOrder:
    from audiomusic.engines.studio.caption import read_caption
    from audiomusic.engines.studio.rework.edits.remix import is_mix_wish, moves_of

    _same_length(take, wishes)
    _whole_song(score)
    caption, lyrics = wishes.get("caption"), wishes.get("lyrics") or None
    if not caption and not lyrics:
        sentence = "Expected edit_target_prompt, edit_target_lyrics or both, got neither."
        raise SourceUnfit(
            sentence,
            "validation_error",
            {"edit_target_prompt": [sentence], "edit_target_lyrics": [sentence]},
        )
    low, high = wishes.get("edit_n_min"), wishes.get("edit_n_max")
    if low is not None and high is not None and low >= high:
        raise unfit("edit_n_min", f"Expected less than edit_n_max, {high:g}, got {low:g}.")
    kind = wishes.get("edit_type")
    if kind is None:
        kind = "only_lyrics" if not caption else "mix" if not lyrics and is_mix_wish(caption) else "remix"
    if kind == "only_lyrics" and not lyrics:
        raise unfit("edit_target_lyrics", "Required for only_lyrics: the new lyrics.")
    if kind != "only_lyrics" and not caption:
        raise unfit("edit_target_prompt", f"Required for {kind}: what to change.")
    if kind == "mix" and not moves_of(caption or ""):
        raise unfit(
            "edit_target_prompt",
            "Expected what to make louder, softer, drier, wetter, wider or narrower, got none of these "
            "words.",
            "nothing_to_change",
        )
    if kind == "remix" and not lyrics and not read_caption(caption or "").reading.wishes:
        raise unfit(
            "edit_target_prompt",
            "Expected a genre, a mood, instruments or a singer, got none of these words.",
            "nothing_to_change",
        )
    operation = {"name": "edit", "type": kind, "caption": caption, "lyrics": lyrics}
    if lyrics:
        operation |= _fit(score, lyrics, "edit_target_lyrics")
    return ToolOrder(operation, take.duration_s, take.duration_s)


def _fit(score: Score, lyrics: str, name: str) -> dict[str, Any]:
    """Return how words fit the existing melody: the lines whose notes have to be tied or repeated. Raises
    SourceUnfit if some do not fit."""
    if problem := misfit(score, lyrics):
        raise unfit(name, problem, "words_do_not_fit")
    try:
        fits = fit_of(score, lyrics)
    except ValueError:  # the voice decides in the end
        return {}
    uneven = [fit for fit in fits if fit["syllables"] != fit["notes"]]
    return {"fit": uneven} if uneven else {}


def _cover(score: Score, take: Take, wishes: ReworkParams) -> ToolOrder:
    _whole_song(score)
    strength, asked_s = wishes.get("strength", DEFAULT_STRENGTH), wishes.get("duration_s")
    own: dict[str, Any] = {name: wishes.get(name) for name in OWN_NAMES}
    longest_s = take.duration_s * FASTEST
    if asked_s is not None and abs(asked_s - take.duration_s) > TOLERANCE_S and strength >= KEEPS_FORM:
        check_cover_length(asked_s, take.duration_s)
        own["bpm"] = own["bpm"] or round(float(score["bpm"]) * take.duration_s / asked_s, 4)
    if own["bpm"]:
        longest_s = max(longest_s, take.duration_s * float(score["bpm"]) / float(own["bpm"]))
    lyrics = wishes.get("lyrics") or None
    operation = {
        "name": "cover", "caption": wishes["caption"], "lyrics": lyrics, "strength": strength, **own,
    }  # fmt: skip
    if asked_s is not None and strength < KEEPS_FORM:  # nothing of the song that has a length is kept
        operation["duration_s"] = longest_s = asked_s
    if lyrics and strength >= KEEPS_TUNE:
        operation |= _fit(score, lyrics, "lyrics")
    elif lyrics:
        operation["all_words"] = True
    return ToolOrder(operation, longest_s, longest_s)


def check_cover_length(asked_s: float, length_s: float) -> None:
    """Check the length of a cover that keeps the form of a song of `length_s` seconds. Raises SourceUnfit."""
    if not SLOWEST <= length_s / asked_s <= FASTEST:
        raise unfit(
            "duration",
            f"Expected -1, or {length_s / FASTEST:.1f} to {length_s / SLOWEST:.1f} s, so"
            f" that the melody keeps its bars; got {asked_s:g}.",
        )


def _reference(score: Score, take: Take, wishes: ReworkParams) -> ToolOrder:
    lyrics = wishes.get("lyrics") or ""
    is_instrumental = bool(wishes.get("instrumental"))
    asked_s = wishes.get("duration_s")
    kind: Any = "instrumental" if is_instrumental else "song"
    longest_s = asked_s or reserved_duration_s(kind, lyrics, not lyrics and not is_instrumental, "loop")
    operation = {
        "name": "reference",
        "caption": wishes["caption"],
        "lyrics": lyrics or None,
        "instrumental": is_instrumental,
        "duration_s": asked_s,
        "max_duration_s": longest_s,
        **{name: wishes.get(name) for name in OWN_NAMES},
    }
    return ToolOrder(operation, longest_s, longest_s)


def _whole_song(score: Score) -> None:
    """Refuse loops and single sounds, which have no beginning and no end to work on."""
    if score.get("is_loop"):
        raise SourceUnfit("This is a loop; only retake and reference work on loops.", "engine_cannot")


_READERS: dict[str, Callable[[Score, Take, ReworkParams], ToolOrder]] = {
    "retake": _retake, "repaint": _repaint, "extend": _extend, "edit": _edit, "cover": _cover,
    "reference": _reference,
}  # fmt: skip
