"""Which clients are left, and that what held for them is let go: real sockets, and a clock that is told."""

import selectors
import socket
import threading
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from audiomusic import patient_worker
from audiomusic.patient_worker import CROWDED_S, LEAST_BYTES_S, START_S, Connection, PatientWorker, Reply

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
NOW = 1_000_000.0


@pytest.fixture
def pair():
    """The server's end of a connection, and the client's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, address = listener.accept()
    connection = Connection(Config(), server, address, server.getsockname())
    yield connection, client
    server.close()
    client.close()


@pytest.fixture
def worker():
    """Its loop's state without its loop. `asked`: the connections whose request was handed over."""
    worker = PatientWorker.__new__(PatientWorker)
    worker.reading, worker.sending, worker.asked = set(), {}, []
    worker.poller = selectors.DefaultSelector()
    worker.enqueue_req = worker.asked.append
    yield worker
    worker.poller.close()


def fill(connection):
    """As much as the client does not take."""
    connection.sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        while True:
            connection.sock.send(b"a" * 65_536)


def reply(worker, connection=None, *, began_at, sent):
    body = Reply(SimpleNamespace(sent=sent), [])
    body.began_at = began_at
    worker.sending[body] = connection
    return body


@pytest.mark.parametrize(
    ("lasts_s", "sent", "is_left"),
    [
        (START_S - 1, 0, False),
        (START_S + 10, 9 * LEAST_BYTES_S, True),
        (START_S + 10, 11 * LEAST_BYTES_S, False),
        (3600, 50_000_000, False),
        (7200, 50_000_000, True),
    ],
)
def test_who_takes_too_little_is_left(worker, lasts_s, sent, is_left):
    slow = reply(worker, began_at=NOW - lasts_s, sent=sent)
    assert worker._slow_replies(NOW) == ({slow} if is_left else set())


def test_where_some_wait_the_slowest_go_and_no_more_of_them(worker, monkeypatch):
    monkeypatch.setattr(patient_worker, "SENDERS", 4)
    slow = reply(worker, began_at=NOW - CROWDED_S - 1, sent=1_000)
    slower = reply(worker, began_at=NOW - CROWDED_S - 1, sent=10)
    reply(worker, began_at=NOW - CROWDED_S - 1, sent=1_000_000)
    reply(worker, began_at=NOW - CROWDED_S + 1, sent=0)  # it has hardly begun
    assert worker._slow_replies(NOW) == set()
    reply(worker, began_at=None, sent=0)
    assert worker._slow_replies(NOW) == {slower}
    reply(worker, began_at=None, sent=0)
    assert worker._slow_replies(NOW) == {slow, slower}


def test_whoever_waits_for_a_client_is_freed_and_its_file_closed(worker, pair):
    connection, client = pair
    connection.sock.setblocking(True)
    closed, results, response = threading.Event(), [], SimpleNamespace(sent=0)
    response.write = lambda piece: connection.sock.sendall(piece)

    class Body:
        def __iter__(self):
            return iter(lambda: b"a" * 65_536, b"")

        def close(self):
            closed.set()

    endless = Reply(response, Body())
    sender = threading.Thread(target=lambda: results.append(endless.send_apart()))
    sender.start()
    while connection.can_take():
        pass
    worker._cut_off(connection)
    sender.join()
    assert results == [False]
    assert closed.is_set()


def test_the_next_request_waits_until_the_last_answer_was_taken(worker, pair):
    connection, client = pair
    fill(connection)
    connection.take(GET)
    worker._go_on(connection)
    assert worker.asked == []
    assert worker.poller.select(0) == []
    while not (ready := worker.poller.select(0)):
        client.recv(65_536)
    ready[0][0].data(connection.sock)
    assert worker.asked == [connection]
    assert worker.reading == set()


def test_who_never_takes_it_is_left(worker, pair, monkeypatch):
    connection, client = pair
    worker.nr_conns = 1
    fill(connection)
    connection.take(GET)
    worker._go_on(connection)
    monkeypatch.setattr(patient_worker.time, "monotonic", lambda: connection.deadline + 1)
    worker.murder_pending()
    assert (worker.nr_conns, worker.reading, connection.sock.fileno()) == (0, set(), -1)


def test_whose_last_answer_is_taken_need_not_wait(worker, pair):
    connection, _ = pair
    connection.take(GET)
    worker._go_on(connection)
    assert worker.asked == [connection]
