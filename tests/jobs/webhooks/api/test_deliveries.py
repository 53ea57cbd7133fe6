"""An endpoint's delivery log, its test event, and redelivery."""

import pytest

from jobs.services import job_cancel
from jobs.webhooks.sending import delivery_claim, delivery_send
from jobs.webhooks.services import endpoint_create, endpoint_test

pytestmark = pytest.mark.django_db
URL = "/api/v1/webhooks"


@pytest.fixture
def api(client_of, owner):
    return client_of(owner)


@pytest.fixture
def log_of(api):
    def read(endpoint, **query):
        answer = api.get(f"{URL}/endpoints/{endpoint.id}/deliveries", query)
        assert answer.status_code == 200
        return answer.json(), int(answer.headers["X-Total-Count"])

    return read


def test_a_test_is_sent_and_logged(api, endpoint, receiver, log_of):
    made = api.post(f"{URL}/endpoints/{endpoint.id}/test")
    assert made.status_code == 200
    assert (made.json()["status"], made.json()["event_type"]) == ("pending", "webhook.test")
    delivery_send(delivery=delivery_claim())
    [entry], total = log_of(endpoint)
    assert total == 1
    assert (entry["status"], entry["id"]) == ("delivered", made.json()["id"])
    assert (entry["attempts"][0]["status_code"], entry["attempts"][0]["error"]) == (200, None)
    assert entry["payload"] == made.json()["payload"]
    assert entry["payload"]["event_id"] == entry["event_id"]
    assert len(receiver.calls) == 1


def test_the_log_is_newest_first_by_pages(endpoint, log_of):
    made = [endpoint_test(endpoint=endpoint).id for _ in range(5)]
    assert [entry["id"] for entry in log_of(endpoint)[0]] == made[::-1]
    page, total = log_of(endpoint, skip=1, limit=2)
    assert ([entry["id"] for entry in page], total) == ([made[3], made[2]], 5)


def test_the_log_shows_one_status_alone(endpoint, log_of):
    endpoint_test(endpoint=endpoint), endpoint_test(endpoint=endpoint)
    delivery_send(delivery=delivery_claim())
    assert [log_of(endpoint, status=word)[1] for word in ("pending", "delivered", "failed")] == [1, 1, 0]


def test_the_log_outlives_the_job(api, endpoint, make_job, log_of):
    job = make_job()
    job_cancel(job=job)
    api.delete(f"/api/v1/music/jobs/{job.id}")
    assert log_of(endpoint)[0][0]["job_id"] == job.id


def test_an_event_is_sent_again_with_the_same_id(api, endpoint, receiver, log_of):
    delivery_id = endpoint_test(endpoint=endpoint).id
    delivery_send(delivery=delivery_claim())
    answer = api.post(f"{URL}/deliveries/{delivery_id}/redeliver")
    assert (answer.status_code, answer.json()["status"]) == (200, "pending")
    delivery_send(delivery=delivery_claim())
    assert len({headers["X-AudioPod-Event-Id"] for _, headers, _ in receiver.calls}) == 1
    assert len(receiver.calls) == 2
    assert len(log_of(endpoint)[0][0]["attempts"]) == 2


def test_anothers_delivery_does_not_exist(api, other, receiver):
    theirs = endpoint_create(user=other, url=receiver.url, events=["webhook.test"])
    delivery = endpoint_test(endpoint=theirs)
    for delivery_id in (delivery.id, delivery.id + 1000, 10**30):
        answer = api.post(f"{URL}/deliveries/{delivery_id}/redeliver")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 101}, {"skip": -1}, {"status": "lost"}, {"limit": "many"}]
)
def test_a_wrong_query_is_400(api, endpoint, query):
    answer = api.get(f"{URL}/endpoints/{endpoint.id}/deliveries", query)
    assert answer.status_code == 400
    assert set(query) == set(answer.json()["errors"])
