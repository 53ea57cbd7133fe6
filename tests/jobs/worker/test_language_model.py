"""Songs whose lyrics a language model writes, from the request to the replay."""

import pytest

from jobs.services import job_create
from jobs.tasks import make_song
from jobs.worker.claims import job_claim
from jobs.worker.replay import replay_job
from tests.support import language_model_server as fake

pytestmark = pytest.mark.django_db(transaction=True)
MIA = "a birthday song for my sister Mia, who loves cats"


def make(owner, **wishes):
    wishes = {"query": MIA, "seed": 7, "duration_s": 8.0} | wishes
    job_create(user=owner, task="simple", values=wishes, params={"query": MIA})
    job = job_claim(lease_token="me")
    make_song(job)
    job.refresh_from_db()
    assert job.status == "COMPLETED", job.error_message
    return job


def test_it_writes_the_words_once_and_a_replay_sings_the_same(owner, model_server):
    job = make(owner)
    assert job.effective["written_by"] == fake.MODEL and job.lyrics == fake.LYRICS
    assert job.display_name == "Mia's Disco"
    assert (job.bpm, job.keyscale) == (118, "A Minor")
    assert "language_model" not in job.effective["not_applied"]
    assert len(model_server.requests) == 1
    model_server.answers = fake.refusing(500)
    [replayed] = replay_job(job=job, on_progress=lambda stage, share: None)
    assert replayed.is_same and len(model_server.requests) == 1


def test_what_fails_is_told_and_the_song_is_made(owner, model_server):
    model_server.answers = fake.saying("no song today")
    job = make(owner)
    assert "written_by" not in job.effective and job.lyrics
    assert job.effective["not_applied"]["language_model"].startswith("The language model's lyrics")
    model_server.answers = fake.good
    [replayed] = replay_job(job=job, on_progress=lambda stage, share: None)
    assert replayed.is_same and len(model_server.requests) == 1
