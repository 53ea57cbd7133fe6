"""One sender for a user at a time, across all workers, and users take turns."""

import socket
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from jobs.webhooks import sending, turns
from jobs.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookTurn
from jobs.webhooks.sending import Sender, delivery_send
from jobs.webhooks.services import delivery_redeliver, endpoint_create, endpoint_delete, endpoint_test
from jobs.webhooks.turns import delivery_claim

pytestmark = pytest.mark.django_db(transaction=True)
SILENT_ENDPOINTS = 20
TIMEOUT_S = 60  # for a busy machine


class SilentReceiver:
    """A server that accepts connections and never responds."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/hook"
        self.taken = []
        self.taking = threading.Thread(target=self._take, daemon=True)
        self.taking.start()

    def _take(self):
        try:
            while True:
                self.taken.append(self.listener.accept()[0])
        except OSError:
            pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # `close` alone does not wake a blocked `accept`
        self.taking.join()
        self.listener.close()
        for taken in self.taken:
            taken.close()


@pytest.fixture
def silent(receiver):
    one = SilentReceiver()
    yield one
    one.close()
    for thread in threading.enumerate():
        if thread.name == "webhook":
            thread.join(TIMEOUT_S)


@pytest.fixture
def hooks(receiver):
    """hooks(user, count, url): create this many endpoints, with one event to send to each."""

    def make(user, count=1, url=receiver.url):
        made = [endpoint_create(user=user, url=url, events=["webhook.test"]) for _ in range(count)]
        return [endpoint_test(endpoint=endpoint) for endpoint in made]

    return make


def note(delivery):
    """Record a successful delivery."""
    entry = {"at": "", "status_code": 200, "error": None, "duration_ms": 1}
    assert sending._note(delivery, entry)


def owner_of(delivery):
    return delivery and delivery.endpoint.user.username


def wait_until(is_so, seconds=TIMEOUT_S):
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.02)
    return is_so()


def test_twenty_silent_receivers_of_one_user_hold_up_nobody(
    owner, other, hooks, silent, receiver, monkeypatch
):
    """These calls outlast the test: any call beside the first would occupy another sender."""
    monkeypatch.setattr(sending, "TIMEOUT_S", 600)
    monkeypatch.setattr(turns, "CLAIMED_FOR", timedelta(seconds=600))
    hooks(owner, SILENT_ENDPOINTS, silent.url)
    is_over = threading.Event()
    workers = [threading.Thread(target=Sender(is_over.is_set).run) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        assert wait_until(lambda: silent.taken)
        wait_until(lambda: len(silent.taken) > 1, seconds=0.5)  # time for a second call, if one were allowed
        hooks(other, 3)
        assert wait_until(lambda: len(receiver.calls) == 3)
        assert len(silent.taken) == 1
    finally:
        is_over.set()
        for worker in workers:
            worker.join()


def test_a_user_has_one_sender_no_matter_who_asks(owner, hooks):
    hooks(owner, 3)
    first = delivery_claim()
    assert delivery_claim() is None
    note(first)
    assert delivery_claim().id != first.id


def test_of_many_who_claim_at_once_one_gets_it(owner, other, hooks):
    hooks(owner, 4)
    hooks(other, 4)
    gate, claimed = threading.Barrier(6), []

    def claim():
        try:
            gate.wait()
            claimed.append(delivery_claim())
        finally:
            connection.close()

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A claim that collides with another gives way; no user's turn is given twice.
    owners = [each.endpoint.user_id for each in claimed if each]
    assert len(owners) == len(set(owners)) >= 1
    WebhookTurn.objects.get(user=owners[0])


def test_a_user_without_a_turn_is_given_one(owner, hooks):
    """Their endpoints may be older than the table of turns."""
    hooks(owner)
    WebhookTurn.objects.all().delete()
    assert delivery_claim() is not None
    assert WebhookTurn.objects.get().user == owner


def test_a_failure_ends_the_turn_too(owner, hooks):
    hooks(owner, 2)
    first = delivery_claim()
    entry = {"at": "", "status_code": 500, "error": "so it is", "duration_ms": 1}
    assert sending._note(first, entry) is False
    assert delivery_claim().id != first.id


def test_a_sender_that_died_frees_its_turn_in_time(owner, hooks):
    hooks(owner, 2)
    dead = delivery_claim()
    assert delivery_claim() is None
    past = timezone.now() - timedelta(seconds=1)
    WebhookDelivery.objects.filter(id=dead.id).update(next_try_at=past)
    WebhookTurn.objects.update(until=past)
    assert delivery_claim() is not None


def test_a_turn_whose_delivery_went_is_over(owner, hooks):
    hooks(owner, 2)
    endpoint_delete(endpoint=delivery_claim().endpoint)
    assert delivery_claim() is not None


def test_in_one_worker_a_user_stays_with_one_sender_even_if_it_is_asked_again(owner, hooks, silent):
    """Redelivery makes an event due while it is being sent; the sender's own state holds it back."""
    [delivery] = hooks(owner, 1, silent.url)
    sender = Sender(lambda: False)
    assert sender.send_next()
    delivery_redeliver(delivery=delivery)
    assert not sender.send_next()
    connections.close_all()


def test_users_take_turns_however_much_one_has_waiting(owner, other, hooks):
    hooks(owner, 6)
    hooks(other, 2)
    order = []
    for _ in range(8):
        delivery = delivery_claim()
        order.append(owner_of(delivery))
        note(delivery)
    assert order == ["olive", "otto", "olive", "otto", "olive", "olive", "olive", "olive"]


def test_of_one_user_the_endpoints_take_turns(owner, hooks):
    [busy, quiet] = [delivery.endpoint for delivery in hooks(owner, 2)]
    for _ in range(3):
        endpoint_test(endpoint=busy)
    order = []
    for _ in range(5):
        delivery = delivery_claim()
        order.append(delivery.endpoint_id)
        note(delivery)
    assert order == [busy.id, quiet.id, busy.id, busy.id, busy.id]


def test_new_events_come_before_repeated_ones(owner, hooks):
    repeated, new = hooks(owner, 2)
    WebhookDelivery.objects.filter(id=repeated.id).update(tries=2)
    assert delivery_claim().id == new.id


def test_a_claim_waits_for_no_row_that_somebody_holds(owner, other, hooks):
    """PostgreSQL only, because SQLite has no row locks."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no row locks")
    from tests.jobs.worker.test_held_rows import held

    hooks(owner, 1)
    hooks(other, 1)
    with held(WebhookTurn.objects.filter(user=owner)):
        assert owner_of(delivery_claim()) == "otto"
        assert delivery_claim() is None
    assert owner_of(delivery_claim()) == "olive"


def test_what_is_sent_is_noted_with_the_endpoint(owner, hooks, receiver):
    hooks(owner)
    assert delivery_send(delivery=delivery_claim())
    assert WebhookEndpoint.objects.get().called_at is not None
