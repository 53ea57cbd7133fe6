"""Wishes that contradict each other."""

import pytest

from audiomusic.engines.captions.reader import read_wishes
from tests.engines.captions.wishes import found


def test_the_later_of_two_that_exclude_each_other_holds():
    reading = read_wishes(
        "80 bpm, C major, dry, two minutes. No, 90 bpm in D minor, lots of reverb, one minute"
    )
    assert {wish.value for wish in reading.wishes} == {(90, 90), "D Minor", "wet", 60}
    assert [wish.value for wish, _ in reading.settled] == [(80, 80), "C Major", "dry", 120]


def test_a_refusal_beats_an_earlier_wish_and_yields_to_a_later_one():
    assert found("piano, no piano", "instrument") == []
    later = read_wishes("no piano. Then add a piano")
    assert [(wish.polarity, wish.value) for wish in later.wishes] == [("want", ("piano",))]
    assert later.settled[0][0].polarity == "refuse"
    left = found("no guitars, but an acoustic guitar", "instrument", "refuse")
    assert left == [("clean_guitar", "driven_guitar", "muted_guitar")]


def test_a_band_that_is_all_leaves_out_who_was_named_before_and_takes_in_who_is_named_behind():
    reading = read_wishes("soul with strings, organ only")
    assert [wish.value for wish, _ in reading.settled] == [("strings",)]
    assert found("soul with strings, organ only", "instrument") == []
    assert found("organ only. Then a flute", "instrument", "only") == [("organ",), ("flute",)]
    assert read_wishes("sad piano, just piano").settled == ()


@pytest.mark.parametrize(
    ("caption", "holds", "lost"),
    [
        ("Only piano. No wait, only cello.", {"cello"}, "Only piano"),
        ("nur Klavier! Nein, nur Geige", {"violin"}, "nur Klavier"),
        ("seulement une flûte... non, uniquement un accordéon", {"accordion"}, "seulement une flûte"),
    ],
)
def test_of_two_bands_that_are_all_the_later_plays(caption, holds, lost):
    reading = read_wishes(caption)
    only = [wish for wish in reading.wishes if wish.polarity == "only"]
    assert {name for wish in only for name in wish.value} == holds
    assert [wish.words for wish, _ in reading.settled] == [lost]


def test_one_band_may_be_said_in_two_ways():
    wishes = read_wishes("Just piano and cello. No other instruments, please.").wishes
    assert [wish.value for wish in wishes if wish.polarity == "only"] == [("piano",), ("cello",)]


@pytest.mark.parametrize(
    ("caption", "aspect"),
    [("no drums. Drums enter in the chorus", "entry"), ("drums enter in the chorus; no drums", "drums")],
)
def test_a_refusal_and_an_entry_are_settled_by_the_later(caption, aspect):
    reading = read_wishes(caption)
    assert [wish.aspect for wish in reading.wishes] == [aspect]
    assert len(reading.settled) == 1
