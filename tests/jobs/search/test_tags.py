"""Genres and the user's own tags are searchable as long as they are on the song."""

import pytest

from jobs.models import Job, SearchDocument
from jobs.search.documents import search_document_update
from jobs.search.integrity import text_problems
from jobs.services import job_patch
from library.tags.services import job_tags_update, jobs_tags_update
from tests.support.searching import count

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(owner):
    job = Job.objects.create(
        user=owner, task="text2music", song_type="song", display_name="Night Drive",
        effective={"genres": ["Synthwave", "Drum and Bass"], "emotions": ["Longing"]},
    )  # fmt: skip
    search_document_update(job=job)
    return job


@pytest.mark.parametrize(
    ("asked", "hits"),
    [
        ("synthwave", 1),
        ("night synthwave", 1),  # each word may match any text
        ('"drum and bass"', 1),
        ('"synthwave drum"', 0),  # a tag is a text of its own
        ("longing", 0),
        ("synthwawe", 1),  # a wrong letter is corrected
    ],
)
def test_a_genre_is_searched(owner, job, asked, hits):
    assert count(owner, asked) == hits
    assert text_problems() == []


def test_own_tags_are_searched_from_the_moment_they_stand(owner, job):
    job_tags_update(job=job, add=["Für Élise", "road trip"])
    assert [count(owner, asked) for asked in ("fur elise", "road", "synthwave")] == [1, 1, 1]
    job_tags_update(job=job, remove=["road trip", "Synthwave"])
    assert [count(owner, asked) for asked in ("elise", "road", "synthwave")] == [1, 0, 0]
    job_tags_update(job=job, add=["synthwave"])
    assert count(owner, "synthwave") == 1
    assert text_problems() == []


def test_many_at_once_are_found(owner, job):
    other = Job.objects.create(user=owner, task="text2music", song_type="song", display_name="Day Drive")
    jobs_tags_update(user=owner, job_ids=[job.id, other.id], add=["festival"])
    assert count(owner, "festival") == 2


def test_a_new_name_leaves_the_tags(owner, job):
    job_tags_update(job=job, add=["road"])
    job_patch(job=Job.objects.get(id=job.id), display_name="Harbour")
    assert [count(owner, asked) for asked in ("harbour road", "synthwave", "night")] == [1, 1, 0]


@pytest.mark.parametrize(
    "written",
    [{"own_tags": ["cliff"]}, {"effective": {"genres": ["Cliff"]}}, {"lyrics": "cliff"}],
    ids=lambda written: next(iter(written)),
)
def test_what_is_written_past_the_services_is_noticed(owner, job, written):
    Job.objects.filter(id=job.id).update(**written)
    assert SearchDocument.objects.filter(is_stale=True).count() == 1
    assert count(owner, "cliff") == 1
    assert text_problems() == []


def test_other_facts_of_a_song_make_nothing_stale(job):
    Job.objects.filter(id=job.id).update(effective=job.effective | {"emotions": ["Joy"]}, progress=3)
    assert not SearchDocument.objects.filter(is_stale=True).exists()


def test_tags_of_another_user_find_nothing(owner, other, job):
    job_tags_update(job=job, add=["road"])
    assert count(other, "road") == 0
