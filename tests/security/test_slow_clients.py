"""Clients that are slow or stop half-way, over real sockets: they hold up no one but themselves."""

import contextlib
import http.client
import json
import select
import socket
import threading
import time
import urllib.request
from urllib.parse import urlsplit

import psutil
import pytest

from audiomusic.bench.load.slow import SPELLINGS, half_sent
from audiomusic.devtools.scratch_server import HIGH_RATES
from audiomusic.management.commands.serve import WEB_PROCESSES, WEB_THREADS
from audiomusic.server.limits import PIPELINED
from tests.support.prepared import PreparedServer

pytestmark = pytest.mark.e2e

MANY = 3 * WEB_PROCESSES * WEB_THREADS  # three times as many as are processed at once
PATIENCE_S = 60  # the honest client's; a blocked server answers after minutes or never
POST = b"POST /api/v1/music/text2music HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"

#: Creates a song of 30 s and prints its link.
SONG = """
import django; django.setup()
from audiomusic.accounts.models import User
from jobs.storage.links import audio_url
from tests.support.recordings import new_job, recorded, tone
job = new_job(User.objects.get(username="scratch"), format="wav")
recorded(job, samples=tone(30.0))
print(audio_url(job, 1, "wav", base_url="http://127.0.0.1"))
"""


@pytest.fixture(scope="module")
def server(prepared_folder):
    with PreparedServer(prepared_folder, "web", **HIGH_RATES) as running:
        yield running


@pytest.fixture
def connect(server):
    """connect(): a socket to the server; closed at the end."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(socket.create_connection(("127.0.0.1", server.port), PATIENCE_S))


def ask(server, method="GET", path="/api/v1/music/jobs", body=None, headers=None):
    """Return (status, parsed body), using a new connection."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, body, {"X-API-Key": server.key, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def song(server):
    """The path of a finished song, larger than all buffers on its way."""
    url = server.python("-c", SONG)
    return urlsplit(url.strip()).path


def open_files(server):
    """Count the open files of all web processes, sockets included."""
    return sum(each.num_fds() for each in psutil.Process(server.process.pid).children(recursive=True))


def memory(server):
    """Return the memory of all web processes, in bytes."""
    return sum(each.memory_info().rss for each in psutil.Process(server.process.pid).children(recursive=True))


def read_all(connection):
    return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_half_sent_requests_hold_no_thread(server, connect, spelling):
    """The key is valid, so each request would be processed once it is complete."""
    slow = [connect() for _ in range(MANY)]
    for connection in slow:
        connection.sendall(half_sent(spelling, server.key))
    assert ask(server)[0] == 200
    for connection in slow:
        connection.sendall(b"a")  # all are still connected and continue
    assert ask(server, "POST", "/api/v1/music/text2music", json.dumps({"caption": "calm"}))[0] in (200, 415)


def test_answers_that_nobody_reads_hold_no_thread(server, connect):
    """The responses exceed the buffers on both sides."""
    request = f"GET /api/schema HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {server.key}\r\n\r\n".encode()
    for _ in range(MANY):
        connection = connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(request * 10)
    assert ask(server)[0] == 200


