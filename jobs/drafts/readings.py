"""What a caption was understood to ask for, as the API tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypedDict

from audiomusic.engines.captions.wishes import Aspect, Polarity, Reading, Wish
from audiomusic.engines.studio.caption import CaptionHints, read_caption


class WishBody(TypedDict):
    """One thing that a caption asks for. `value`: a name, a number, several names of which one will do, or
    the slowest and the fastest tempo; null where the words say all."""

    words: str
    aspect: Aspect
    value: str | float | list[str | float] | None
    polarity: Polarity


def read_wishes(caption: str) -> Reading:
    """The caption's wishes."""
    return Reading(wishes=tuple(_wishes_of(read_caption(caption))))


def wish_bodies(reading: Reading) -> list[WishBody]:
    return [_body(wish) for wish in reading.wishes]


def _body(wish: Wish) -> WishBody:
    value: Any = list(wish.value) if isinstance(wish.value, tuple) else wish.value
    return {"words": wish.words, "aspect": wish.aspect, "value": value, "polarity": wish.polarity}


def _wishes_of(hints: CaptionHints) -> Iterator[Wish]:
    for genre in hints.genres:
        yield Wish(genre, "genre", genre)
    for mood in hints.moods:
        yield Wish(mood, "mood", mood)
    if hints.era:
        yield Wish(hints.era, "era", hints.era)
    for group in hints.wanted:
        yield Wish(group[0], "instrument", group)
    for name in hints.unwanted:
        yield Wish(name, "instrument", (name,), "refuse")
    if hints.no_drums:
        yield Wish("drums", "drums", None, "refuse")
    if hints.singer:
        polarity: Literal["want", "refuse"] = "refuse" if hints.singer == "none" else "want"
        yield Wish(hints.singer, "voice", () if hints.singer == "none" else (hints.singer,), polarity)
    if hints.bpm:
        yield Wish(f"{hints.bpm:g} bpm", "tempo", (hints.bpm, hints.bpm))
    if hints.key:
        yield Wish(hints.key.name, "key", hints.key.name)
    if hints.metre:
        yield Wish(hints.metre, "metre", hints.metre)
