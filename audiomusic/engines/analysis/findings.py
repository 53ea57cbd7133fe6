"""What was asked, what was found instead or just so, and whether that is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from audiomusic.engines.analysis.score_facts import ScoreFacts
from audiomusic.engines.captions.wishes import Wish, WishValue


class Finding(NamedTuple):
    asked: str
    found: str
    ok: bool
    missed: float = 1.0  # where it is not right: how much of it is missing, up to all of it


#: Holds a wish, one of all the wishes, against the score; None where a score cannot prove it.
Check = Callable[[ScoreFacts, Wish, Sequence[Wish]], Finding | None]


def names_of(value: WishValue) -> tuple[str, ...]:
    """A wish's value as names: of a single name a tuple of it, of none an empty one."""
    if isinstance(value, str):
        return (value,)
    return tuple(str(name) for name in value) if isinstance(value, tuple) else ()
