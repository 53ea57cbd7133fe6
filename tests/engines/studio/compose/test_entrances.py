"""Players who enter, rest or play alone where a caption says so, checked in the finished score."""

import pytest

from audiomusic.engines.analysis.conformance import judge_wishes
from audiomusic.engines.base import SongRequest
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.score_json import score_outline
from audiomusic.engines.studio.takes import compose_take

SEED = 5


def plan_of(caption):
    request = SongRequest(
        kind="instrumental", caption=caption, seeds=(SEED,), duration_s=40.0, max_duration_s=60.0
    )
    return make_plan(request, SEED)


@pytest.mark.parametrize(
    "caption",
    [
        "rock, no drums until the chorus, ends with piano alone",
        "folk, flute enters in the chorus, without bass in the intro",
    ],
)
def test_everybody_keeps_to_their_place(caption):
    plan = plan_of(caption)
    assert not plan.not_applied
    verdicts = judge_wishes(score_outline(compose_take(plan, SEED)), plan.wishes)
    entries = [each for each in verdicts if each.wish.aspect == "entry"]
    assert len(entries) == 2
    assert all(each.ok for each in entries), entries


def test_a_part_that_the_song_does_not_have_is_said():
    said = plan_of("rock, drums enter in the fourth verse").not_applied
    assert said == {"drums enter in the fourth verse": "The song has no such part: verse 4."}


def test_the_rest_of_the_song_is_the_same_without_the_wish():
    plain = score_outline(compose_take(plan_of("rock with piano"), SEED))
    rested = score_outline(compose_take(plan_of("rock with piano, no drums in the intro"), SEED))
    intro = next(part for part in plain["sections"] if part["kind"] == "intro")
    end = intro["beat"] + intro["beats"] - 1e-3
    assert plain["tracks"] == rested["tracks"]
    assert [hit for hit in plain["drums"]["hits"] if hit[3] >= end] == rested["drums"]["hits"]


def test_a_wanted_soloist_plays_where_nobody_sings():
    plan = plan_of("film score, slow and sad, cello")
    verdicts = judge_wishes(score_outline(compose_take(plan, SEED)), plan.wishes)
    [cello] = [each for each in verdicts if each.wish.aspect == "instrument"]
    assert cello.ok, cello
