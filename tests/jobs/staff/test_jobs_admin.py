"""Jobs in the admin: the list, its search and filters, and the page of one job."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from audiomusic.accounts.models import User
from jobs.models import Job, Status
from jobs.worker.claims import job_claim, job_fail, job_finish

pytestmark = pytest.mark.django_db
LIST = reverse("admin:jobs_job_changelist")


@pytest.fixture
def site(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def viewer(db):
    """A user who may view jobs and change nothing."""
    user = User.objects.create_user("vera", password="correct horse", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_job"))
    return user


def listed(site, **query):
    """The ids of the jobs on a page of the list."""
    answer = site.get(LIST, query)
    assert answer.status_code == 200, answer.headers.get("Location")
    return [job.id for job in answer.context["cl"].result_list]


def told(site, **query):
    return site.get(LIST, query).context["cl"].total_text


def test_the_list_shows_newest_first(site, make_job):
    rain, snow = make_job(display_name="Rain"), make_job(display_name="Snow")
    assert listed(site) == [snow.id, rain.id]
    assert listed(site, o="7") == [rain.id, snow.id]
    assert told(site) == "2 jobs"


def test_a_row_can_be_listened_to(site, claimed, result, stored_take):
    job_finish(job=claimed, lease_owner="me", result=result, takes=[stored_take()])
    page = site.get(LIST).content.decode()
    assert '<audio controls preload="none" src="/audio/' in page


@pytest.mark.parametrize("words", ["7", "olive", "SNOW over", '"olive branch"', "no_such_code"])
def test_the_search_knows_numbers_names_and_words(site, make_job, other, words):
    make_job(user=other, display_name="Rain")
    snow = make_job(display_name="Snow over an olive branch")
    wanted = {"7": [], "no_such_code": []}.get(words, [snow.id])
    assert listed(site, q=words) == wanted


def test_the_search_knows_error_codes_and_job_numbers(site, claimed, make_job):
    make_job()
    job_fail(job=claimed, lease_owner="me", code="engine_failed", message="x")
    assert listed(site, q="engine_failed") == [claimed.id]
    assert listed(site, q=str(claimed.id)) == [claimed.id]


def test_words_of_everybody_are_found_and_what_was_written_past_the_services(site, make_job, other):
    mine, theirs = make_job(display_name="Lantern one"), make_job(user=other, display_name="Two")
    Job.objects.filter(id=theirs.id).update(lyrics="a paper LANTERN burns")
    assert listed(site, q="lantern") == [theirs.id, mine.id]
    assert listed(site, q="lantern", user__id__exact=other.id) == [theirs.id]
    assert listed(site, q="ante") == [theirs.id, mine.id]


def test_each_word_is_looked_for_and_a_wrong_letter_is_told(site, make_job):
    job = make_job(display_name="Lantern song", caption="a tango for the harbour")
    assert listed(site, q="tango lantern") == [job.id] == listed(site, q='"lantern song" tango')
    assert listed(site, q='"tango lantern"') == []
    page = site.get(LIST, {"q": "tango lantren"})
    assert [row.id for row in page.context["cl"].result_list] == [job.id]
    assert "No song has “lantren”. These have “lantern”." in page.content.decode()
    exact = site.get(LIST + page.context["cl"].exact_query)
    assert not exact.context["cl"].result_list and "No song has" not in exact.content.decode()


@pytest.mark.parametrize("limit", [("jobs.search.queries.FEW", 1), ("jobs.search.lookup.COMMON", 1)])
def test_a_word_in_too_many_texts_is_looked_for_job_by_job(site, make_job, monkeypatch, limit):
    jobs = [make_job(display_name=name) for name in ("Moon one", "Sun", "Moon two")]
    assert listed(site, q="moon") == [jobs[2].id, jobs[0].id]
    monkeypatch.setattr(*limit)
    assert listed(site, q="moon") == [jobs[2].id, jobs[0].id]


def test_filters(site, claimed, make_job, other):
    waiting = make_job(user=other, task="text2rap")
    job_fail(job=claimed, lease_owner="me", code="engine_failed", message="x")
    assert listed(site, status__exact="PENDING") == [waiting.id]
    assert listed(site, error_code__exact="engine_failed") == [claimed.id]
    assert listed(site, task__exact="text2rap", status__exact="FAILED") == []
    assert listed(site, user__id__exact=other.id) == listed(site, username="OTTO") == [waiting.id]
    assert listed(site, username="nobody") == []
    assert listed(site, engine__exact="fake", user__id__exact=other.id) == [waiting.id]
    assert "engine_failed" in site.get(LIST).content.decode()


def test_lost_workers(site, claimed, make_job):
    make_job()
    assert listed(site, worker="lost") == []
    Job.objects.filter(id=claimed.id).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert listed(site, worker="lost") == [claimed.id]
    assert listed(site, worker="lost", status__exact="PENDING") == []


def test_a_span_of_time(site, make_job):
    old, new = make_job(), make_job()
    Job.objects.filter(id=old.id).update(created_at=timezone.now() - timedelta(days=40))
    month_ago = f"{timezone.now() - timedelta(days=30):%Y-%m-%d}"
    assert listed(site, created_at__gte=month_ago) == [new.id]
    assert listed(site, created_at__lt=month_ago, status__exact="PENDING") == [old.id]


@pytest.mark.parametrize("query", [{"created_at__gte": "soon"}, {"prompt__contains": "x"}])
def test_what_the_list_does_not_know_leads_back_to_it(site, make_job, query):
    make_job()
    assert site.get(LIST, query).headers["Location"] == f"{LIST}?e=1"


def test_a_page_too_far_is_the_last_one(site, make_job):
    job = make_job()
    assert listed(site, p="77") == listed(site, p="-3") == [job.id]


def test_no_more_than_so_many_are_looked_at(site, make_job, monkeypatch):
    jobs = [make_job(display_name=f"Job {number}") for number in range(4)]
    monkeypatch.setattr("jobs.staff.changelist_query.SCAN_LIMIT", 2)
    Job.objects.filter(id=jobs[0].id).update(engine="acestep")
    assert listed(site, engine__exact="acestep") == []
    changelist = site.get(LIST, {"engine__exact": "acestep"}).context["cl"]
    assert "Only the newest" in changelist.look_text
    until = jobs[1].created_at.isoformat()
    assert listed(site, engine__exact="acestep", created_at__lt=until) == [jobs[0].id]


def test_no_more_than_so_many_are_counted(site, make_job, monkeypatch):
    monkeypatch.setattr("jobs.staff.changelist_query.MAX_TOTAL", 2)
    [make_job() for _ in range(3)]
    assert told(site) == "more than 2 jobs"


def test_the_counts_say_how_many_a_user_has(site, make_job, owner, django_assert_max_num_queries):
    make_job(), make_job(task="text2rap")
    assert told(site, user__id__exact=owner.id, task__exact="text2rap") == "1 job"
    site.get(LIST)
    with django_assert_max_num_queries(12):
        site.get(LIST)


def test_one_job_is_shown_whole_and_cannot_be_edited(site, claimed, result, stored_take):
    job_finish(job=claimed, lease_owner="me", result=result, takes=[stored_take()])
    page = site.get(reverse("admin:jobs_job_change", args=[claimed.id])).content.decode()
    for part in ("AABA", "take-1", "Request", "Credits: charge", "not applied: It was not singable."):
        assert part in page, part
    assert 'name="display_name"' not in page


@pytest.mark.parametrize("options", [None, {"shift": 2.5}])
def test_whatever_was_sent_is_told(site, make_job, options):
    sent = {
        "delete": 1,
        "objects": [1],
        "created_at": "<b>now</b>",
        "seed": 7,
        "shift": 3,
        "nested": {"a": None},
    }
    job = make_job(params=sent)
    Job.objects.filter(id=job.id).update(effective={"options": options, "seeds": [7], "not_applied": None})
    answer = site.get(reverse("admin:jobs_job_change", args=[job.id]))
    told = {line.name: line for line in answer.context["parameters"]}
    assert set(sent) <= set(told) and not told["seed"].is_changed
    assert told["shift"].is_changed == bool(options)
    assert "<b>now</b>" not in answer.content.decode()


def test_a_job_that_is_not_there(site):
    assert site.get(reverse("admin:jobs_job_change", args=[77])).status_code == 302


def test_who_may_only_look_is_offered_nothing(client, viewer, claimed):
    client.force_login(viewer)
    page = client.get(reverse("admin:jobs_job_change", args=[claimed.id]))
    assert page.status_code == 200 and page.context["actions"] == []
    assert 'name="action"' not in client.get(LIST).content.decode()


def test_nobody_adds_one_by_hand(site):
    assert site.get(reverse("admin:jobs_job_add")).status_code == 403


def test_the_log_of_a_jobs_life_tells_what_its_worker_did(site, make_job):
    make_job()
    job = job_claim(lease_token="me")
    life = [event.what for event in site.get(reverse("admin:jobs_job_change", args=[job.id])).context["life"]]
    assert life == ["Requested", "Credits: reserve", "Attempt 1 started", "Lease ends"]
    assert job.status == Status.PROCESSING


def test_files_are_looked_at_and_not_deleted_by_hand(site, claimed, result, stored_take):
    job_finish(job=claimed, lease_owner="me", result=result, takes=[stored_take()])
    file = claimed.takes.get().files.get()
    assert file.storage_name in site.get(reverse("admin:jobs_audiofile_changelist")).content.decode()
    assert site.get(reverse("admin:jobs_audiofile_delete", args=[file.id])).status_code == 403
