"""Which clients are disconnected, and that their resources are released: real sockets and a fake clock."""

import contextlib
import io
import socket
import threading
import time

import pytest
from waitress.adjustments import Adjustments
from waitress.buffers import ReadOnlyFileBasedBuffer

from audiomusic.server import limits
from audiomusic.server.channel import Channel

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE = b"a" * 20_000_000  # more than all buffers on its way


class FakeServer:
    """The parts of a server that a channel needs. `asked`: the channels with a request to process."""

    def __init__(self):
        self.active_channels, self.asked, self.adj = {}, [], Adjustments(outbuf_high_watermark=1 << 60)

    def add_task(self, channel):
        if not channel.park():
            self.asked.append(channel)

    def pull_trigger(self):
        pass


@pytest.fixture
def pair():
    """(the server's channel, the client's socket)."""
    server = FakeServer()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        connection, address = listener.accept()
    channel = Channel(server, connection, address, server.adj, map={})
    yield channel, client
    client.close()
    if channel.connected:
        channel.cut_off()


def in_(seconds):
    return time.monotonic() + seconds


def test_a_new_connection_says_something_soon(pair):
    channel, _ = pair
    assert not channel.is_overdue(in_(limits.FIRST_BYTE_S - 1))
    assert channel.is_overdue(in_(limits.FIRST_BYTE_S + 1))


@pytest.mark.parametrize("beginning", [b"G", GET[:-1], b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"])
def test_a_request_that_began_is_whole_in_time_however_often_a_byte_comes(pair, beginning, monkeypatch):
    channel, _ = pair
    channel.received(beginning)
    deadline = in_(limits.REQUEST_S + 1)
    assert not channel.is_overdue(in_(limits.REQUEST_S - 1))
    monkeypatch.setattr(time, "monotonic", lambda: deadline - 2)
    channel.received(b"a")
    assert channel.is_overdue(deadline)


def test_empty_lines_are_no_request(pair):
    channel, _ = pair
    channel.received(b"\r\n\r\n" * 10)
    assert channel.is_overdue(in_(limits.FIRST_BYTE_S + 1))


def test_an_answer_may_take_its_time_to_be_thought_of(pair):
    channel, _ = pair
    channel.received(GET)
    assert channel.server.asked == [channel]
    assert not channel.is_overdue(in_(3600))


def test_a_client_that_takes_nothing_is_disconnected(pair):
    channel, _ = pair
    channel.write_soon(LARGE)
    assert not channel.is_overdue(in_(limits.STALLED_S - 1))
    assert channel.is_overdue(in_(limits.STALLED_S + 1))


@pytest.mark.parametrize(
    ("lasts_s", "taken", "is_overdue"),
    [
        (limits.START_S - 1, 0, False),
        (limits.START_S + 10, 9 * limits.LEAST_BYTES_S, True),
        (limits.START_S + 10, 11 * limits.LEAST_BYTES_S, False),
        (3600, 50_000_000, False),
        (7200, 50_000_000, True),
    ],
)
def test_a_client_that_takes_too_little_is_disconnected(pair, lasts_s, taken, is_overdue):
    channel, _ = pair
    channel.write_soon(LARGE)
    now = time.monotonic()
    channel.sending_since, channel.taken_at, channel.taken_bytes = now - lasts_s, now, taken
    assert channel.is_overdue(now) is is_overdue


def test_no_thread_waits_until_an_answer_is_taken(pair):
    channel, _ = pair
    for _ in range(3):
        channel.write_soon(LARGE)  # must not block here
    assert channel.total_outbufs_len > 2 * len(LARGE)


def test_a_connection_that_is_cut_off_closes_the_file_it_was_sent(pair):
    channel, _ = pair
    file = io.BytesIO(LARGE)
    body = ReadOnlyFileBasedBuffer(file)
    body.prepare()
    channel.write_soon(body)
    assert channel.total_outbufs_len > 0 and not file.closed
    channel.cut_off()
    assert file.closed and not channel.connected


def test_the_next_request_waits_until_the_last_answer_is_taken(pair):
    channel, client = pair
    channel.received(GET)
    channel.write_soon(LARGE)
    channel.server.add_task(channel)
    assert channel.server.asked == [channel]
    taken = 0
    while channel.total_outbufs_len:
        assert channel.server.asked == [channel]
        taken += len(client.recv(1 << 20))
        channel.handle_write()
    assert channel.server.asked == [channel, channel]


def test_one_client_is_sent_so_much_in_one_turn(pair):
    channel, client = pair

    def take_all():
        with contextlib.suppress(OSError):
            while client.recv(1 << 20):
                pass

    taker = threading.Thread(target=take_all)
    taker.start()
    channel.write_soon(LARGE)
    left = channel.total_outbufs_len
    channel.handle_write()
    assert left - channel.total_outbufs_len <= limits.TURN_BYTES + limits.SEND_BYTES
    channel.cut_off()
    taker.join()


def test_after_the_last_answer_what_still_comes_is_read_for_a_moment(pair):
    channel, client = pair
    client.sendall(b"more" * 10_000)
    channel.write_soon(b"answer")
    channel.close_when_flushed = True
    channel.handle_write()
    assert channel.readable() and not channel.writable()
    assert client.recv(100) == b"answer"
    assert client.recv(100) == b""
    channel.handle_read()
    assert not channel.requests and channel.request is None
    assert not channel.is_overdue(in_(limits.LINGER_S - 1))
    assert channel.is_overdue(in_(limits.LINGER_S + 1))
