"""The queue as a doorbell: any message in it wakes a worker, and its content is not read."""

import pytest
from django.core.cache import cache
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.cluster import Cluster
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from django_q.status import Stat

from jobs.wakeup import wake_workers
from jobs.worker.brokers import MAKE_NEXT, RING, order_to_make

pytestmark = pytest.mark.django_db


class Planted:
    def __reduce__(self):
        return pytest.fail, ("a pickle was read",)


def test_a_message_is_one_fixed_word():
    wake_workers()
    assert OrmQ.objects.get().payload == RING


@pytest.mark.parametrize("payload", ["nonsense", "signed"])
def test_whatever_lies_there_rings(payload):
    payload = SignedPackage.dumps(Planted()) if payload == "signed" else payload
    OrmQ.objects.create(key="audiomusic", payload=payload, lock=timezone.now())
    [(mark, package)] = get_broker().dequeue()
    assert SignedPackage.loads(package)["func"] == MAKE_NEXT
    get_broker().acknowledge(mark)
    assert not OrmQ.objects.exists()


def test_an_empty_queue_gives_nothing():
    assert not get_broker().dequeue()


def test_the_order_keeps_no_result_and_has_no_time_out():
    order = SignedPackage.loads(order_to_make())
    assert (order["save"], order["timeout"], order["args"], order["kwargs"]) == (False, -1, (), {})


def test_no_statistics_are_pickled():
    broker = get_broker()
    broker.set_stat("django_q:audiomusic:cluster:1", SignedPackage.dumps(Planted()), 3)
    assert cache.get("django_q:audiomusic:cluster") is None
    assert Stat.get_all(broker) == []
    assert Cluster().stat.workers == []
