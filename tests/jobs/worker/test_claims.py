"""The worker's side of a job: claim, renew, finish, fail, release; each end and settlement happens once."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.models import AudioFile, Job
from jobs.services import job_cancel, job_create
from jobs.signals import job_ended
from jobs.specs.build import song_request
from jobs.worker.claims import (
    LeaseState,
    job_claim,
    job_fail,
    job_finish,
    job_heartbeat,
    job_mark_cancelled,
    job_progress,
    job_release,
    leases_sweep,
)

pytestmark = pytest.mark.django_db
ME = "me"


def lapse(job):
    Job.objects.filter(id=job.id).update(lease_until=timezone.now() - timedelta(seconds=1))


def again(job):
    return Job.objects.get(id=job.id)


def test_a_claim_starts_the_job_and_leases_it(claimed, settings):
    assert (claimed.status, claimed.stage, claimed.progress) == ("PROCESSING", "planning", 0)
    assert (claimed.lease_owner, claimed.attempts) == (ME, 1)
    assert claimed.lease_until - claimed.started_at <= timedelta(seconds=settings.LEASE_S + 1)


def test_each_claim_draws_a_word_of_its_own(make_job):
    make_job(), make_job()
    assert job_claim().lease_owner != job_claim().lease_owner


def test_one_users_jobs_are_made_in_their_order(make_job):
    made = [make_job().id for _ in range(3)]
    assert [job_claim().id for _ in range(3)] == made
    assert job_claim() is None


def test_users_take_turns(make_job, owner, other, result, stored_take):
    many = [make_job(user=owner).id for _ in range(3)]
    one = make_job(user=other).id
    turns = []
    while job := job_claim(lease_token=ME):
        turns.append(job.id)
        job_fail(job=job, lease_owner=ME, code="x", message="x")
    assert turns == [many[0], one, *many[1:]]


def test_a_thousand_songs_of_one_user_do_not_hold_up_anothers_first(make_job, owner, other):
    row = make_job(user=owner)
    Job.objects.bulk_create(
        Job(user=owner, task=row.task, song_type=row.song_type, engine=row.engine, effective=row.effective)
        for _ in range(1000)
    )
    first = make_job(user=other).id
    assert first in (job_claim().id, job_claim().id)


def test_a_job_that_kills_its_worker_lets_others_by(make_job, owner, other, result, stored_take):
    poison, turns = make_job(user=owner), []
    good = [make_job(user=other).id for _ in range(3)]
    while job := job_claim(lease_token=ME):
        turns.append(job.id)
        if job.id == poison.id:
            lapse(job)
            leases_sweep()
        else:
            job_fail(job=job, lease_owner=ME, code="x", message="x")
    assert turns.count(poison.id) == 3
    assert set(turns[:2]) == {poison.id, good[0]}
    assert again(poison).error_code == "attempts_exhausted"


def test_who_has_fewer_songs_in_the_making_comes_first(make_job, owner, other):
    many = [make_job(user=owner).id for _ in range(3)]
    first = job_claim()
    late = make_job(user=other).id
    assert (first.id, job_claim().id, job_claim().id) == (many[0], late, many[1])


def test_progress_never_falls_and_renews_the_lease(claimed):
    lapse(claimed)
    assert job_progress(job=claimed, lease_owner=ME, stage="rendering", share=0.5) is LeaseState.GO_ON
    assert job_progress(job=claimed, lease_owner=ME, stage="encoding", share=0.2) is LeaseState.GO_ON
    job = again(claimed)
    assert (job.progress, job.stage) == (50, "encoding")
    assert job.lease_until > timezone.now()


def test_a_wish_to_stop_is_heard_with_the_progress(claimed):
    job_cancel(job=claimed)
    assert job_progress(job=claimed, lease_owner=ME, stage="rendering", share=0.5) is LeaseState.CANCEL


def test_another_word_is_no_lease(claimed, result, stored_take):
    lost = {"job": claimed, "lease_owner": "somebody else"}
    assert job_progress(**lost, stage="rendering", share=0.5) is LeaseState.LOST
    assert not job_heartbeat(**lost)
    assert not job_finish(**lost, result=result, takes=[stored_take()])
    assert not job_fail(**lost, code="x", message="x")
    assert not job_mark_cancelled(**lost)
    assert not job_release(**lost)
    job = again(claimed)
    assert (job.status, job.progress, job.credits_held) == ("PROCESSING", 0, 165)


def test_finishing_keeps_everything(claimed, result, stored_take):
    take = stored_take()
    assert job_finish(job=claimed, lease_owner=ME, result=result, takes=[take])
    job = again(claimed)
    assert (job.status, job.progress, job.lease_owner) == ("COMPLETED", 100, "")
    assert (job.bpm, job.keyscale, job.timesignature, job.vocal_language) == (97.0, "A Minor", "4/4", "en")
    assert (job.duration_s, job.quality_score, job.lrc_content) == (8.0, 0.8, "[00:00.00]la")
    assert job.completed_at >= job.started_at
    assert job.effective["plan"] == {"form": "AABA"}
    assert job.effective["not_applied"]["keyscale"] == "It was not singable."
    assert job.display_name == "Rainy Day"
    assert job.takes.get().seed == 7
    assert AudioFile.objects.get(take__job=job).storage_name == take.files[0].storage_name


def test_a_finished_jobs_request_can_be_put_again(claimed, result, stored_take):
    asked = song_request(claimed)
    job_finish(job=claimed, lease_owner=ME, result=result, takes=[stored_take()])
    assert again(claimed).effective["bpm"] == 97.0
    assert song_request(again(claimed)) == asked


def test_a_name_that_was_given_stays(make_job, result, stored_take):
    make_job(display_name="Mine")
    job = job_claim(lease_token=ME)
    job_finish(job=job, lease_owner=ME, result=result, takes=[stored_take()])
    assert again(job).display_name == "Mine"


def test_the_seconds_made_are_charged_and_the_rest_returns(make_job, result, stored_take, credits_of, owner):
    make_job()
    claimed = job_claim(lease_token=ME)
    job_finish(job=claimed, lease_owner=ME, result=result, takes=[stored_take(duration_s=8.0)])
    job = again(claimed)
    assert (job.credits_reserved, job.credits_charged, job.credits_refunded) == (165, 132, 33)
    assert credits_of(owner) == 10_000 - 132


def test_never_more_than_was_reserved(claimed, result, stored_take):
    job_finish(job=claimed, lease_owner=ME, result=result, takes=[stored_take(duration_s=12.0)])
    assert again(claimed).credits_charged == 165


def test_a_job_finishes_once(claimed, result, stored_take):
    assert job_finish(job=claimed, lease_owner=ME, result=result, takes=[stored_take()])
    assert not job_finish(job=claimed, lease_owner=ME, result=result, takes=[stored_take()])
    assert not job_fail(job=claimed, lease_owner=ME, code="x", message="x")
    assert again(claimed).takes.count() == 1


def test_who_asked_to_stop_is_not_charged(claimed, result, stored_take):
    job_cancel(job=claimed)
    assert not job_finish(job=claimed, lease_owner=ME, result=result, takes=[stored_take()])
    assert job_mark_cancelled(job=claimed, lease_owner=ME)
    job = again(claimed)
    assert (job.status, job.credits_charged, job.credits_refunded) == ("CANCELLED", 0, 165)


def test_failing_says_why_and_returns_the_credits(make_job, credits_of, owner):
    make_job()
    claimed = job_claim(lease_token=ME)
    assert job_fail(job=claimed, lease_owner=ME, code="too_quiet", message="Nothing was heard.")
    job = again(claimed)
    assert (job.status, job.error_code, job.error_message) == ("FAILED", "too_quiet", "Nothing was heard.")
    assert (job.credits_charged, job.credits_refunded) == (0, 165)
    assert credits_of(owner) == 10_000


def test_a_release_puts_it_back(claimed):
    assert job_release(job=claimed, lease_owner=ME)
    job = again(claimed)
    assert (job.status, job.progress, job.lease_owner, job.attempts) == ("PENDING", None, "", 1)
    assert job.credits_held == 165


def test_a_stopping_server_does_not_count_as_an_attempt(claimed):
    job_release(job=claimed, lease_owner=ME, is_counted=False)
    assert again(claimed).attempts == 0


def test_a_lapsed_lease_is_swept_and_a_live_one_is_not(make_job):
    make_job(), make_job()
    dead, alive = job_claim(), job_claim()
    lapse(dead)
    assert leases_sweep() == 1
    assert (again(dead).status, again(alive).status) == ("PENDING", "PROCESSING")


def test_after_three_lapses_the_job_fails_and_its_credits_return(make_job):
    made = make_job()
    for _ in range(3):
        lapse(job_claim())
        leases_sweep()
    job = again(made)
    assert (job.status, job.error_code, job.attempts) == ("FAILED", "attempts_exhausted", 3)
    assert "3 times" in job.error_message
    assert job.credits_refunded == 165


def test_a_lapsed_job_that_was_to_stop_is_cancelled(claimed):
    job_cancel(job=claimed)
    lapse(claimed)
    leases_sweep()
    assert again(claimed).status == "CANCELLED"


def test_the_sweep_rings_where_jobs_wait(make_job):
    from django_q.models import OrmQ

    make_job()
    leases_sweep()
    leases_sweep()  # one queued message is enough
    assert OrmQ.objects.count() == 1


def test_who_listens_hears_of_every_end(make_job):
    heard = []

    def listen(sender, job, **kwargs):
        heard.append(job.status)

    job_ended.connect(listen)
    try:
        make_job()
        job_fail(job=job_claim(lease_token=ME), lease_owner=ME, code="x", message="x")
        job_cancel(job=make_job())
    finally:
        job_ended.disconnect(listen)
    assert heard == ["FAILED", "CANCELLED"]


def test_a_listeners_mistake_does_not_undo_the_end(claimed):
    def listen(sender, job, **kwargs):
        job.user.delete()
        raise RuntimeError("a listener's mistake")

    job_ended.connect(listen)
    try:
        assert job_fail(job=claimed, lease_owner=ME, code="x", message="x")
    finally:
        job_ended.disconnect(listen)
    assert again(claimed).status == "FAILED"


def test_files_of_the_take_are_left_alone_by_finishing(claimed, result, stored_take):
    take = stored_take()
    job_finish(job=claimed, lease_owner=ME, result=result, takes=[take])
    assert default_storage.exists(take.files[0].storage_name)


def test_simple_songs_are_claimed_with_their_owner(owner, fake_engine):
    job_create(user=owner, task="simple", values={"query": "rain"}, params={"query": "rain"})
    assert job_claim().user == owner
