"""Which deliveries are stored when a job ends, and for which endpoints."""

import json

import pytest

from jobs.services import job_cancel, job_retry
from jobs.webhooks.models import WebhookDelivery
from jobs.webhooks.services import endpoint_change, endpoint_create
from jobs.worker.claims import job_claim, job_fail, job_finish

pytestmark = pytest.mark.django_db
ME = "me"


def told():
    """(type, body) of every delivery, oldest first."""
    return [
        (delivery.event_type, json.loads(delivery.body))
        for delivery in WebhookDelivery.objects.order_by("id")
    ]


def test_a_finished_song_is_told_with_its_links(endpoint, claimed, result, stored_take, settings):
    settings.PUBLIC_URL = "https://music.example.org"
    job_finish(job=claimed, lease_owner=ME, result=result, takes=[stored_take()])
    [(event, body)] = told()
    assert event == body["event_type"] == "job.completed"
    assert (body["job_id"], body["job_type"], body["status"]) == (claimed.id, "music_generation", "completed")
    assert body["output_url"].startswith("https://music.example.org/audio/")
    assert set(body["output_urls"]) == {"flac", "wav", "mp3", "ogg"}
    assert (body["audio_duration"], body["display_name"]) == (8, "Rainy Day")


def test_a_failed_song_is_told_with_the_reason(endpoint, claimed):
    job_fail(job=claimed, lease_owner=ME, code="too_quiet", message="Nothing was heard.")
    [(event, body)] = told()
    assert (event, body["status"], body["output_url"]) == ("job.failed", "failed", None)
    assert (body["failure_reason"], body["error_message"]) == ("too_quiet", "Nothing was heard.")


def test_a_cancelled_song_is_told(endpoint, make_job):
    job_cancel(job=make_job())
    assert [event for event, _ in told()] == ["job.cancelled"]


def test_each_end_is_an_event_of_its_own(endpoint, make_job):
    job = make_job()
    for _ in range(2):
        job_fail(job=job_claim(lease_token=ME), lease_owner=ME, code="x", message="x")
        job_retry(job=job)
    ids = {body["event_id"] for _, body in told()}
    assert len(ids) == 2


def test_an_event_is_the_same_at_every_endpoint(endpoint, owner, receiver, make_job):
    endpoint_create(user=owner, url=receiver.url, events=["job.cancelled"])
    job_cancel(job=make_job())
    one, two = WebhookDelivery.objects.all()
    assert (one.event_id, one.body) == (two.event_id, two.body)
    assert one.endpoint_id != two.endpoint_id


def test_only_what_was_asked_for_is_told(endpoint, make_job):
    endpoint_change(endpoint=endpoint, events=["job.completed"])
    job_cancel(job=make_job())
    assert told() == []


def test_an_endpoint_that_is_off_hears_nothing(endpoint, make_job):
    endpoint_change(endpoint=endpoint, is_active=False)
    job_cancel(job=make_job())
    assert told() == []


def test_another_users_endpoint_hears_nothing(other, receiver, make_job):
    endpoint_create(user=other, url=receiver.url, events=["job.cancelled"])
    job_cancel(job=make_job())
    assert told() == []


def test_an_end_that_is_undone_is_not_told(endpoint, make_job):
    from django.db import transaction

    job = make_job()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        job_cancel(job=job)
        assert len(told()) == 1
        raise ZeroDivisionError
    assert told() == []
