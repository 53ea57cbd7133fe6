"""A take is composed until it keeps what was refused, before anything of it is sung or played."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiomusic.engines.analysis.conformance import judge_wishes, strict_misses
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.score import Score
from audiomusic.engines.studio.score_json import score_outline
from audiomusic.engines.studio.voice import syllabify

if TYPE_CHECKING:
    from audiomusic.engines.studio.plan import Plan

TRIES = 4
SEEDS = 2**32


def compose_take(plan: Plan, seed: int) -> Score:
    """The take's score: of its seed, or, where that misses a refusal or an exclusive, of the first of a few
    seeds drawn from it that keeps them; of the one that misses least where none does. The same plan and seed
    give the same score."""
    best = compose(plan, seed, syllabify)
    misses = count_misses(best, plan)
    for attempt in range(1, TRIES):
        if not misses:
            break
        score = compose(plan, sub_seed(seed, attempt), syllabify)
        if (count := count_misses(score, plan)) < misses:
            best, misses = score, count
    return best


def count_misses(score: Score, plan: Plan) -> int:
    """Refusals and exclusives of the plan's wishes that the score does not keep."""
    if not plan.wishes:
        return 0
    return len(strict_misses(judge_wishes(score_outline(score), plan.wishes)))


def sub_seed(seed: int, attempt: int) -> int:
    """Another seed for each attempt after the first."""
    return draw(seed, "compose again", attempt).randrange(SEEDS)
