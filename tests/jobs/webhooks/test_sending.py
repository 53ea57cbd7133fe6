"""Calls to a real receiver on this machine: signed, retried, given up, sent again."""

import contextlib
import hashlib
import hmac
import json
import threading
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.webhooks import sending
from jobs.webhooks.models import WebhookDelivery
from jobs.webhooks.sending import Sender, delivery_claim, delivery_send
from jobs.webhooks.services import (
    delivery_redeliver,
    endpoint_change,
    endpoint_create,
    endpoint_delete,
    endpoint_test,
)
from jobs.webhooks.signing import secret_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(endpoint):
    return endpoint_test(endpoint=endpoint)


def send():
    """Send what is due; return the refreshed delivery."""
    delivery = delivery_claim()
    delivery_send(delivery=delivery)
    delivery.refresh_from_db()
    return delivery


def make_due():
    WebhookDelivery.objects.update(next_try_at=timezone.now())


def test_it_arrives_signed(waiting, endpoint, receiver):
    delivery = send()
    [(path, headers, body)] = receiver.calls
    assert path == "/hook?a=1"
    assert body.decode() == waiting.body
    assert headers["Content-Type"] == "application/json"
    assert headers["X-AudioPod-Event"] == "webhook.test"
    assert headers["X-AudioPod-Event-Id"] == str(waiting.event_id) == json.loads(body)["event_id"]
    stamp = headers["X-AudioPod-Timestamp"]
    assert abs(int(stamp) - time.time()) < 60
    mac = hmac.new(secret_of(endpoint).encode(), stamp.encode() + b"." + body, hashlib.sha256)
    assert headers["X-AudioPod-Signature"] == f"sha256={mac.hexdigest()}"
    assert (delivery.status, delivery.tries, delivery.next_try_at) == ("delivered", 1, None)
    assert delivery.log[0]["status_code"] == 200
    assert delivery.delivered_at
    assert delivery_claim() is None


def test_a_failure_is_tried_again_after_1_2_4_8_minutes_and_then_kept(waiting, receiver):
    receiver.answers = [500, 302, 404, 503, 500]
    waits_min = []
    for _ in range(5):
        make_due()
        delivery = send()
        if delivery.next_try_at:
            waits_min.append(round((delivery.next_try_at - timezone.now()).total_seconds() / 60))
    assert waits_min == [1, 2, 4, 8]
    assert (delivery.status, delivery.tries) == ("failed", 5)
    assert [entry["status_code"] for entry in delivery.log] == [500, 302, 404, 503, 500]
    assert "from 200 to 299, got 500: so it is" in delivery.log[0]["error"]
    assert len({headers["X-AudioPod-Event-Id"] for _, headers, _ in receiver.calls}) == 1
    assert len({body for _, _, body in receiver.calls}) == 1


def test_what_failed_can_be_sent_again(waiting, receiver):
    WebhookDelivery.objects.update(status="failed", tries=5, next_try_at=None)
    assert delivery_claim() is None
    delivery_redeliver(delivery=WebhookDelivery.objects.get())
    assert send().status == "delivered"


def test_a_redirect_is_not_followed(waiting, receiver):
    def redirect(handler):
        handler.send_response(307)
        handler.send_header("Location", receiver.url)
        handler.end_headers()

    receiver.answers = [redirect]
    assert send().log[0]["status_code"] == 307
    assert len(receiver.calls) == 1


def test_nobody_there_is_a_failure_with_a_sentence(waiting, receiver):
    receiver.shutdown()
    receiver.server_close()
    delivery = send()
    assert delivery.log[0]["status_code"] is None
    assert "The connection broke off" in delivery.log[0]["error"]


@pytest.mark.parametrize("drip", [False, True])
def test_who_does_not_answer_is_left_in_time(waiting, receiver, monkeypatch, drip):
    monkeypatch.setattr(sending, "TIMEOUT_S", 0.3)

    is_left, ended = threading.Event(), []

    def dawdle(handler):
        with contextlib.suppress(OSError):  # the client has disconnected
            for _ in range(1200):
                if is_left.wait(0.05):
                    return
                if drip:
                    handler.wfile.write(b"H")
            ended.append("after a minute")

    receiver.answers = [dawdle]
    delivery = send()
    is_left.set()
    assert not ended
    assert delivery.status == "pending"
    assert delivery.log[0]["error"]


def test_a_huge_answer_is_not_read(waiting, receiver):
    def flood(handler):
        handler.send_response(500)
        handler.end_headers()
        try:
            for _ in range(1000):
                handler.wfile.write(b"x" * 100_000)
        except OSError:
            pass

    receiver.answers = [flood]
    assert len(send().log[0]["error"]) < 300


def test_a_private_address_is_refused_when_it_is_called(waiting, receiver, settings):
    settings.WEBHOOK_PRIVATE = False
    assert "private address 127.0.0.1" in send().log[0]["error"]
    assert receiver.calls == []


def test_a_sender_that_died_is_followed_by_another(waiting, receiver):
    dead = delivery_claim()
    assert delivery_claim() is None
    WebhookDelivery.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    assert delivery_claim().id == dead.id


def test_who_was_followed_writes_nothing(waiting, receiver):
    first = delivery_claim()
    make_due()
    second = delivery_claim()
    receiver.answers = [500]
    delivery_send(delivery=first)
    assert WebhookDelivery.objects.get().tries == 0
    delivery_send(delivery=second)
    assert WebhookDelivery.objects.get().status == "delivered"


def test_what_waits_for_an_endpoint_that_is_off_waits(waiting, endpoint):
    endpoint_change(endpoint=endpoint, is_active=False)
    assert delivery_claim() is None
    endpoint_change(endpoint=endpoint, is_active=True)
    assert delivery_claim().id == waiting.id


def test_a_deleted_endpoint_takes_its_log_along(waiting, endpoint):
    endpoint_delete(endpoint=endpoint)
    assert not WebhookDelivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_slow_endpoint_does_not_hold_up_another(endpoint, owner, receiver, monkeypatch):
    quick = endpoint_create(user=owner, url=receiver.url, events=["webhook.test"])
    for _ in range(3):
        endpoint_test(endpoint=endpoint)
    endpoint_test(endpoint=quick)
    receiver.answers = [lambda handler: time.sleep(0.4)]
    monkeypatch.setattr(sending, "POLL_S", 0.01)
    end = time.monotonic() + 60
    sender = Sender(lambda: time.monotonic() > end or WebhookDelivery.objects.filter(tries=0).count() == 0)
    sender.run()
    ids = [headers["X-AudioPod-Event-Id"] for _, headers, _ in receiver.calls]
    assert ids.index(str(quick.deliveries.get().event_id)) <= 1  # whichever of the two came first was slow
    assert len(ids) == len(set(ids)) == 4


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_for_a_moment_stops_no_sender(waiting, receiver, monkeypatch, caplog):
    from django.db import OperationalError

    real, failures = sending.delivery_claim, []

    def claim(**options):
        if not failures:
            failures.append(1)
            raise OperationalError("gone")
        return real(**options)

    monkeypatch.setattr(sending, "delivery_claim", claim)
    monkeypatch.setattr(sending, "POLL_S", 0.01)
    end = time.monotonic() + 60
    Sender(lambda: time.monotonic() > end or bool(receiver.calls)).run()
    assert len(receiver.calls) == 1
    assert "tried again" in caplog.text
