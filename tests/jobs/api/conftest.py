"""Job rows for endpoints that only read them, and a client that posts given bodies."""

import pytest
from django.utils import timezone

from jobs.models import Job, Status, Take


@pytest.fixture
def job_row(db):
    """job_row(user, status=…, takes=2): a job row with plausible values."""

    def make(user, *, takes=0, **values):
        if values.get("status") == Status.COMPLETED:
            values = {"progress": 100, "duration_s": 30.0, "completed_at": timezone.now(), **values}
            takes = takes or 1
        defaults = {
            "task": "text2music",
            "song_type": "song",
            "display_name": "Harbour lights",
            "prompt": "a sea shanty",
            "model_version": "audiomusic-v2",
            "engine": "studio",
            "batch_size": max(1, takes),
        }
        job = Job.objects.create(user=user, **{**defaults, **values})
        for index in range(1, takes + 1):
            Take.objects.create(job=job, index=index, seed=40 + index, duration_s=30.0, quality_score=0.75)
        return job

    return make


@pytest.fixture
def api(owner, client_of):
    """The owner's client."""
    return client_of(owner)


@pytest.fixture
def generate(api):
    """generate(task, **body): POST to a generation endpoint as the owner."""
    return lambda task, **body: api.post(f"/api/v1/music/{task}", body)