def test_songs_that_nobody_reads_hold_up_nobody(server, connect, song):
    """A hundred clients read one byte of a song and then stop; the hundred-and-first receives all of it. When
    they disconnect, what was held for them is released."""
    ask(server)
    before = open_files(server)
    slow = [connect() for _ in range(100)]
    for connection in slow:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(f"GET {song} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert connection.recv(1) == b"H"
    assert open_files(server) >= 200  # a socket and a file each
    assert ask(server)[0] == 200
    with urllib.request.urlopen(server.base_url + song, timeout=PATIENCE_S) as answer:
        assert len(answer.read()) == int(answer.headers["Content-Length"]) > 4_000_000
    for connection in slow:
        connection.close()
    deadline = time.monotonic() + PATIENCE_S
    while open_files(server) > before + 80:  # threads may have opened the database meanwhile
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_next_request_waits_until_the_last_answer_is_taken(server, connect):
    """Each connection asks for thirty large responses: a thread that produced them all would fill memory."""
    request = f"GET /api/schema HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {server.key}\r\n\r\n".encode()
    ask(server)
    before = memory(server)
    for _ in range(MANY):
        connection = connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(request * 30)
    assert ask(server)[0] == 200
    assert memory(server) - before < 150_000_000


def test_no_connection_queues_requests_without_end(server, connect):
    connection = connect()
    connection.sendall(b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 150)
    answers = read_all(connection)
    assert answers.count(b"HTTP/1.1 200 ") == PIPELINED
    assert answers.count(b"HTTP/1.1 400 ") == 1


def test_a_chunk_of_a_terabyte_is_refused_before_much_of_it_is_read(server, connect):
    connection = connect()
    connection.sendall(POST + f"X-API-Key: {server.key}\r\n".encode())
    connection.sendall(b"Transfer-Encoding: chunked\r\n\r\n0FFFFFFFFF\r\n")
    sent = 0
    with contextlib.suppress(OSError):
        while sent < 300_000_000:
            sent += connection.send(b"a" * 65_536)
            if select.select([connection], [], [], 0)[0]:
                break
    assert sent < 100_000_000
    assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "beginning",
    [
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: " + b"a" * 2_000_000,
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + (b"X: " + b"a" * 995 + b"\r\n") * 2_000,
        b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 2_000_000,
        b"Transfer-Encoding: chunked\r\n\r\nff;a=" + b"a" * 2_000_000,
    ],
)
def test_trailers_and_chunk_lines_without_end_are_refused(server, connect, beginning):
    """Anything that is searched again with each new byte must be short."""
    connection = connect()
    with contextlib.suppress(OSError):
        connection.sendall(POST + f"X-API-Key: {server.key}\r\n".encode() + beginning)
    assert connection.recv(100).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "length", [b"Content-Length: 0000000000000000000000000000047", b"Transfer-Encoding: chunked"]
)
def test_zeros_in_front_change_no_length(server, connect, length):
    body = b'{"caption": "calm piano", "instrumental": true}'
    if length.startswith(b"Transfer"):
        body = b"000000000000000000000002f\r\n" + body + b"\r\n0000\r\n\r\n"
    connection = connect()
    connection.sendall(POST + f"X-API-Key: {server.key}\r\nConnection: close\r\n".encode())
    connection.sendall(length + b"\r\n\r\n" + body)
    assert read_all(connection).startswith(b"HTTP/1.1 200 ")


def test_a_request_that_comes_byte_by_byte_is_answered(server, connect):
    connection = connect()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in f"GET /api/v1/music/jobs HTTP/1.0\r\nX-API-Key: {server.key}\r\n\r\n".encode():
        connection.sendall(bytes([byte]))
    assert read_all(connection).startswith(b"HTTP/1.0 200 ")


def test_requests_one_behind_the_other_are_answered_in_turn(server, connect):
    connection = connect()
    key = f"X-API-Key: {server.key}\r\nHost: 127.0.0.1\r\n".encode()
    connection.sendall(b"GET /api/v1/auth/me HTTP/1.1\r\n" + key + b"\r\nGET /api/v1/cre")
    connection.sendall(b"dits HTTP/1.1\r\nConnection: close\r\n" + key + b"\r\n")
    answers = read_all(connection)
    assert answers.count(b"HTTP/1.1 200 ") == 2
    assert answers.index(b'"username"') < answers.index(b'"balance"')


def test_a_body_in_chunks_is_taken(server, connect):
    body = b'{"caption": "calm piano", "instrumental": true}'
    connection = connect()
    connection.sendall(POST + f"X-API-Key: {server.key}\r\nConnection: close\r\n".encode())
    connection.sendall(b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
    assert read_all(connection).startswith(b"HTTP/1.1 200 ")


def test_who_waits_to_be_asked_is_asked_for_the_body(server, connect):
    connection = connect()
    connection.sendall(POST + b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n")
    assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
    connection.sendall(b"{}")
    assert b"HTTP/1.1 401 " in read_all(connection)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 9000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 40_000, b"431"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 200 + b"\r\n", b"431"),
        (POST + b"Content-Length: 99999999999\r\n\r\n", b"413"),
        (POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", b"400"),
        (POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
        (b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-A\x00PI: b\r\n\r\n", b"400"),
        (POST + b"Content-Length: " + b"0" * 5_000 + b"5\r\n\r\nhello", b"400"),
        (POST + b"Content-Length: +5\r\n\r\nhello", b"400"),
        (POST + b"Content-Length: 0x5\r\n\r\nhello", b"400"),
        (POST + b"Content-Length: 5_0\r\n\r\nhello", b"400"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello", b"400"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello", b"400"),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", b"501"),
        (POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n", b"400"),
        (b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", b"400"),
        (b"GET /\r\n\r\n", b"400"),
    ],
)
def test_what_is_too_large_or_no_request_is_refused(connect, request_bytes, status):
    connection = connect()
    connection.sendall(request_bytes)
    head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == status
    assert json.loads(body)["detail"]


def test_a_large_body_is_refused_in_words_however_much_follows(server):
    """The client keeps sending, and finds the response when it is done."""
    status, told = ask(server, "POST", "/api/v1/music/text2music", b"a" * 8_000_000)
    assert (status, told["code"]) == (413, "payload_too_large")


def test_many_honest_clients_at_once_are_all_answered(server):
    statuses = []

    def work():
        statuses.extend(ask(server)[0] for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 5 * MANY
