"""Recompose a take until it respects what was refused, before anything is sung or played."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from audiomusic.engines.analysis.conformance import judge_wishes, strict_misses
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.score import Reader, Score
from audiomusic.engines.studio.score_json import score_outline
from audiomusic.engines.studio.voice import choose_reader, syllabify

if TYPE_CHECKING:
    from audiomusic.engines.studio.plan import Plan

TRIES = 4
SEEDS = 2**32


def compose_take(plan: Plan, seed: int) -> Score:
    """Return the take's score, composed with its seed.

    If that misses a refusal or an exclusive, try a few seeds derived from it and return the first score that
    misses none, or else the one that misses least. The same plan and seed give the same score.
    """
    reader = choose_reader(plan.language or "", is_sung=bool(plan.lyrics))
    best = _composed(plan, seed, reader)
    misses = count_misses(best, plan)
    for attempt in range(1, TRIES):
        if not misses:
            break
        score = _composed(plan, sub_seed(seed, attempt), reader)
        if (count := count_misses(score, plan)) < misses:
            best, misses = score, count
    return best


def _composed(plan: Plan, seed: int, reader: Reader) -> Score:
    score = compose(plan, seed, partial(syllabify, reader=reader))
    return replace(score, reader=reader)


def count_misses(score: Score, plan: Plan) -> int:
    """Return how many refusals and exclusives of the plan's wishes the score does not respect."""
    if not plan.wishes:
        return 0
    return len(strict_misses(judge_wishes(score_outline(score), plan.wishes)))


def sub_seed(seed: int, attempt: int) -> int:
    """Return another seed for each attempt after the first."""
    return draw(seed, "compose again", attempt).randrange(SEEDS)
