"""The statistics on the admin's front page."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.cache import cache
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from audiomusic.accounts.credits.ledger import credits_charge, credits_grant, credits_reserve
from audiomusic.accounts.models import CreditEntry, User
from audiomusic.db.periods import PERIODS
from jobs.heartbeat import heartbeat_write
from jobs.models import AudioFile, Job, ScoreFile, Take, WorkerHeartbeat
from jobs.staff import dashboard
from jobs.worker.claims import job_claim
from jobs.worker.lease import new_lease_token

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
FRONT = reverse("admin:index")
MOST_QUERIES = 30


@pytest.fixture(autouse=True)
def nothing_kept():
    cache.clear()


@pytest.fixture
def put_job(owner):
    """put_job("FAILED", hours_ago, error_code="x"): a job created this long before NOW."""

    def make(status, hours_ago, **values):
        job = Job.objects.create(
            user=owner, task="text2music", song_type="song", status=status, display_name="Rain", **values
        )
        Job.objects.filter(id=job.id).update(created_at=NOW - timedelta(hours=hours_ago))
        return job

    return make


@pytest.fixture
def desk(client, staff):
    client.force_login(staff)
    return client


def counts(found):
    return {label: (numbers, total) for label, numbers, total in found.table if total}


def test_jobs_are_counted_by_day_and_outcome(put_job):
    put_job("COMPLETED", 1), put_job("COMPLETED", 15), put_job("FAILED", 16, error_code="timed_out")
    put_job("CANCELLED", 24 * 6), put_job("COMPLETED", 24 * 7)
    found = dashboard.outcomes(PERIODS["week"], NOW)
    assert counts(found) == {
        "22 Nov": ([2, 0, 0, 0, 0], 2),
        "21 Nov": ([0, 1, 0, 0, 0], 1),
        "16 Nov": ([0, 0, 1, 0, 0], 1),
    }
    assert found.failed_percent == 33.3
    assert found.sentence == "4 jobs in 7 days: 2 ready, 1 failed, 1 cancelled."


def test_a_day_is_told_by_the_hour(put_job):
    put_job("COMPLETED", 0), put_job("PENDING", 23), put_job("COMPLETED", 24)
    found = dashboard.outcomes(PERIODS["day"], NOW)
    assert counts(found) == {"15:00": ([1, 0, 0, 0, 0], 1), "16:00": ([0, 0, 0, 0, 1], 1)}
    assert len(found.chart.columns) == 24


def test_failures_lead_to_the_jobs(put_job, desk):
    for hours in (1, 2):
        put_job("FAILED", hours, error_code="timed_out")
    put_job("FAILED", 3, error_code="engine_failed"), put_job("FAILED", 999, error_code="engine_failed")
    found = dashboard.outcomes(PERIODS["week"], NOW).failures
    assert [(each.code, each.count, each.length) for each in found] == [
        ("timed_out", 2, 100), ("engine_failed", 1, 50),
    ]  # fmt: skip
    asked = parse_qs(urlsplit(found[1].address).query)
    assert asked == {"error_code__exact": ["engine_failed"], "created_at__gte": ["2026-11-16 00:00:00Z"]}
    listed = desk.get(found[1].address)
    assert listed.status_code == 200
    assert [job.error_code for job in listed.context["cl"].result_list] == ["engine_failed"]


def test_the_queue_tells_its_depth_and_the_oldest(put_job):
    assert dashboard.queue() == dashboard.Queue(0, None, 0)
    put_job("PENDING", 5), put_job("PENDING", 1), put_job("PROCESSING", 7)
    assert dashboard.queue() == dashboard.Queue(2, NOW - timedelta(hours=5), 1)


def test_workers_tell_what_they_do_and_who_lost_theirs(make_job):
    make_job(display_name="Rain"), make_job(display_name="Snow")
    heartbeat_write()
    mine = job_claim(lease_token=new_lease_token())
    left = job_claim(lease_token="elsewhere/12/ab")
    WorkerHeartbeat.objects.create(name="elsewhere/12", beat_at=timezone.now() - timedelta(minutes=2))
    found = dashboard.workforce(timezone.now())
    at_work = {worker.beat.name: (worker.is_alive, worker.jobs) for worker in found.workers}
    assert at_work.pop("elsewhere/12") == (False, [])
    assert list(at_work.values()) == [(True, [mine])]
    assert found.left_alone == [left]
    assert (found.alive_count, found.health.state, found.engine) == (1, "healthy", "fake")


def test_no_worker_is_no_health():
    found = dashboard.workforce(timezone.now())
    assert (found.workers, found.health.state) == ([], "unavailable")


def test_the_slowest_stage_comes_first(put_job):
    for seconds in range(1, 21):
        put_job("COMPLETED", 1, stage_s={"planning": 0.5, "rendering": seconds})
    put_job("COMPLETED", 1)
    put_job("COMPLETED", 24 * 30, stage_s={"singing": 99})
    rendering, planning = dashboard.stage_times(PERIODS["week"], NOW)
    assert rendering == ("rendering", 10, 19, 52.7, 100)
    assert planning[:3] == ("planning", 0.5, 0.5)


def test_storage_is_summed_by_format_and_kept_for_a_minute(put_job):
    take = Take.objects.create(job=put_job("COMPLETED", 1), index=1, seed=1, duration_s=1)
    kept = {"take": take, "sha256": "0"}
    AudioFile.objects.create(format="flac", byte_count=100, storage_name="a", **kept)
    AudioFile.objects.create(format="mp3", byte_count=25, storage_name="b", **kept)
    ScoreFile.objects.create(format="midi", byte_count=5, storage_name="c", **kept)
    found = dashboard.storage()
    assert (found.byte_count, found.count) == (130, 3)
    assert [(each.format, each.length) for each in found.formats] == [("flac", 100), ("mp3", 25), ("midi", 5)]
    assert found.free_bytes > 0
    AudioFile.objects.all().delete()
    assert dashboard.storage().byte_count == 130


def test_the_front_page_tells_it_all(desk, put_job, settings, owner):
    settings.CREDITS = "0"
    credits_grant(user=owner, amount=500)
    credits_reserve(user=owner, amount=200, reference="job:1")
    credits_charge(user=owner, reference="job:1", reserved=200, amount=120)
    job = put_job("FAILED", 1, error_code="timed_out")
    Job.objects.filter(id=job.id).update(created_at=timezone.now())
    page = desk.get(FRONT).content.decode()
    assert "1 jobs in 7 days: 1 failed." in page
    assert "120 credits spent and 500 granted in 7 days." in page
    assert "No worker is running" in page
    assert "error_code__exact=timed_out" in page
    assert "style=" not in page


def test_what_is_granted_because_credits_are_unlimited_is_not_told(desk, owner, settings):
    settings.CREDITS = "unlimited"
    credits_reserve(user=owner, amount=200, reference="job:1")
    assert CreditEntry.objects.filter(kind="grant", amount__gt=200).exists()
    assert "0 credits spent and 0 granted" in desk.get(FRONT).content.decode()


@pytest.mark.parametrize(("asked", "columns"), [("day", 24), ("week", 7), ("month", 30), ("century", 7)])
def test_the_range_is_chosen_by_the_address(desk, asked, columns):
    assert len(desk.get(FRONT, {"range": asked}).context["outcomes"].chart.columns) == columns


def test_staff_who_may_not_look_at_jobs_are_told_nothing_of_them(client, put_job):
    put_job("FAILED", 1, error_code="timed_out")
    client.force_login(User.objects.create_user("meg", is_staff=True))
    answer = client.get(FRONT)
    assert answer.status_code == 200
    assert "outcomes" not in answer.context and "credits" not in answer.context
    assert "timed_out" not in answer.content.decode()


def test_many_jobs_cost_no_more_queries_than_few(desk, put_job, django_assert_max_num_queries):
    desk.get(FRONT)
    cache.clear()
    with django_assert_max_num_queries(MOST_QUERIES) as few:
        desk.get(FRONT, {"range": "month"})
    cache.clear()
    for status in ("COMPLETED", "FAILED", "PROCESSING", "PENDING") * 25:
        job = put_job(status, 1, error_code="timed_out", started_at=NOW, lease_owner="elsewhere/12/ab")
        Job.objects.filter(id=job.id).update(created_at=timezone.now())
    with django_assert_max_num_queries(MOST_QUERIES) as many:
        desk.get(FRONT, {"range": "month"})
    assert len(many) == len(few)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL reads so few rows whole")
def test_what_grows_is_read_from_indexes_alone(django_assert_max_num_queries):
    with django_assert_max_num_queries(MOST_QUERIES) as queries:
        dashboard.outcomes(PERIODS["month"], NOW)
        dashboard.storage()
    plans = [_plan(query["sql"]) for query in queries.captured_queries]
    assert all("USING COVERING INDEX" in plan for plan in plans), plans
    assert "job_outcome (created_at>?)" in plans[0]


def _plan(sql):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return " ".join(row[-1] for row in cursor.fetchall())


def test_what_staff_did_last_is_told_where_there_are_no_figures(client, staff):
    """This applies to the page of one app, and to staff who may view no job."""
    LogEntry.objects.create(user=staff, object_repr="a preset", action_flag=CHANGE, change_message="Reset.")
    client.force_login(staff)
    assert "Reset., 0" in client.get("/admin/presets/").content.decode()
    staff.is_superuser = False
    staff.save()
    assert "Reset., 0" in client.get(FRONT).content.decode()
