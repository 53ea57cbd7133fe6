"""The integrity check finds whatever makes a job match words other than its own."""

import pytest
from django.db import connection

from jobs.models import Job, SearchDocument
from jobs.search.ddl import drop_triggers
from jobs.search.documents import search_document_update, search_documents_update
from jobs.search.integrity import text_problems
from jobs.search.normalize import normalize_texts
from tests.support.searching import count


@pytest.fixture
def job(owner):
    job = Job.objects.create(user=owner, task="text2music", song_type="song", display_name="Night Drive")
    search_document_update(job=job)
    return job


def test_nothing_is_wrong_after_changes(owner, job):
    Job.objects.filter(id=job.id).update(lyrics="月亮 und Straße")
    assert text_problems() == []
    assert count(owner, "strasse") == 1
    assert text_problems() == []
    job.delete()
    assert text_problems() == []


def test_another_text_than_the_jobs(job):
    SearchDocument.objects.update(body=normalize_texts("Day Drive", "", ""))
    assert text_problems() == [f"The search text of job {job.id} is out of date."]


def test_a_missing_text(job):
    SearchDocument.objects.all().delete()
    assert text_problems() == [f"Job {job.id} has no search text."]


def test_a_text_without_a_job(job):
    SearchDocument.objects.create(id=7, body="")
    assert text_problems() == ["1 texts belong to no job."]


def test_an_index_of_other_texts(job):
    wrong = {
        "sqlite": "INSERT INTO jobs_textindex (rowid, body) VALUES (7, 'never written')",
        "postgresql": "DELETE FROM jobs_textword WHERE word = 'night'",
    }
    with connection.cursor() as cursor:
        cursor.execute(wrong[connection.vendor])
    (problem,) = text_problems()
    assert "jobs_textindex" in problem or problem == "1 words of the texts are missing in jobs_textword."


def test_missing_triggers(job):
    class Editor:
        pass

    Editor.connection = connection
    drop_triggers(None, Editor)
    assert text_problems() == [
        f"The trigger text_job_{event} is missing, so changed texts are not noticed."
        for event in ("insert", "update", "delete")
    ]


def test_folding_all_at_once_folds_what_is_stale(owner, other, job):
    rows = [Job(user=user, task="simple", song_type="song", lyrics=f"line {n}") for n, user in
            enumerate([owner, other, owner])]  # fmt: skip
    Job.objects.bulk_create(rows)
    assert SearchDocument.objects.filter(is_stale=True).count() == 3
    assert search_documents_update(user=other) == 1
    assert search_documents_update() == 2
    assert search_documents_update() == 0
    assert text_problems() == []
