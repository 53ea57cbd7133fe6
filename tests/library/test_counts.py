"""The counts follow every row, whatever writes it."""

import random
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction
from django.utils import timezone

from audiomusic.accounts.models import User
from jobs.counts import days_of
from jobs.models import Job, JobCount, JobTag, Status
from library.apps import restore_count_triggers
from library.integrity import counts_problems, counts_rebuild
from library.models import Reaction

pytestmark = pytest.mark.django_db


def cells(**wanted):
    """(kind, value, status, interaction) -> count"""
    rows = (
        JobCount.objects.filter(**wanted)
        .exclude(kind="day")
        .values_list("kind", "value", "status", "interaction", "count")
    )
    return {tuple(row[:4]): row[4] for row in rows}


def test_a_job_stands_once_for_itself_its_language_and_each_tag(job_row, owner, tag):
    job = job_row(owner, vocal_language="en")
    tag(job)
    assert cells() == {
        ("", "", "PENDING", ""): 1,
        ("language", "en", "PENDING", ""): 1,
        ("genre", "Jazz", "PENDING", ""): 1,
    }


def test_a_job_stands_once_for_the_day_it_was_made(job_row, owner, other):
    """The day is in UTC, whatever the session's time zone."""
    moments = [datetime(2031, 5, 1, 23, 30, tzinfo=UTC), datetime(2031, 5, 2, 0, 10, tzinfo=UTC)]
    jobs = [job_row(owner, status=Status.COMPLETED) for _ in range(3)] + [job_row(other)]
    for job, moment in zip(jobs, [*moments, moments[1], moments[0]], strict=True):
        Job.objects.filter(id=job.id).update(created_at=moment)
    assert days_of(owner) == [(date(2031, 5, 1), 1), (date(2031, 5, 2), 2)]
    jobs[0].delete()
    assert days_of(owner) == [(date(2031, 5, 2), 2)]
    assert counts_problems() == []


def test_a_job_that_changes_moves_with_its_tags(job_row, owner, tag, react):
    job = job_row(owner, vocal_language="en")
    tag(job), react(job)
    Job.objects.filter(id=job.id).update(status=Status.COMPLETED, vocal_language="fr")
    assert cells() == {
        ("", "", "COMPLETED", "like"): 1,
        ("language", "fr", "COMPLETED", "like"): 1,
        ("genre", "Jazz", "COMPLETED", "like"): 1,
    }


def test_a_reaction_that_comes_changes_and_goes(job_row, owner, react):
    job = job_row(owner)
    reaction = react(job)
    assert cells() == {("", "", "PENDING", "like"): 1}
    reaction.value = "dislike"
    reaction.save()
    assert cells() == {("", "", "PENDING", "dislike"): 1}
    reaction.delete()
    assert cells() == {("", "", "PENDING", ""): 1}


def test_somebody_elses_reaction_does_not_count(job_row, owner, other):
    job = job_row(owner)
    Reaction.objects.create(job=job, user=other, job_created_at=job.created_at, value="like")
    assert cells() == {("", "", "PENDING", ""): 1}
    assert counts_problems() == []


def test_progress_touches_no_count(job_row, owner):
    job = job_row(owner, status="PROCESSING")
    JobCount.objects.update(count=7)  # any trigger that ran would change or move it
    Job.objects.filter(id=job.id).update(progress=50, stage="rendering", lease_until=timezone.now())
    job.save()
    assert cells() == {("", "", "PROCESSING", ""): 7}


def test_what_is_deleted_counts_no_more(job_row, owner, other, tag, react):
    job, kept = job_row(owner, vocal_language="en"), job_row(other)
    tag(job), react(job)
    job.delete()
    assert cells(user=owner) == {} and cells(user=other) == {("", "", "PENDING", ""): 1}
    kept.delete()
    assert not JobCount.objects.exists()


def test_a_job_deleted_before_what_hangs_on_it(job_row, owner, tag, react):
    """Foreign keys are checked at the end of the transaction, so rows may be deleted in any order."""
    job = job_row(owner, vocal_language="en")
    tag(job), react(job)
    with transaction.atomic():
        for table, column in (("jobs_job", "id"), ("jobs_jobtag", "job_id"), ("library_reaction", "job_id")):
            with connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [job.id])
    assert not JobCount.objects.exists()


