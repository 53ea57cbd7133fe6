"""The result of a check: what was requested, what was found, and whether it matches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from audiomusic.engines.analysis.score_facts import ScoreFacts
from audiomusic.engines.captions.wishes import Wish, WishValue


class Finding(NamedTuple):
    asked: str
    found: str
    ok: bool
    missed: float = 1.0  # if not ok: the missing share, up to 1


#: Checks a wish, one of all the wishes, against the score; None if a score cannot prove it.
Check = Callable[[ScoreFacts, Wish, Sequence[Wish]], Finding | None]


def names_of(value: WishValue) -> tuple[str, ...]:
    """Return a wish's value as a tuple of names; empty if it has none."""
    if isinstance(value, str):
        return (value,)
    return tuple(str(name) for name in value) if isinstance(value, tuple) else ()
