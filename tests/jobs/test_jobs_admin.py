"""Jobs as staff see and change them."""

import pytest
from django.urls import reverse

from jobs.models import Job
from jobs.services import job_claim, job_fail, job_finish

pytestmark = pytest.mark.django_db
LIST = reverse("admin:jobs_job_changelist")


@pytest.fixture
def site(client, staff):
    client.force_login(staff)
    return client


def act(site, action, *jobs):
    chosen = {"action": action, "_selected_action": [job.id for job in jobs]}
    return site.post(LIST, chosen, follow=True).content.decode()


def test_the_list_shows_and_finds_them(site, make_job):
    make_job(display_name="Rain"), make_job(display_name="Snow")
    assert "Rain" in site.get(LIST).content.decode()
    found = site.get(LIST, {"q": "snow", "status__exact": "PENDING"}).content.decode()
    assert "Snow" in found
    assert "Rain" not in found


def test_one_job_is_shown_whole_and_cannot_be_edited(site, claimed, result, stored_take):
    job_finish(job=claimed, lease_owner="me", result=result, takes=[stored_take()])
    page = site.get(reverse("admin:jobs_job_change", args=[claimed.id])).content.decode()
    assert "&quot;form&quot;: &quot;AABA&quot;" in page
    assert "take-1" in page
    assert 'name="display_name"' not in page


def test_nobody_adds_one_by_hand(site):
    assert site.get(reverse("admin:jobs_job_add")).status_code == 403


def test_retry(site, claimed, make_job):
    job_fail(job=claimed, lease_owner="me", code="x", message="x")
    page = act(site, "retry", claimed, make_job())
    claimed.refresh_from_db()
    assert claimed.status == "PENDING"
    assert "1 jobs were put back" in page
    assert "Only a FAILED job can be retried" in page


def test_cancel(site, make_job):
    job = make_job()
    act(site, "cancel", job)
    job.refresh_from_db()
    assert (job.status, job.credits_refunded) == ("CANCELLED", 165)


def test_delete_with_files(site, make_job):
    assert "1 jobs were deleted" in act(site, "delete_with_files", make_job())
    assert not Job.objects.exists()


def test_djangos_own_deletion_is_not_offered(site, make_job):
    make_job()
    assert "delete_selected" not in site.get(LIST).content.decode()


def test_deleting_from_a_jobs_page_goes_through_the_service(site, make_job, credits_of, owner):
    job = make_job()
    site.post(reverse("admin:jobs_job_delete", args=[job.id]), {"post": "yes"})
    assert not Job.objects.exists()
    assert credits_of(owner) == 10_000


def test_a_running_job_can_be_stopped(site, make_job):
    make_job()
    job = job_claim(owner_word="me")
    act(site, "cancel", job)
    job.refresh_from_db()
    assert job.cancel_requested_at is not None
