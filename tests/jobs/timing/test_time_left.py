"""The time left that is shown for a running song: never a guess without data, never rising."""

import pytest

from jobs.timing.time_left import TimeLeft


def goes_on(time_left, *, began_s=0.0, total_s=20.0, until_s=None, step_s=0.5):
    """Report an engine's progress at an even pace; return pairs (moment, time shown)."""
    shown, now_s = [], began_s
    while now_s <= (until_s or total_s):
        time_left.heard((now_s - began_s) / (total_s - began_s), now_s)
        shown.append((now_s, time_left.shown_s(now_s)))
        now_s += step_s
    return shown


def falls(shown):
    times = [time_s for _, time_s in shown if time_s is not None]
    return all(later <= earlier for earlier, later in zip(times, times[1:], strict=False))


def test_the_first_song_is_told_no_time_until_its_engine_is_some_way():
    time_left = TimeLeft()
    assert time_left.shown_s(7.0) is None  # loading
    shown = dict(goes_on(time_left, began_s=7.0, total_s=27.0))
    assert shown[8.0] is None
    assert shown[12.0] == pytest.approx(15.0)  # loading does not count
    assert shown[20.0] == pytest.approx(7.0)
    assert falls(list(shown.items()))


def test_others_like_it_tell_a_time_at_once():
    time_left = TimeLeft(20.0, loading_s=3.0)
    assert time_left.shown_s(0.0) == 23.0
    assert time_left.shown_s(2.0) == 21.0
    assert time_left.shown_s(9.0) == 20.0  # loading takes longer than ever before
    shown = goes_on(time_left, began_s=10.0, total_s=30.0)
    assert shown[0] == (10.0, 20.0) and falls(shown)


def test_the_further_the_engine_is_the_more_its_word_counts():
    """Other songs predict 20 s; this one takes 28 s."""
    shown = dict(goes_on(TimeLeft(20.0), total_s=28.0))
    assert shown[0.0] == 20.0
    assert shown[14.0] == pytest.approx(14.0, rel=1 / 3)
    assert shown[26.0] == pytest.approx(2.0, abs=0.6)
    assert falls(list(shown.items()))


def test_a_time_that_was_far_too_short_is_taken_back():
    shown = goes_on(TimeLeft(4.0), total_s=60.0)
    assert shown[0][1] == 4.0 and falls(shown)
    assert dict(shown)[20.0] is None  # otherwise it would say "a few seconds" for most of a minute
    assert dict(shown)[58.0] < 4.0


def test_an_engine_that_falls_silent_is_not_believed():
    time_left = TimeLeft()
    goes_on(time_left, total_s=20.0, until_s=10.0)
    assert time_left.shown_s(15.0) == pytest.approx(5.0)
    assert time_left.shown_s(25.0) is None


def test_the_bar_moves_in_time_and_stays_near_the_engine():
    assert TimeLeft().bar_share(3.0) == 0.0
    time_left = TimeLeft(20.0, loading_s=5.0)
    assert time_left.bar_share(2.0) == pytest.approx(0.08)  # loading counts as work, too
    assert time_left.bar_share(40.0) == pytest.approx(0.15)
    time_left.heard(0.0, 5.0)
    time_left.heard(0.5, 9.0)
    assert time_left.bar_share(9.0) == pytest.approx(0.45, abs=0.1)


def test_a_song_planned_before_its_turn_takes_what_is_before_it_too():
    time_left = TimeLeft(work_s=20.0)
    time_left.ahead_s = 30.0
    time_left.heard(0.0, 0.0)
    assert time_left.shown_s(0.0) == 50.0
    time_left.pause(4.0)
    time_left.ahead_s = 10.0
    assert time_left.shown_s(24.0) == 26.0  # 4 s of its own 20 s are done
    time_left.resume(34.0)
    assert time_left.shown_s(34.0) == 16.0
    assert time_left.shown_s(44.0) == 6.0


def test_nothing_is_told_while_nobody_knows_what_is_before_it():
    time_left = TimeLeft(work_s=20.0)
    time_left.ahead_s = None
    time_left.heard(0.0, 0.0)
    assert time_left.shown_s(3.0) is None
    time_left.resume(3.0)
    assert time_left.shown_s(3.0) == 17.0
