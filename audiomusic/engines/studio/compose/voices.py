"""A song's voices: their ranges and their positions in the stereo field."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from audiomusic.engines.studio.compose.vocabulary import words_table
from audiomusic.engines.studio.score import ScoreSinger

if TYPE_CHECKING:
    from audiomusic.engines.studio.cast import CastMember
    from audiomusic.engines.studio.plan import Plan

SOLOIST_PAN = 0.22  # of the outermost soloists
CHOIR_PANS = (-0.5, 0.5, 0.3, -0.3)


@dataclass(frozen=True)
class Voice:
    """One singer, as composing sees them. Pitches are MIDI numbers."""

    low: float
    high: float
    speech: float  # the pitch around which rap moves
    is_choir: bool = False

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


def voices_of(plan: Plan, seed: int) -> tuple[Voice, ...]:
    """Return the range of each of the plan's singers; a song's only singer is known just by kind."""
    if not plan.singers:
        row = words_table("singers")[plan.singer]
        low, high = row["range"]
        return (Voice(low, high, row["speech"]),)
    cast = _cast(tuple(member.wish for member in plan.singers), seed)
    return tuple(
        Voice(low, high, low - 1, member.role == "choir")
        for member, (_, low, high) in zip(plan.singers, cast, strict=True)
    )


def score_singers(plan: Plan, seed: int) -> tuple[ScoreSinger, ...]:
    """Return the singers with names and slightly spread positions; none if there is only one."""
    cast = _cast(tuple(member.wish for member in plan.singers), seed) if plan.singers else ()
    pans = _pans(plan.singers)
    return tuple(
        ScoreSinger(member.name or name.capitalize(), name, pan, member.role == "choir", member.is_named)
        for member, (name, _, _), pan in zip(plan.singers, cast, pans, strict=True)
    )


def _pans(members: tuple[CastMember, ...]) -> list[float]:
    soloists = sum(member.role != "choir" for member in members)
    step = 2 * SOLOIST_PAN / (soloists - 1) if soloists > 1 else 0.0
    first = -SOLOIST_PAN if soloists > 1 else 0.0
    choir = CHOIR_PANS[: len(members) - soloists]
    return [*(round(first + step * place, 3) for place in range(soloists)), *choir]


@lru_cache(maxsize=64)
def _cast(wishes: tuple[str, ...], seed: int) -> tuple[tuple[str, int, int], ...]:
    """Return (name, lowest, highest) of each singer."""
    # Imported late: planning must not load the synthesiser behind the voices.
    from audiomusic.engines.studio.voice.singers import choose_cast

    return tuple((s.name, s.low_midi, s.high_midi) for s in choose_cast(wishes, seed))
