"""How long songs take, estimated from finished ones."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.timing.pace import Made, SongPace, asked_take_s, each_take_s, measured_pace
from tests.jobs.api.conftest import job_row  # noqa: F401


def song(work_s, take_s=10.0, takes=1, *, engine="studio", kind="song", task="text2music", loading_s=0.0):
    return Made(engine, task, kind, take_s, takes, work_s, loading_s)


def work_s(songs, take_s=10.0, takes=1, *, engine="studio", kind="song", task="text2music"):
    return SongPace(songs).work_s(engine, task, kind, take_s, takes)


def test_of_what_was_never_made_nobody_knows():
    assert work_s([]) is None
    assert work_s([song(2.0)], engine="acestep") is None
    assert work_s([song(2.0)], task="repaint") is None  # reworks and songs are estimated apart
    assert work_s([song(2.0, task="repaint")]) is None
    assert work_s([song(2.0)], take_s=0.0) is None


def test_one_song_tells_by_its_length():
    assert work_s([song(5.0)], take_s=20.0, takes=2) == 20.0


def test_songs_of_several_lengths_tell_what_does_not_grow():
    """Each took 2 s plus 0.1 s per second of audio; the machine slept during one of them."""
    songs = [song(3.0), song(4.0, 20.0), song(5.0, 30.0), song(6.0, 40.0), song(900.0)]
    assert work_s(songs, take_s=60.0) == pytest.approx(8.0, rel=0.2)
    assert work_s([song(6.0, 10.0, 2), song(8.0, 20.0, 2)], take_s=30.0, takes=3) == pytest.approx(15.0)


def test_a_longer_song_never_takes_less():
    assert each_take_s([(10.0, 8.0), (20.0, 4.0)], 60.0) == 6.0
    assert each_take_s([(10.0, 1.0), (20.0, 9.0)], 30.0) == 10.0  # at most in proportion to its length


def test_songs_alike_count_alone_once_there_are_enough():
    songs = [song(2.0), song(2.0), song(90.0, kind="samples"), song(90.0, kind="samples")]
    assert work_s(songs, kind="samples") == 46.0
    assert work_s([*songs, song(90.0, kind="samples")], kind="samples") == 90.0


def test_loading_is_counted_apart(owner, job_row):  # noqa: F811
    now = timezone.now()
    times = {"started_at": now - timedelta(seconds=15), "completed_at": now}
    job_row(owner, status="COMPLETED", duration_s=30.0, **times, stage_s={"loading": 3.0, "rendering": 12.0})
    pace = measured_pace()
    assert pace.work_s("studio", "text2music", "song", 30.0, 1) == pytest.approx(12.0)
    assert (pace.loading_s("studio"), pace.loading_s("acestep")) == (3.0, 0.0)


def test_a_length_left_open_is_told_by_what_is_held(settings):
    settings.CREDITS_PER_MINUTE = 990
    assert asked_take_s(20.0, 2, 0) == 20.0
    assert asked_take_s(None, 2, 3960) == pytest.approx(92.3, abs=0.1)
    settings.CREDITS_PER_MINUTE = 0
    assert asked_take_s(None, 2, 0) == 0.0
