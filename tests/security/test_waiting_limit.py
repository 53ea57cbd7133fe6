"""How many songs of one user may wait, when all are requested at once."""

import pytest

from jobs.models import Job, Status
from jobs.services import WaitingLimitReached, job_create, job_retry
from tests.jobs.test_services_races import race

LIMIT, AT_ONCE = 5, 20
WISHES = {"caption": "calm piano", "instrumental": True, "duration_s": 10.0}


@pytest.mark.django_db(transaction=True)
def test_none_slips_through_beside_the_others(settings, owner, other):
    settings.WAITING_LIMIT = str(LIMIT)

    def ask_as(user):
        return lambda: job_create(user=user, task="text2music", values=WISHES, params={})

    results = race(*[ask_as(owner)] * AT_ONCE, ask_as(other))
    refused = [result for result in results if isinstance(result, WaitingLimitReached)]
    assert len(refused) == AT_ONCE - LIMIT
    assert Job.objects.filter(user=owner).count() == LIMIT
    assert isinstance(results[-1], Job)  # each user has a limit of their own


@pytest.mark.django_db(transaction=True)
def test_none_slips_through_by_a_retry(settings, owner):
    """Failed songs do not count as waiting, so there may be any number of them."""
    settings.WAITING_LIMIT = "off"
    failed = [
        job_create(user=owner, task="text2music", values=WISHES, params={}) for _ in range(AT_ONCE - LIMIT)
    ]
    Job.objects.update(status=Status.FAILED)
    settings.WAITING_LIMIT = str(LIMIT)
    retries = [lambda job=job: job_retry(job=Job.objects.get(id=job.id)) for job in failed]
    fresh = [lambda: job_create(user=owner, task="text2music", values=WISHES, params={})] * LIMIT
    results = race(*retries, *fresh)
    refused = [result for result in results if isinstance(result, WaitingLimitReached)]
    assert len(refused) == AT_ONCE - LIMIT
    assert Job.objects.filter(user=owner).waiting().count() == LIMIT
