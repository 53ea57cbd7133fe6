"""Wishes that exclude each other."""

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
