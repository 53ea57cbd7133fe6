"""When unfinished jobs will be done, given their order, their pace and the number of workers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Job, WorkerHeartbeat
from library.query.queue_estimate import UNKNOWN_S, InLine, QueueEstimate, simulate_queue
from tests.support.lines import job_row, made, worker  # noqa: F401

OLIVE, OTTO = 1, 2


def waits(id, work_s=10.0, user=OLIVE):
    return InLine(id, user, work_s)


def is_made(id, left_s=10.0, user=OLIVE):
    return InLine(id, user, left_s, is_made=True)


def ends(entries, worker_count=1, last_starts_s=None):
    times = simulate_queue(entries, worker_count, last_starts_s or {})
    return {job_id: end_s for job_id, (_, end_s) in times.items()}


def test_one_worker_makes_one_after_the_other():
    assert ends([waits(1), waits(2, 5.0), waits(3)]) == {1: 10, 2: 15, 3: 25}


def test_who_waits_waits_for_what_is_left_of_the_song_in_the_making():
    assert ends([is_made(1, 6.0), waits(2)]) == {1: 6, 2: 16}


def test_workers_share_the_line():
    assert ends([waits(1), waits(2, 4.0), waits(3, 4.0)], 2) == {1: 10, 2: 4, 3: 8}


def test_a_batch_is_more_songs_than_workers():
    assert ends([is_made(1, 10.0), is_made(2, 10.0), waits(3)], 1) == {1: 10, 2: 10, 3: 20}


def test_users_take_turns():
    line = [waits(1), waits(2), waits(3), waits(4, user=OTTO), waits(5, user=OTTO)]
    assert list(ends(line)) == [1, 4, 2, 5, 3]
    assert list(ends(line, last_starts_s={OLIVE: -5.0})) == [4, 1, 5, 2, 3]
    assert list(ends(line, last_starts_s={OLIVE: -5.0, OTTO: -3.0})) == [1, 4, 2, 5, 3]


def test_who_has_fewer_in_the_making_comes_first():
    line = [is_made(1, 30.0), is_made(2, 6.0), waits(3), waits(4, user=OTTO), waits(5, user=OTTO)]
    assert ends(line, 2, {OLIVE: -9.0, OTTO: -1.0}) == {1: 30, 2: 6, 4: 16, 5: 26, 3: 36}


def test_behind_a_song_that_nobody_knows_nothing_is_known():
    assert ends([is_made(1, UNKNOWN_S), waits(2)])[2] >= UNKNOWN_S
    assert ends([is_made(1, UNKNOWN_S), waits(2)], 2)[2] == 10


def test_it_is_told_from_the_rows(owner, other, worker, made, job_row):  # noqa: F811
    end = timezone.now() + timedelta(seconds=30)
    going = job_row(other, status="PROCESSING", progress=0, duration_s=100.0, expected_end_at=end)
    theirs = job_row(other, duration_s=60.0)
    mine = job_row(owner, duration_s=40.0)
    forecast = QueueEstimate()
    assert forecast.left_s == pytest.approx({going.id: 30, theirs.id: 60, mine.id: 80}, abs=1)
    assert forecast.places == {theirs.id: 0, mine.id: 1}


def test_the_order_is_that_of_the_claims(owner, other, worker, made, job_row):  # noqa: F811
    for user in (owner, owner, other, owner, other):
        job_row(user, duration_s=30.0 if user == owner else None)
    wanted = sorted(QueueEstimate().places, key=QueueEstimate().places.get)
    claimed = []
    while (job_id := Job.objects.next_waiting_id()) is not None:
        claimed.append(job_id)
        Job.objects.filter(id=job_id).update(status="CANCELLED", started_at=timezone.now())
    assert wanted == claimed


def test_without_an_earlier_song_or_a_worker_nobody_knows(owner, made, job_row):  # noqa: F811
    waiting = job_row(owner, duration_s=30.0)
    assert QueueEstimate().left_s == {}
    WorkerHeartbeat.objects.create(name="studio/1", beat_at=timezone.now())
    assert list(QueueEstimate().left_s) == [waiting.id]
    made.delete()
    assert QueueEstimate().left_s == {} and QueueEstimate().places == {waiting.id: 0}


def test_the_first_song_of_a_server_is_told_no_time(owner, worker, job_row):  # noqa: F811
    """It once said "about 27777 h 47 min left"."""
    started_at = timezone.now() - timedelta(seconds=7)
    job_row(owner, status="PROCESSING", progress=0, duration_s=30.0, started_at=started_at)
    job_row(owner, duration_s=30.0)
    assert QueueEstimate().left_s == {}


def test_an_end_that_is_over_was_a_mistake(owner, worker, job_row):  # noqa: F811
    late = timezone.now() - timedelta(seconds=30)
    job_row(owner, status="PROCESSING", progress=90, duration_s=30.0, expected_end_at=late)
    assert QueueEstimate().left_s == {}
