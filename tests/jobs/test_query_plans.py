"""Queries that must stay fast at a million jobs use an index, and no full table scan."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from jobs.counts import TAG_KINDS
from jobs.models import Job, JobCount
from jobs.staff.changelist_query import ChangelistFilters, JobChangelistQuery

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def plan(jobs):
    """Return SQLite's query plan, which is the same for few rows and many, because it keeps no statistics."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reads few rows without an index, and is right")
    return jobs.explain().splitlines()


@pytest.mark.parametrize("is_descending", [True, False])
@pytest.mark.parametrize(
    ("wishes", "index"),
    [
        (ChangelistFilters(), "job_newest"),
        (ChangelistFilters(since=NOW - timedelta(days=2), before=NOW), "job_newest"),
        (ChangelistFilters({"engine": "studio"}), "job_newest"),
        (ChangelistFilters({"status": "COMPLETED"}), "job_newest"),
        (ChangelistFilters({"status": "FAILED"}), "job_failed_newest"),
        (ChangelistFilters({"status": "CANCELLED", "engine": "studio"}), "job_cancelled_newest"),
        (ChangelistFilters({"error_code": "x", "task": "cover"}), "job_failure_newest"),
        (ChangelistFilters({"task": "cover"}), "job_task_newest"),
        (ChangelistFilters({"user": 7}), "job_user_newest"),
        (ChangelistFilters({"user": 7, "status": "FAILED"}), "job_user_status"),
        (ChangelistFilters({"user": 7, "task": "cover", "engine": "studio"}), "job_user_task"),
    ],
)
def test_a_staff_list_is_read_in_its_order(wishes, index, is_descending):
    jobs = JobChangelistQuery(wishes, is_descending=is_descending).jobs
    lines = plan(jobs[:50])
    assert any(f"INDEX {index}" in line for line in lines), lines
    assert not any("TEMP B-TREE" in line for line in lines), lines


@pytest.mark.parametrize(
    "wishes", [ChangelistFilters(is_lost=True), ChangelistFilters({"status": "PENDING"})]
)
def test_unfinished_jobs_are_found_by_the_indexes_that_hold_them_alone(wishes):
    assert any("INDEX job_" in line for line in plan(JobChangelistQuery(wishes).jobs[:50]))


def test_whose_turn_it_is_reads_waiting_jobs_alone():
    lines = plan(Job.objects.next_waiting(1))
    assert any("INDEX job_waiting (status=?)" in line for line in lines), lines
    assert not any("SCAN" in line for line in lines), lines


def test_the_counts_are_summed_from_their_index_alone():
    cells = JobCount.objects.filter(user=7, kind__in=TAG_KINDS).values_list("kind", "value")
    assert any("COVERING INDEX tally_cell" in line for line in plan(cells.annotate(Sum("count"))))


@pytest.mark.parametrize("jobs", [Job.objects.waiting(), Job.objects.being_made()])
def test_songs_of_shut_accounts_are_found_by_the_few_who_were_shut(jobs):
    """Every worker runs this query every few seconds; it must not scan all users or all waiting jobs."""
    lines = plan(jobs.of_shut_accounts().order_by())
    assert any("SEARCH jobs_job" in line and "user_id=?" in line for line in lines), lines
    assert any("INDEX user_shut" in line for line in lines), lines


def test_whether_a_song_waits_reads_no_more_than_it_must():
    lines = plan(Job.objects.claimable().order_by()[:1])
    assert any("INDEX job_" in line for line in lines), lines
    assert not any(line.strip().startswith("SCAN accounts_user") for line in lines), lines
