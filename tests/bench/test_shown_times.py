"""`bench pages --part times`: compares the times shown with the actual ones."""

import pytest

from audiomusic.bench.pages.shown_times import (
    SONGS,
    Shown,
    count_rises,
    miss,
    shown_range_s,
    timed_songs,
    times_report,
)
from library.query.user_queue import left_words


def looks(*shown, is_made=True, percent=10):
    return [Shown(float(at_s), is_made, words, percent) for at_s, words in shown]


@pytest.mark.parametrize("seconds", [3, 9, 25, 50, 80, 600, 3600, 5400, 90000])
def test_whatever_is_said_can_be_read(seconds):
    low, high = shown_range_s(left_words(seconds))
    assert low <= seconds * 1.34 and high >= seconds * 0.66


def test_other_words_are_refused():
    assert shown_range_s("") is None
    with pytest.raises(ValueError, match="'soon'"):
        shown_range_s("soon")


def test_a_miss_is_a_share_of_what_came():
    assert miss("about 30 s left", 40.0) == 0.25
    assert miss("a few seconds left", 6.0) == 0.0
    assert miss("a few seconds left", 37.0) == pytest.approx(27 / 37)
    assert miss("", 5.0) is None


def test_a_time_that_climbs_is_counted():
    assert count_rises(looks((0, "about 30 s left"), (1, ""), (2, "about 25 s left"))) == 0
    assert count_rises(looks((0, "about 10 s left"), (1, ""), (2, "about 25 s left"))) == 1


def test_the_first_song_counts_for_itself():
    first = [Shown(0.0, True, "", None), *looks((3, "about 10 s left"), (8, "a few seconds left"))]
    second = looks((20, "about 10 s left"), is_made=False) + looks((21, "about 10 s left"))
    figures = times_report({"1": first, "2": second}, {"1": 12.0, "2": 51.0}).figures
    assert figures["times_songs"] == 2
    assert figures["times_within_a_third_share"] == 0.5
    assert (figures["times_first_within_a_third_share"], figures["times_waiting_within_a_third_share"]) == (
        1,
        0,
    )
    assert figures["times_first_silent_share"] == pytest.approx(1 / 3, abs=0.001)
    assert (figures["times_bar_still_s_max"], figures["times_rises"]) == (3.0, 0)


def test_the_songs_are_of_every_length_and_number():
    songs = [body for _, body in timed_songs()]
    assert len(songs) == SONGS
    assert (min(each["duration"] for each in songs), max(each["duration"] for each in songs)) == (10, 60)
    assert {each["batch_size"] for each in songs} == {1, 2, 3}
