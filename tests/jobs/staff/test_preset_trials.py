"""A preset is tried with a real job of the staff user who asks for it."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from audiomusic.accounts.credits.ledger import credits_grant
from audiomusic.accounts.models import User
from jobs.models import Job
from jobs.worker.claims import job_claim, job_fail, job_finish
from presets.models import Preset

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(client, staff, fake_engine, settings):
    settings.CREDITS = "0"
    credits_grant(user=staff, amount=1000)
    client.force_login(staff)
    return client


@pytest.fixture
def rock(db):
    return Preset.objects.get(name="Rock")


def try_page(preset):
    return reverse("admin:jobs_job_try", args=[preset.pk])


def state(site, preset, job):
    return site.get(reverse("admin:jobs_job_trial_state", args=[preset.pk, job.pk])).json()


def test_it_makes_ten_seconds_with_the_preset_and_lets_them_be_heard(site, rock, staff, result, stored_take):
    answer = site.post(try_page(rock), follow=True)
    job = Job.objects.get()
    assert (job.user, job.duration_s, job.display_name) == (staff, 10.0, f"Trial of {rock.label}")
    assert (job.effective["genre"], job.bpm) == (rock.parameters["genre"], rock.parameters["bpm"])
    assert "Waiting for a worker" in answer.content.decode()
    job_claim(lease_token="me")
    assert state(site, rock, job)["status_text"] == "Being made: planning"
    job_finish(job=job, lease_owner="me", result=result, takes=[stored_take()])
    made = state(site, rock, job)
    assert made["is_finished"] and made["sound"].startswith("/audio/")


def test_a_failure_is_told(site, rock):
    site.post(try_page(rock))
    job = job_claim(lease_token="me")
    job_fail(job=job, lease_owner="me", code="x", message="The studio burned down.")
    assert state(site, rock, job)["status_text"] == "Failed. The studio burned down."


def test_a_get_makes_nothing(site, rock):
    assert "Make a sample" in site.get(try_page(rock)).content.decode()
    assert not Job.objects.exists()


def test_without_credits_it_says_so(site, rock, staff):
    for _ in range(10):
        answer = site.post(try_page(rock), follow=True)
    assert "could not be requested" in answer.content.decode()


def test_it_wants_the_permission_to_change_presets(client, rock):
    viewer = User.objects.create_user("vera", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_preset"))
    client.force_login(viewer)
    assert client.post(try_page(rock)).status_code == 403
    assert not Job.objects.exists()


def test_anothers_trial_is_not_shown(site, rock, make_job, credits_of):
    job = make_job()
    assert site.get(reverse("admin:jobs_job_trial", args=[rock.pk, job.pk])).status_code == 404
    assert site.get(reverse("admin:jobs_job_trial_state", args=[rock.pk, job.pk])).status_code == 404
