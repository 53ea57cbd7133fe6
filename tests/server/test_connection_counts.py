"""Two servers on one socket share its connections, and neither waits long for the other."""

import contextlib
import http.client
import socket
import threading
import time
from types import SimpleNamespace

import pytest

from audiomusic.server import http as web
from audiomusic.server.connection_counts import ConnectionCounts, open_counts


def application(environ, start_response):
    start_response("200 OK", [("Content-Length", "4")])
    return [b"done"]


@contextlib.contextmanager
def serving(listener, counts):
    server = web.make_server(application, listener, threads=2, name="localhost")
    server.counts = counts
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop(0, None)
        thread.join(30)


@pytest.fixture
def shared():
    """A listener on a free port, and the file of connection counts."""
    with web.open_listener("127.0.0.1", 0) as listener, open_counts(2) as file:
        yield SimpleNamespace(listener=listener, file=file, port=listener.getsockname()[1])


@pytest.fixture
def connect(shared):
    opened = []

    def connect():
        connection = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=30)
        opened.append(connection)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"done"
        return connection

    yield connect
    for connection in opened:
        connection.close()


def test_each_sees_the_others_number(shared):
    one, two = (ConnectionCounts(shared.file.fileno(), place) for place in (0, 1))
    one.mine = 7
    assert (one.mine, one.fewest_of_others) == (7, 0)
    assert (two.mine, two.fewest_of_others) == (0, 7)
    assert ConnectionCounts(shared.file.fileno(), 0).mine == 0  # its successor starts at zero
    assert two.fewest_of_others == 0


def test_one_alone_has_no_others():
    with open_counts(1) as file:
        assert ConnectionCounts(file.fileno(), 0).fewest_of_others is None


def test_connections_go_to_the_one_with_fewer(shared, connect, monkeypatch):
    """They take turns, as if each woke up first every other time."""
    monkeypatch.setattr(web, "LEAVE_S", 30.0)
    servers = []
    for place, listener in enumerate((shared.listener, shared.listener.dup())):
        servers.append(web.make_server(application, listener, threads=1, name="localhost"))
        servers[place].counts = ConnectionCounts(shared.file.fileno(), place)
    clients = [socket.create_connection(("127.0.0.1", shared.port), 30) for _ in range(8)]
    while sum(len(server.active_channels) for server in servers) < 8:
        for server in (servers[0], *servers):  # the first is twice as fast
            server._loop_once(0.001)
    assert [len(server.active_channels) for server in servers] == [4, 4]
    for each in (*clients, servers[1]):
        each.close()
    for server in servers:
        server.task_dispatcher.shutdown(timeout=1)


def test_what_no_other_takes_is_taken(shared, connect):
    """The other has died or is busy: its count stays, and it accepts nothing."""
    with serving(shared.listener, ConnectionCounts(shared.file.fileno(), 0)) as server:
        for _ in range(8):
            connect()
        assert len(server.active_channels) == 8


def test_a_closed_connection_counts_no_more(shared, connect):
    counts = ConnectionCounts(shared.file.fileno(), 0)
    with serving(shared.listener, counts):
        first, _ = connect(), connect()
        assert counts.mine == 2
        first.close()
        deadline = time.monotonic() + 30
        while counts.mine != 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert counts.mine == 1


def test_the_numbers_leave_no_file(shared):
    assert isinstance(shared.file.name, int)
