"""Drafts whose lyrics the language model writes: ordered by a web process, written while songs are made."""

import threading

import pytest
from django.db import connections

from jobs.drafts import orders
from jobs.drafts.models import DraftOrder
from jobs.drafts.orders import order_claim
from jobs.heartbeat import heartbeat_write
from jobs.models import Job
from jobs.worker.threads import draft_writer
from jobs.worker.threads.draft_writer import DraftWriter
from tests.support import language_model_server as fake

pytestmark = pytest.mark.django_db(transaction=True)
MIA = {"query": "a birthday song for my sister Mia, who loves cats and disco", "seed": 7}


@pytest.fixture
def server(settings):
    with fake.LanguageModelServer() as server:
        settings.LLM_URL, settings.LLM_MODEL, settings.LLM_TIMEOUT_S = server.url, fake.MODEL, "10"
        yield server


@pytest.fixture
def worker(monkeypatch):
    """A worker's draft thread. It works even before its process has begun a song."""
    monkeypatch.setattr(draft_writer, "POLL_S", 0.05)
    heartbeat_write()
    stop = threading.Event()

    def run():
        DraftWriter(stop.is_set).run()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def draft(client_of, owner):
    def ask(**body):
        answer = client_of(owner).post("/api/v1/music/draft", body)
        assert answer.status_code == 200, answer.content
        return answer.json()

    return ask


def test_the_language_model_writes_the_words(server, worker, draft):
    found = draft(**MIA)
    assert found["written_by"] == fake.MODEL and found["lyrics"] == fake.LYRICS
    assert found["title"] == "Mia's Disco" and found["keyscale"] == "A Minor" and found["bpm"] == 118
    assert found["request"]["lyrics"] == fake.LYRICS and found["not_applied"] == {}
    assert found["caption"] == MIA["query"]  # it names a genre, so the model adds none
    assert not DraftOrder.objects.exists() and not Job.objects.exists()


def test_a_wish_without_a_style_gets_one_and_stays(server, worker, draft):
    assert draft(query="a song for Mia", seed=7)["caption"] == "funk, warm bass, handclaps, a song for Mia"


def test_what_the_wish_says_wins_over_the_model(server, worker, draft):
    found = draft(query="a song for Mia at 92 bpm in D major", timesignature="3/4", seed=7)
    assert (found["bpm"], found["keyscale"], found["timesignature"]) == (92, "D Major", "3/4")


def test_own_words_are_not_sent_to_it(server, worker, draft):
    assert draft(caption="disco", lyrics="[Verse]\nHello there")["written_by"] is None
    assert draft(caption="disco", instrumental=True)["written_by"] is None
    assert server.requests == []


def test_what_fails_is_told_and_written_here(server, worker, draft):
    server.answers = fake.refusing(500)
    found = draft(**MIA)
    assert found["written_by"] == "built-in" and found["lyrics"]
    assert "status 500" in found["not_applied"]["language_model"]


def test_a_late_one_is_not_waited_for_beyond_its_time(server, worker, draft, settings, monkeypatch):
    monkeypatch.setattr(orders, "GRACE_S", 0.2)
    server.answers, settings.LLM_TIMEOUT_S = fake.late(60), "1"
    found = draft(**MIA)
    assert found["written_by"] == "built-in" and found["not_applied"]["language_model"]
    assert not DraftOrder.objects.exists()


def test_without_a_worker_nobody_waits(server, draft):
    found = draft(**MIA)
    assert found["written_by"] == "built-in" and orders.NOBODY in found["not_applied"]["language_model"]


def test_no_more_than_a_few_wait(server, draft):
    heartbeat_write()
    for _ in range(orders.MAX_WAITING):
        DraftOrder.objects.create(request={})
    assert orders.BUSY in draft(**MIA)["not_applied"]["language_model"]


def test_what_nobody_waits_for_is_thrown_away(settings, server):
    DraftOrder.objects.create(request={})
    DraftOrder.objects.update(created_at="2020-01-01T00:00:00Z")
    assert order_claim() is None and not DraftOrder.objects.exists()


def test_one_order_is_taken_once(server):
    order = DraftOrder.objects.create(request={})
    assert order_claim() == order and order_claim() is None
