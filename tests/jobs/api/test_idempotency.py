"""A creating request may be repeated with its key: one job, one reservation, one response."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from audiomusic.accounts import idempotency
from audiomusic.accounts.idempotency import purge_expired
from audiomusic.accounts.models import IdempotentResponse
from jobs.api import views
from jobs.models import Job, Status
from jobs.specs.parameters import TASKS

pytestmark = pytest.mark.django_db
URL = "/api/v1/music/text2music"
BODY = {"caption": "calm piano", "duration": 10}


@pytest.fixture
def send(api):
    """send(key, …): POST with that key."""
    return lambda key, body=BODY, url=URL: api.post(url, body, headers={"Idempotency-Key": key})


@pytest.fixture
def failed(owner, job_row):
    return job_row(owner, status=Status.FAILED)


def age(**by):
    IdempotentResponse.objects.update(created_at=timezone.now() - timedelta(**by))


@pytest.mark.parametrize("task", TASKS)
def test_a_repeat_gets_the_first_answer(send, task):
    body = {"query" if task == "simple" else "caption": "calm piano"}
    url = f"/api/v1/music/{task}"
    first, second = send("k1", body, url), send("k1", body, url)
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Content-Type"] == "application/json"
    assert Job.objects.count() == 1


def test_a_retry_is_repeated_as_well(send, failed):
    url = f"/api/v1/music/jobs/{failed.id}/retry"
    first = send("k1", None, url)
    assert first.status_code == 200
    assert send("k1", None, url).content == first.content
    assert send("k2", None, url).status_code == 400  # it is already waiting


def test_the_first_answer_stays_what_it_was(send):
    first = send("k1").json()
    Job.objects.update(status=Status.COMPLETED, display_name="Another")
    assert send("k1").json() == first


def test_only_one_reservation_is_made(send, owner, credits_of):
    send("k1")
    left = credits_of(owner)
    send("k1")
    assert credits_of(owner) == left < 10_000


def test_spacing_and_order_of_the_body_do_not_matter(api, send):
    first = send("k1")
    text = '{ "duration": 10,\n "caption": "calm piano" }'
    second = api.generic("POST", URL, text, "application/json", headers={"Idempotency-Key": "k1"})
    assert second.content == first.content


@pytest.mark.parametrize(
    ("body", "url"), [({"caption": "another"}, URL), (BODY, "/api/v1/music/text2rap")], ids=["body", "path"]
)
def test_the_same_key_for_another_request_is_refused(send, body, url):
    send("k1")
    answer = send("k1", body, url)
    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency_key_reused"
    assert Job.objects.count() == 1


def test_another_key_is_another_request(send):
    assert send("k1").json()["job"]["id"] != send("k2").json()["job"]["id"]


def test_another_user_may_use_the_same_key(send, other, client_of):
    send("k1")
    answer = client_of(other).post(URL, BODY, headers={"Idempotency-Key": "k1"})
    assert "Idempotent-Replayed" not in answer.headers
    assert Job.objects.filter(user=other).count() == 1


@pytest.mark.parametrize("key", ["", "   ", "x" * 201, "tab\tinside"], ids=["empty", "blank", "long", "tab"])
def test_a_key_that_is_none_is_refused(send, key):
    answer = send(key)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["errors"]
    assert not Job.objects.exists()


def test_the_longest_key_is_taken(send):
    assert send("x" * 200).status_code == 200


def test_a_refusal_is_not_remembered(send, owner, settings, credits_of):
    assert send("k1", {"caption": ""}).status_code == 400
    assert send("k1", BODY | {"duration": 600, "batch_size": 8}).status_code == 402
    assert not IdempotentResponse.objects.exists()
    answer = send("k1")
    assert answer.status_code == 200
    assert "Idempotent-Replayed" not in answer.headers


def test_a_crash_before_the_answer_leaves_nothing(send, monkeypatch):
    def crash(*args, **options):
        raise RuntimeError("the server stops here")

    with monkeypatch.context() as patch:
        patch.setattr(views, "job_body", crash)
        with pytest.raises(RuntimeError):
            send("k1")
    assert not Job.objects.exists()
    assert send("k1").status_code == 200
    assert Job.objects.count() == 1


def test_a_day_later_it_is_forgotten(send):
    first = send("k1").json()
    age(hours=23, minutes=59)
    assert send("k1").json() == first
    age(hours=24, seconds=1)
    assert send("k1", {"caption": "another"}).json()["job"]["id"] != first["job"]["id"]


def test_what_is_forgotten_is_taken_away(send):
    send("old")
    age(hours=25)
    send("new")
    assert purge_expired() == 1
    assert purge_expired() == 0
    assert IdempotentResponse.objects.get().key == "new"


def test_a_request_without_a_key_is_not_remembered(api):
    api.post(URL, BODY)
    api.post(URL, BODY)
    assert Job.objects.count() == 2
    assert not IdempotentResponse.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_job(owner, client_of, fake_engine):
    gate, answers = threading.Barrier(4), []

    def run():
        gate.wait()
        answers.append(client_of(owner).post(URL, BODY, headers={"Idempotency-Key": "k1"}))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 3
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's writers wait for each other")
def test_one_that_waits_too_long_is_told_so(owner, client_of, fake_engine, monkeypatch):
    monkeypatch.setattr(idempotency, "MAX_WAIT", "50ms")
    client, make_job = client_of(owner), views.job_create
    headers, answers = {"Idempotency-Key": "k1"}, []

    def meanwhile():
        answers.append(client_of(owner).post(URL, BODY, headers=headers))
        connection.close()

    def slow(**wanted):
        monkeypatch.setattr(views, "job_create", make_job)
        thread = threading.Thread(target=meanwhile)
        thread.start()
        thread.join()
        return make_job(**wanted)

    monkeypatch.setattr(views, "job_create", slow)
    assert client.post(URL, BODY, headers=headers).status_code == 200
    assert answers[0].status_code == 409
    assert answers[0].json()["code"] == "idempotency_in_progress"
    assert answers[0].headers["Retry-After"] == "1"
    assert Job.objects.count() == 1
