"""The singers and how one is chosen."""

import pytest

from audiomusic.engines.studio.voice import SINGERS, choose_singer, find_singer


def test_there_are_low_and_high_men_and_women():
    kinds = {(singer.kind, singer.register) for singer in SINGERS.values()}
    assert kinds == {("male", "low"), ("male", "high"), ("female", "low"), ("female", "high")}


@pytest.mark.parametrize("singer", SINGERS.values(), ids=lambda singer: singer.name)
def test_every_singer_has_more_than_an_octave(singer):
    assert singer.high_midi - singer.low_midi > 12


def test_a_singer_is_found_by_name():
    assert find_singer("cleo").label.startswith("Cleo")


def test_an_unknown_name_is_refused_naming_who_there_is():
    with pytest.raises(LookupError, match="'nobody'; there are: arlo"):
        find_singer("nobody")


@pytest.mark.parametrize(
    ("wish", "kind", "register"),
    [
        ("male", "male", None),
        ("female", "female", None),
        ("low male", "male", "low"),
        ("high female", "female", "high"),
        ("Soprano", "female", "high"),
        ("a deep male voice", "male", "low"),
    ],
)
def test_a_wish_is_met(wish, kind, register):
    for seed in range(5):
        singer = choose_singer(wish, "en", seed)
        assert singer.kind == kind
        assert register in (None, singer.register)


def test_a_name_is_a_wish():
    assert choose_singer("wren").name == "wren"


def test_seeds_vary_the_choice_and_repeat_it():
    chosen = [choose_singer("", "en", seed).name for seed in range(30)]
    assert len(set(chosen)) > 2
    assert chosen == [choose_singer("", "en", seed).name for seed in range(30)]


def test_a_wish_that_nobody_meets_still_gives_a_singer():
    assert choose_singer("a singing kettle", "en", 3).name in SINGERS
