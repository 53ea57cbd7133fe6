"""The voices of a song: what each can sing, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from audiomusic.engines.studio.compose.vocabulary import words_table
from audiomusic.engines.studio.score import ScoreSinger

if TYPE_CHECKING:
    from audiomusic.engines.studio.cast import CastMember
    from audiomusic.engines.studio.plan import Plan

SOLOIST_PAN = 0.22  # of the outermost
CHOIR_PANS = (-0.5, 0.5, 0.3, -0.3)


@dataclass(frozen=True)
class Voice:
    """One singer as composing sees them. Pitches are MIDI numbers."""

    low: float
    high: float
    speech: float  # the pitch that rap goes round
    is_choir: bool = False

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


def voices_of(plan: Plan, seed: int) -> tuple[Voice, ...]:
    """What each of the plan's singers can sing; a song's only singer is known by kind alone."""
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
    """The singers by name and place, a little apart; none where one sings alone."""
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
    """(name, lowest, highest) of who sings."""
    # Imported late: planning must not load the synthesiser behind the voices.
    from audiomusic.engines.studio.voice.singers import choose_cast

    return tuple((s.name, s.low_midi, s.high_midi) for s in choose_cast(wishes, seed))
