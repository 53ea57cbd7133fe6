"""Fixtures for tests of the queue: an active worker, and a finished song that sets the pace."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import WorkerHeartbeat
from tests.jobs.api.conftest import job_row  # noqa: F401


@pytest.fixture
def worker(db):
    return WorkerHeartbeat.objects.create(name="studio/1", beat_at=timezone.now())


@pytest.fixture
def made(owner, job_row):  # noqa: F811
    """Create a song of 30 s that took 15 s: half a second of work for each second of audio."""
    now = timezone.now()
    return job_row(owner, status="COMPLETED", started_at=now - timedelta(seconds=15), completed_at=now)
