"""A take that misses a refusal is composed again, with limited tries and reproducibly."""

from dataclasses import replace

import pytest

from audiomusic.engines.base import SongRequest
from audiomusic.engines.captions.wishes import Wish
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.takes import TRIES, compose_take, count_misses, sub_seed
from audiomusic.engines.studio.voice import syllabify

SEEDS = range(40)


@pytest.fixture(scope="module")
def plan():
    """Return a plan whose band depends on the seed: only its wishes contain the refusal."""
    request = SongRequest(
        kind="instrumental", caption="pop", seeds=(1,), duration_s=16.0, max_duration_s=16.0,
        genre="Modern Pop",
    )  # fmt: skip
    return make_plan(request, 1)


def players(score):
    return {track.instrument for track in score.tracks if track.notes}


def refusing(plan, *names):
    return replace(plan, wishes=(Wish("without it", "instrument", names, "refuse"),))


@pytest.fixture(scope="module")
def chance(plan):
    """Return (instrument, seed): an instrument that plays in that seed's song but not in every song."""
    bands = {seed: players(compose(plan, seed, syllabify)) for seed in SEEDS}
    again = {seed: players(compose(plan, sub_seed(seed, 1), syllabify)) for seed in SEEDS}
    return next((name, seed) for seed in SEEDS for name in sorted(bands[seed]) if name not in again[seed])


def test_a_missed_refusal_is_composed_again(plan, chance):
    instrument, seed = chance
    assert instrument in players(compose_take(plan, seed))
    wanted = refusing(plan, instrument)
    score = compose_take(wanted, seed)
    assert instrument not in players(score) and count_misses(score, wanted) == 0
    assert score == compose_take(wanted, seed)


def test_what_is_kept_at_once_is_not_composed_again(plan, chance):
    _, seed = chance
    assert compose_take(refusing(plan, "banjo"), seed) == compose(plan, seed, syllabify)


def test_tries_are_bounded(plan, monkeypatch):
    composed = []

    def count(*args):
        composed.append(args[1])
        return compose(*args)

    monkeypatch.setattr("audiomusic.engines.studio.takes.compose", count)
    wanted = replace(plan, wishes=(Wish("no band", "instrument", (), "only"),))
    compose_take(wanted, 3)
    assert composed == [3, *(sub_seed(3, attempt) for attempt in range(1, TRIES))]
