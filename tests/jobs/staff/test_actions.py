"""Staff actions on jobs: confirmed, run through the services, logged; and every refusal."""

import re
from dataclasses import replace

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.storage import default_storage
from django.urls import reverse

from audiomusic.accounts.credits.statements import ledger_problems
from audiomusic.accounts.models import CreditEntry, User
from jobs.covers.services import cover_set
from jobs.models import CoverFile, Job
from jobs.services import JobNotRequeuable, job_cancel, job_requeue
from jobs.staff.actions import JOB_ACTIONS, run_action
from jobs.staff.refunds import JobNotRefundable, job_refund
from jobs.worker.claims import job_claim, job_fail, job_finish, job_progress
from tests.support.pictures import picture

pytestmark = pytest.mark.django_db
LIST = reverse("admin:jobs_job_changelist")


@pytest.fixture
def site(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def finished(claimed, result, stored_take):
    """A song that was charged."""
    job_finish(job=claimed, lease_owner="me", result=result, takes=[stored_take()])
    claimed.refresh_from_db()
    return claimed


@pytest.fixture
def failed(claimed):
    job_fail(job=claimed, lease_owner="me", code="x", message="x")
    return claimed


def act(site, action, *jobs, **fields):
    """Choose the action in the list and confirm it; return the resulting page."""
    form = {"action": action, "_selected_action": [job.id for job in jobs], "confirmed": "yes", **fields}
    return site.post(LIST, form, follow=True).content.decode()


def page_of(job, action):
    return reverse("admin:jobs_job_action", args=[job.id, action])


def test_retry(site, failed, make_job):
    waiting = make_job()
    page = act(site, "retry", failed, waiting)
    failed.refresh_from_db()
    assert failed.status == "PENDING"
    assert "1 job was put back into the queue." in page
    (entry,) = LogEntry.objects.all()
    assert (entry.object_id, str(entry.user)) == (str(failed.id), "stella")


def test_a_retry_obeys_its_owners_line(site, failed, make_job, settings):
    make_job()
    settings.WAITING_LIMIT = "1"
    page = act(site, "retry", failed)
    failed.refresh_from_db()
    assert failed.status == "FAILED"
    assert "At most 1 of your songs can wait in the queue" in page
    assert not LogEntry.objects.exists()


def test_an_action_asks_first(site, failed, make_job):
    waiting = make_job()
    form = {"action": "retry", "_selected_action": [failed.id, waiting.id], "index": "0"}
    answer = site.post(LIST, form)
    page = answer.content.decode()
    assert "<strong>1 job</strong> will be put back into the queue" in page
    assert "1 will be left as it is: 1 PENDING. Only a failed job can be retried." in page
    failed.refresh_from_db()
    assert failed.status == "FAILED"


def test_a_get_does_nothing(site, failed):
    page = site.get(page_of(failed, "retry"), {"confirmed": "yes"}).content.decode()
    assert "are you sure?" in page
    failed.refresh_from_db()
    assert failed.status == "FAILED"


def test_cancel(site, make_job):
    job = make_job()
    act(site, "cancel", job)
    job.refresh_from_db()
    assert (job.status, job.credits_refunded) == ("CANCELLED", 165)


def test_a_running_job_can_be_stopped(site, claimed):
    act(site, "cancel", claimed)
    claimed.refresh_from_db()
    assert claimed.cancel_requested_at is not None


def test_requeue_takes_the_job_from_its_worker(site, claimed, result, stored_take):
    act(site, "requeue", claimed)
    job = Job.objects.get(id=claimed.id)
    assert (job.status, job.lease_owner, job.attempts) == ("PENDING", "", 0)
    assert job_progress(job=claimed, lease_owner="me", stage="rendering", share=0.5) == "lost"
    assert not job_finish(job=claimed, lease_owner="me", result=result, takes=[stored_take()])
    assert job_claim(lease_token="another").id == job.id


def test_a_requeued_job_that_was_to_stop_is_cancelled(site, claimed):
    act(site, "cancel", claimed)
    act(site, "requeue", claimed)
    assert Job.objects.get().status == "CANCELLED"


def test_only_what_is_being_made_is_requeued(make_job):
    with pytest.raises(JobNotRequeuable, match="is PENDING"):
        job_requeue(job=make_job())


def test_refund_once_with_a_reason(site, finished, credits_of, owner):
    before = credits_of(owner)
    assert finished.credits_charged > 0
    assert "1 job was refunded." in act(site, "refund", finished, reason="It clicks.")
    assert credits_of(owner) == before + finished.credits_charged
    line = CreditEntry.objects.latest("id")
    assert (line.kind, line.note, line.reference) == ("grant", "It clicks.", f"job:{finished.id}")
    assert "was already refunded" in act(site, "refund", finished, reason="Again.")
    assert credits_of(owner) == before + finished.credits_charged
    assert ledger_problems() == []
    assert LogEntry.objects.count() == 1


def test_a_refund_wants_a_reason(site, finished, credits_of, owner):
    before = credits_of(owner)
    assert "Give a reason" in act(site, "refund", finished, reason="  ")
    assert credits_of(owner) == before
    with pytest.raises(ValueError, match="reason"):
        job_refund(job=finished, reason="")


def test_what_cost_nothing_is_not_refunded(site, failed):
    assert "0 jobs were refunded" in act(site, "refund", failed, reason="Sorry.")
    with pytest.raises(JobNotRefundable, match="was not charged"):
        job_refund(job=failed, reason="Sorry.")


def test_delete_with_files(site, finished):
    assert "1 job was deleted with all files." in act(site, "delete_with_files", finished)
    assert not Job.objects.exists()
    assert LogEntry.objects.get().is_deletion()


def test_deleted_files_are_gone_after_the_commit(site, finished, django_capture_on_commit_callbacks):
    name = finished.takes.get().files.get().storage_name
    with django_capture_on_commit_callbacks(execute=True):
        act(site, "delete_with_files", finished)
    assert not default_storage.exists(name)


@pytest.fixture
def pictured(finished, tmp_path):
    """A song with a cover that its owner uploaded."""
    path = tmp_path / "sent"
    path.write_bytes(picture("PNG", (300, 300)))
    return cover_set(job=finished, path=path)


def test_an_owners_picture_is_seen_and_removed(site, pictured, django_capture_on_commit_callbacks):
    address = reverse("admin:jobs_job_change", args=[pictured.id])
    page = site.get(address).content.decode()
    (thumbnail,) = re.findall(r'<img src="([^"]+)" alt="The picture that olive gave', page)
    assert site.get(thumbnail)["Content-Type"] == "image/jpeg"
    assert page_of(pictured, "remove_cover") in page
    names = list(CoverFile.objects.values_list("storage_name", flat=True))
    assert "are you sure?" in site.get(page_of(pictured, "remove_cover")).content.decode()
    assert len(names) == CoverFile.objects.count() == 2
    with django_capture_on_commit_callbacks(execute=True):
        site.post(page_of(pictured, "remove_cover"), {"confirmed": "yes"})
    pictured.refresh_from_db()
    assert pictured.cover_version is None and not CoverFile.objects.exists()
    assert not any(map(default_storage.exists, names))
    said = "Given the drawn cover again (the picture is deleted)."
    assert LogEntry.objects.get().get_change_message() == said
    page = site.get(address).content.decode()
    assert said in page and "<img" not in page and page_of(pictured, "remove_cover") not in page


def test_a_drawn_cover_is_left_as_it_is(site, finished, pictured, make_job):
    drawn = make_job()
    page = act(site, "remove_cover", pictured, drawn)
    assert "1 job was given the drawn cover again" in page
    assert [entry.object_id for entry in LogEntry.objects.all()] == [str(pictured.id)]


def test_djangos_own_deletion_leads_to_ours(site, make_job, credits_of, owner):
    job = make_job()
    assert "delete_selected" not in site.get(LIST).content.decode()
    address = reverse("admin:jobs_job_delete", args=[job.id])
    assert "are you sure?" in site.get(address).content.decode()
    site.post(address, {"confirmed": "yes"})
    assert not Job.objects.exists()
    assert credits_of(owner) == 10_000


@pytest.mark.parametrize("action", list(JOB_ACTIONS))
def test_each_action_needs_its_permission(client, claimed, action):
    viewer = User.objects.create_user("vera", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_job"))
    client.force_login(viewer)
    assert client.post(page_of(claimed, action), {"confirmed": "yes", "reason": "x"}).status_code == 403
    client.post(LIST, {"action": action, "_selected_action": [claimed.id], "confirmed": "yes"})
    with pytest.raises(PermissionError, match="is required"):
        run_action(JOB_ACTIONS[action], Job.objects.all(), by=viewer, reason="x")
    assert Job.objects.get().status == "PROCESSING"
    codename = JOB_ACTIONS[action].permission.split(".")[1]
    viewer.user_permissions.add(Permission.objects.get(codename=codename))
    assert client.get(page_of(claimed, action)).status_code == 200


def test_buttons_do_the_same(site, failed):
    assert "Retry…" in site.get(reverse("admin:jobs_job_change", args=[failed.id])).content.decode()
    site.post(page_of(failed, "retry"), {"confirmed": "yes"})
    failed.refresh_from_db()
    assert failed.status == "PENDING"
    assert site.get(page_of(failed, "no-such")).status_code == 404


def test_all_of_a_list_and_none_that_came_later(site, make_job, monkeypatch):
    monkeypatch.setattr("jobs.staff.actions.CHUNK", 2)
    jobs = [make_job() for _ in range(5)]
    form = {"action": "cancel", "_selected_action": [jobs[0].id], "select_across": "1"}
    page = site.post(f"{LIST}?status__exact=PENDING", form)
    hidden = dict(page.context["hidden"])
    assert hidden["last"] == str(jobs[-1].id) and "<strong>5 jobs</strong>" in page.content.decode()
    later = make_job()
    answer = site.post(f"{LIST}?status__exact=PENDING", {**hidden, "confirmed": "yes"}, follow=True)
    assert "5 jobs were cancelled" in answer.content.decode()
    assert [job.id for job in Job.objects.filter(status="PENDING")] == [later.id]


def test_a_list_that_is_too_long_is_cut(site, make_job, monkeypatch):
    monkeypatch.setattr("jobs.staff.confirmation.MAX_ACROSS", 2)
    jobs = [make_job() for _ in range(4)]
    act(site, "cancel", jobs[0], select_across="1")
    assert Job.objects.filter(status="CANCELLED").count() == 2


def test_a_request_that_takes_too_long_says_how_far_it_came(site, make_job, monkeypatch):
    monkeypatch.setattr("jobs.staff.actions.TIME_S", -1.0)
    page = act(site, "cancel", make_job(), make_job())
    assert "2 are left" in page
    assert not LogEntry.objects.exists()


def test_a_job_that_changed_after_it_was_read_is_refused(staff, make_job):
    """The service decides: a worker may have been faster."""
    job = make_job()

    def be_slower(job, reason):
        claimed = job_claim(lease_token="me")
        job_fail(job=claimed, lease_owner="me", code="x", message="x")
        job_cancel(job=job)

    outcome = run_action(
        replace(JOB_ACTIONS["cancel"], act=be_slower), Job.objects.filter(id=job.id), by=staff
    )
    assert (outcome.done, outcome.refused) == (0, 1)
    assert not LogEntry.objects.exists()


def test_a_song_that_another_job_needs_is_not_deleted(site, finished, make_job):
    stem = make_job()
    Job.objects.filter(id=stem.id).update(source_job=finished)
    page = act(site, "delete_with_files", finished)
    assert f"is the source of job {stem.id}" in page
    assert Job.objects.filter(id=finished.id).exists()