def test_a_deleted_user_leaves_nothing(job_row, owner, tag):
    tag(job_row(owner, vocal_language="en"))
    owner.delete()
    assert not JobCount.objects.exists()


def test_a_job_that_changes_hands_takes_its_owners_opinion_with_it(job_row, owner, other, react):
    job = job_row(owner)
    react(job)
    Job.objects.update(user=other)
    assert cells(user=other) == {("", "", "PENDING", ""): 1} and cells(user=owner) == {}
    Reaction.objects.update(user=other)
    assert cells(user=other) == {("", "", "PENDING", "like"): 1}


def test_anything_in_any_order(owner, other, job_row, tag):
    chance = random.Random(5)
    users = [owner, other]

    def some(model):
        return chance.choice(list(model.objects.all()) or [None])

    def make():
        job_row(chance.choice(users), vocal_language=chance.choice(["", "en", "fr"]))

    def make_many():
        rows = [job_row(users[0]) for _ in range(3)]
        JobTag.objects.bulk_create(
            JobTag(job=job, user=job.user, created_at=job.created_at, kind="mood", value=value)
            for job in rows
            for value in ("dark", "calm")
        )

    def change():
        ids = Job.objects.order_by("?").values_list("id", flat=True)[:2]
        Job.objects.filter(id__in=list(ids)).update(
            status=chance.choice(Status.values),
            task=chance.choice(["text2rap", "cover"]),
            user=chance.choice(users),
        )

    def judge():
        job = some(Job)
        if job:
            values = {"value": chance.choice(["like", "dislike"]), "job_created_at": job.created_at}
            Reaction.objects.update_or_create(job=job, user=chance.choice(users), defaults=values)

    def label():
        job = some(Job)
        if job and not job.tags.filter(kind="genre", value="Jazz").exists():
            tag(job)

    def rename():
        JobTag.objects.filter(kind="mood", value="dark").exclude(job__tags__value="sad").update(value="sad")

    def remove():
        row = some(chance.choice([Job, JobTag, Reaction]))
        if row:
            row.delete()

    for step in range(150):
        chance.choice([make, make_many, change, judge, label, rename, remove, remove])()
        assert counts_problems() == [], step
    User.objects.all().delete()
    assert not JobCount.objects.exists()


def test_the_proof_finds_what_is_wrong_and_a_rebuild_mends_it(job_row, owner, tag):
    tag(job_row(owner, status="COMPLETED"))
    JobCount.objects.filter(kind="genre").update(count=3)
    JobCount.objects.create(user=owner, task="cover", song_type="edits", status="FAILED", count=2)
    assert counts_problems() == [
        f"User {owner.id} has 0 jobs with any tag cover edits FAILED, but the stored counts say 2.",
        f"User {owner.id} has 1 jobs with genre 'Jazz' text2music song COMPLETED, but the stored counts "
        "say 3.",
    ]
    counts_rebuild()
    assert counts_problems() == []


def test_the_proof_finds_a_missing_trigger():
    drop = {
        "sqlite": "DROP TRIGGER tally_job_update",
        "postgresql": "DROP TRIGGER tally_job_update ON jobs_job",
    }
    with connection.cursor() as cursor:
        cursor.execute(drop[connection.vendor])
    assert counts_problems() == ["The trigger tally_job_update is missing, so the counts are not updated."]


DROP_USER_TRIGGER = {
    "sqlite": "DROP TRIGGER tally_user_delete",
    "postgresql": "DROP TRIGGER tally_user_delete ON accounts_user",
}


@pytest.mark.parametrize(("is_backwards", "left"), [(False, []), (True, 1)])
def test_a_table_that_a_migration_made_again_gets_its_trigger_back(owner, job_row, is_backwards, left):
    """SQLite drops triggers so when a column is added to `accounts_user`."""
    with connection.cursor() as cursor:
        cursor.execute(DROP_USER_TRIGGER[connection.vendor])
    job_row(owner)
    restore_count_triggers(using="default", plan=[(None, is_backwards)])
    problems = counts_problems()
    assert problems == left or len(problems) == left


def test_a_start_that_migrates_nothing_looks_for_no_trigger(django_assert_num_queries):
    with django_assert_num_queries(0):
        restore_count_triggers(using="default", plan=[])
