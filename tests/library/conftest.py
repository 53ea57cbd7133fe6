"""Rows of jobs, and related rows."""

import pytest

from jobs.models import JobTag
from library.models import Reaction
from tests.jobs.api.conftest import api, job_row  # noqa: F401
from tests.jobs.conftest import fake_engine, make_job, result  # noqa: F401


@pytest.fixture
def tag():
    """tag(job, kind, value): add a tag."""

    def make(job, kind="genre", value="Jazz"):
        return JobTag.objects.create(
            job=job, user=job.user, created_at=job.created_at, kind=kind, value=value
        )

    return make


@pytest.fixture
def react():
    """react(job, "like"): set its owner's reaction."""

    def make(job, value="like"):
        return Reaction.objects.create(job=job, user=job.user, job_created_at=job.created_at, value=value)

    return make
