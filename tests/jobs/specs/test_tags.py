"""A job's search tags are written when it is created, and again when its song is known."""

from dataclasses import replace

import pytest

from jobs.models import JobTag
from jobs.specs.tags import tags_as_made
from jobs.worker.claims import job_claim, job_finish

pytestmark = pytest.mark.django_db


def tags_of(job):
    return set(JobTag.objects.filter(job=job).values_list("kind", "value"))


def test_a_new_job_is_tagged_from_its_prompt(make_job, owner):
    job = make_job(caption="calm lofi for studying, no jazz")
    assert {("genre", "Lo-fi"), ("emotion", "Calm")} <= tags_of(job)
    assert ("genre", "Jazz") not in tags_of(job)
    assert job.effective["genres"] == ["Lo-fi"] and "Calm" in job.effective["emotions"]
    assert all(tag.user == owner and tag.created_at == job.created_at for tag in job.tags.all())


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        ({"vocal_language": "fr"}, "fr"),
        ({"lyrics": "Ich gehe heute durch die Nacht und ich weiß nicht wohin, aber du bist bei mir"}, "de"),
        ({"lyrics": "Ich gehe durch die Nacht und du bist bei mir", "vocal_language": "en"}, "en"),
        ({"task": "prompt2instrumental", "caption": "German lyrics are not sung here"}, ""),
    ],
)
def test_its_language_is_what_was_asked_or_what_its_lyrics_are_in(make_job, wishes, language):
    wishes = {"instrumental": None, **wishes}
    assert make_job(**wishes).vocal_language == language


def test_the_song_decides_when_it_is_made(make_job, result, stored_take):
    make_job(caption="calm piano")
    job = job_claim(lease_token="me")
    before = tags_of(job)
    song = replace(result, caption="happy jazz", vocal_language="DE")
    job_finish(job=job, lease_owner="me", result=song, takes=[stored_take()])
    job.refresh_from_db()
    assert tags_of(job) > before and {("genre", "Jazz"), ("emotion", "Happy")} <= tags_of(job)
    assert job.effective["genres"] == ["Jazz"] and job.vocal_language == "de"


def test_tags_that_stay_are_not_written_again(make_job, result, stored_take):
    make_job(caption="calm piano")
    job = job_claim(lease_token="me")
    ids = set(job.tags.values_list("id", flat=True))
    job_finish(job=job, lease_owner="me", result=result, takes=[stored_take()])
    assert ids and set(job.tags.values_list("id", flat=True)) == ids


def test_what_a_caption_refuses_is_no_tag():
    tags = tags_as_made("disco, leave out the jazz, ohne Trauer, nicht traurig", "", None)
    assert (tags["genres"], tags["emotions"]) == (["Disco"], [])
