"""`bench faults`: a short run of faults against a real server, and checks that the audit notices losses."""

import random
import threading
from collections import Counter
from types import SimpleNamespace

import pytest
from django.utils import timezone

from audiomusic.accounts.models import CreditEntry
from audiomusic.bench.faults import benchmark, clients
from audiomusic.bench.faults.audit import audit
from audiomusic.bench.faults.clients import Listener
from audiomusic.bench.faults.fault_actions import DECK, FAULTS, endless_deck
from audiomusic.bench.report import Report
from jobs.models import OrphanFolder, WebhookDelivery
from jobs.services import job_cancel, job_delete, job_patch, job_retry
from jobs.webhooks.models import every_event
from jobs.webhooks.services import endpoint_create
from jobs.worker.claims import job_claim, job_fail
from library.services import reaction_set
from tests.jobs.conftest import fake_engine, make_job  # noqa: F401
from tests.support.prepared import PreparedServer


@pytest.fixture
def found():
    """Return an audit without problems: three songs, two of them completed."""
    return {
        "jobs": {"COMPLETED": 2, "FAILED": 1},
        "codes": {"storage_failed": 1},
        "repeated": 1,
        "events": [["a", 1, "delivered", "{}"], ["b", 2, "delivered", "{}"], ["c", 3, "delivered", "{}"]],
        "problems": {"credits": [], "files": []},
    }


@pytest.fixture
def missed(found):
    """missed(asked, ids): return what the report lists as missed."""

    def fill(asked=3, ids=(1, 2, 3), notes=lambda listener: None):
        listener = Listener(0, "", threading.Event(), job_ids=list(ids), sent_again=["a"])
        notes(listener)
        receiver = SimpleNamespace(listeners=[listener], heard=Counter("aabc"), problems=[])
        world = SimpleNamespace(done=Counter(worker_killed=2, killed_stored=1), worst_overdue_s=4.0)
        report = Report()
        benchmark.fill_report(report, "x", world, receiver, asked, found)
        return report.missed, report.figures

    return fill


def test_where_all_is_well_nothing_is_missed(missed):
    names, figures = missed()
    assert names == []
    assert (figures["x_faults"], figures["x_events_heard_again"], figures["x_made_again"]) == (3, 1, 1)


def test_a_lost_song_is_noticed(missed):
    assert missed(asked=4)[0] == ["x_lost"]


def test_a_song_made_for_two_wishes_is_noticed(missed):
    assert missed(ids=(1, 2, 2))[0] == ["x_twice"]


def test_a_song_that_still_waits_is_noticed(missed, found):
    found["jobs"] = {"COMPLETED": 2, "PROCESSING": 1}
    assert missed()[0] == ["x_waiting"]


def test_an_event_nobody_heard_is_noticed(missed, found):
    found["events"].append(["d", 3, "failed", "{}"])
    assert missed()[0] == ["x_events_not_heard"]


def test_a_deleted_song_is_not_lost(missed):
    assert missed(asked=4, notes=lambda listener: listener.deleted.add(4))[0] == []


def test_an_event_that_was_not_sent_again_is_noticed(missed):
    assert missed(notes=lambda listener: listener.sent_again.append("b"))[0] == ["x_events_not_heard_again"]


def test_an_answer_that_is_none_is_noticed(missed):
    assert missed(notes=lambda listener: listener.problems.append("404 came"))[0] == ["x_answers_amiss"]


def test_whatever_a_proof_says_is_noticed(missed, found):
    found["problems"]["files"] = ["The file x is gone."]
    assert missed()[0] == ["x_wrong_files"]


def test_the_deck_holds_every_fault():
    assert set(DECK) == set(FAULTS)
    deck, count = endless_deck(random.Random(1)), sum(DECK.values())
    assert Counter(next(deck) for _ in range(count)) == DECK


@pytest.mark.e2e
def test_a_short_torment_loses_nothing(prepared_folder, monkeypatch, django_db_blocker):
    def prepared(*, database_url, **settings):
        return PreparedServer(prepared_folder, **settings)

    monkeypatch.setattr(benchmark, "ScratchServer", prepared)
    monkeypatch.setattr(benchmark, "USERS", 2)
    monkeypatch.setattr(clients, "IN_LINE", 3)
    faults = ["messages_doubled", "point_set", "worker_killed", "leases_lapsed"]
    with django_db_blocker.unblock():  # it reads the database of the server under test
        report = benchmark.run(database="sqlite", pause=0.35, seed=5, faults=faults)
    assert report.missed == [], report.to_table()
    assert report.figures["faults_sqlite_asked"] >= 6
    assert report.figures["faults_sqlite_faults"] >= 3


# The audit of the database rows


@pytest.fixture
def settled(owner, make_job, settings, tmp_path):  # noqa: F811
    """Create two songs that failed, one that was retried and cancelled, and one that was deleted."""
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path},
    }
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    endpoint_create(user=owner, url="https://example.org/hook", events=every_event())
    jobs = [make_job() for _ in range(4)]
    while claimed := job_claim(lease_token="me"):
        job_fail(job=claimed, lease_owner="me", code="x", message="x")
    job_retry(job=jobs[1])
    job_cancel(job=jobs[1])
    job_delete(job=jobs[3])
    job_patch(job=jobs[0], display_name="Rain")
    reaction_set(user=owner, job_id=jobs[0].id, value="like")
    promised = {
        "deleted": [jobs[3].id],
        "retries": {str(jobs[1].id): 1},
        "names": {str(jobs[0].id): "Rain"},
        "likes": {str(jobs[0].id): "like", str(jobs[1].id): None},
    }
    return jobs, promised


def wrong(promised):
    return {name for name, sentences in audit(promised)["problems"].items() if sentences}


@pytest.mark.django_db
def test_what_the_services_leave_is_as_promised(settled):
    assert wrong(settled[1]) == set()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda jobs, promised: promised["deleted"].append(jobs[0].id), "promises"),
        (lambda jobs, promised: promised["names"].update({str(jobs[1].id): "Sun"}), "promises"),
        (lambda jobs, promised: promised["likes"].update({str(jobs[0].id): "dislike"}), "promises"),
        (lambda jobs, promised: promised["likes"].clear(), "promises"),
        (lambda jobs, promised: promised["retries"].clear(), "events"),
        (lambda jobs, promised: WebhookDelivery.objects.filter(job_id=jobs[2].id).delete(), "events"),
        (lambda jobs, promised: OrphanFolder.objects.update(look_at=timezone.now()), "promises"),
        (
            lambda jobs, promised: CreditEntry.objects.filter(
                reference=f"job:{jobs[3].id}", kind="refund"
            ).delete(),
            "settlements",
        ),
    ],
)
def test_each_broken_promise_is_noticed(settled, change, name):
    change(*settled)
    assert name in wrong(settled[1])
