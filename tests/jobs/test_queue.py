"""Messages that say "look at the Job table" are signed; one that no key of today signed costs nothing."""

import queue
import threading

import pytest
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.pusher import pusher
from django_q.signing import SignedPackage

from jobs.making import leases_sweep
from jobs.models import Job, Status

pytestmark = pytest.mark.django_db(transaction=True)


def push_once():
    """Take what lies in the queue, as a cluster does: what would come to its workers."""
    taken, stop = queue.Queue(), threading.Event()
    stop.set()
    pusher(taken, stop, broker=get_broker())
    return [taken.get_nowait() for _ in range(taken.qsize())]


def test_a_message_signed_with_an_old_key_is_sent_again_by_the_sweep(make_job, monkeypatch):
    make_job()
    OrmQ.objects.all().delete()
    monkeypatch.setattr(Conf, "SECRET_KEY", "o" * 50)
    get_broker().enqueue(SignedPackage.dumps({"func": "jobs.tasks.make_next"}))
    monkeypatch.undo()

    assert push_once() == []
    assert Job.objects.get().status == Status.PENDING
    leases_sweep()
    [message] = push_once()
    assert message["func"] == "jobs.tasks.make_next"
