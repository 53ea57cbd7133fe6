"""A closed account's webhooks send nothing; when it is opened again, waiting events are sent."""

import pytest
from django.utils import timezone

from jobs.integrity import webhook_problems
from jobs.models import Job
from jobs.services import job_cancel
from jobs.webhooks.models import WebhookDelivery
from jobs.webhooks.sending import delivery_claim, delivery_send
from jobs.webhooks.services import endpoint_test
from jobs.worker.shut_accounts import shut_account_jobs_cancel
from tests.jobs.conftest import *  # noqa: F403
from tests.jobs.worker.test_shut_accounts import shut_by_sql

pytestmark = pytest.mark.django_db


def test_what_is_due_is_not_claimed(endpoint, owner, receiver):
    endpoint_test(endpoint=endpoint)
    shut_by_sql(owner)
    assert delivery_claim() is None
    assert receiver.calls == []


def test_what_was_claimed_is_not_sent_and_waits(endpoint, owner, receiver):
    endpoint_test(endpoint=endpoint)
    delivery = delivery_claim()
    shut_by_sql(owner)
    assert delivery_send(delivery=delivery) is False
    assert receiver.calls == []
    delivery.refresh_from_db()
    assert (delivery.status, delivery.tries, delivery.log) == ("pending", 0, [])


def test_opened_again_what_waited_is_sent_once(endpoint, owner, receiver):
    endpoint_test(endpoint=endpoint)
    shut_by_sql(owner)
    assert delivery_claim() is None
    shut_by_sql(owner, is_active=True)
    assert delivery_send(delivery=delivery_claim())
    assert delivery_claim() is None
    assert len(receiver.calls) == 1


def test_nothing_is_recorded_for_it(endpoint, owner, make_job):
    make_job()
    shut_by_sql(owner)
    shut_account_jobs_cancel()
    assert Job.objects.get().status == "CANCELLED"
    assert not WebhookDelivery.objects.exists()
    shut_by_sql(owner, is_active=True)
    job_cancel(job=make_job())
    assert WebhookDelivery.objects.count() == 1


def test_the_doctor_does_not_miss_what_is_meant_to_wait(endpoint, owner):
    endpoint_test(endpoint=endpoint)
    WebhookDelivery.objects.update(next_try_at=timezone.now() - timezone.timedelta(hours=1))
    assert webhook_problems()
    shut_by_sql(owner)
    assert webhook_problems() == []
