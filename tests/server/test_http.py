"""The web server's loop, with real sockets and an application that responds on command."""

import http.client
import socket
import threading
import time
from types import SimpleNamespace

import pytest

from audiomusic.server import limits
from audiomusic.server.http import make_server, open_listener


@pytest.fixture
def running():
    """A server in a thread. `may_answer`: an event that its application waits for."""
    listener = open_listener("127.0.0.1", 0)
    may_answer = threading.Event()

    def application(environ, start_response):
        may_answer.wait(30)
        start_response("200 OK", [("Content-Length", "4")])
        return [b"done"]

    server = make_server(application, listener, threads=2, name="localhost")
    thread = threading.Thread(target=server.run)
    thread.start()
    yield SimpleNamespace(server=server, may_answer=may_answer, thread=thread, port=listener.getsockname()[1])
    may_answer.set()
    server.stop(0, None)
    thread.join(30)
    listener.close()


def test_a_stopping_server_answers_what_was_asked(running):
    asked = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    asked.request("GET", "/")
    idle = socket.create_connection(("127.0.0.1", running.port), 30)
    while not any(each.requests for each in list(running.server.active_channels.values())):
        time.sleep(0.01)
    running.server.stop(0, None)
    assert idle.recv(1) == b""
    running.may_answer.set()
    assert asked.getresponse().read() == b"done"
    asked.close()
    running.thread.join(30)
    assert not running.thread.is_alive()
    idle.close()


def test_a_stopping_server_waits_for_no_client_without_end(running, monkeypatch):
    monkeypatch.setattr(limits, "GRACEFUL_STOP_S", 0.5)
    half = socket.create_connection(("127.0.0.1", running.port), 30)
    half.sendall(b"GET / HT")
    while not any(each.request for each in list(running.server.active_channels.values())):
        time.sleep(0.01)
    running.server.stop(0, None)
    running.thread.join(30)
    assert not running.thread.is_alive()
    half.close()


def test_those_that_are_overdue_are_disconnected():
    with open_listener("127.0.0.1", 0) as listener:
        server = make_server(lambda environ, start: [], listener, threads=1, name="localhost")
        client = socket.create_connection(listener.getsockname())
        while not server.active_channels:
            server._loop_once(0.1)
        [channel] = server.active_channels.values()
        channel.idle_since -= limits.FIRST_BYTE_S + 1
        server.maintenance(time.time())
        assert client.recv(1) == b""
        assert not server.active_channels
        client.close()
        server.task_dispatcher.shutdown(timeout=1)


def test_every_address_of_this_machine_includes_those_of_ipv4():
    with open_listener("::", 0) as listener:
        listener.listen()
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with socket.socket(family) as client:
                client.connect((host, listener.getsockname()[1]))
