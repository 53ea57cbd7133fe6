"""A thousand clients at once that send half a request or read a response byte by byte: their effect on all
other clients, and their cost in memory.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from itertools import cycle
from urllib.parse import urlsplit

import psutil

from audiomusic.bench.api.http_load import Call, Client, Load
from audiomusic.bench.report import Report
from audiomusic.devtools.scratch_server import HIGH_RATES, ScratchServer

HALF_SENT, READERS = 500, 500
CLIENTS = 8  # normal clients beside them
ROUND_S = 3.0  # the interval at which a slow client sends or reads a byte
REQUESTS, REQUESTS_S = 800, 10.0  # per normal call, and the most seconds for all of them
RATE_S = 10.0
P95_MS = 300
GROWTH_MB = 60  # of all processes together: 60 kB per slow client
SONG = {
    "prompt": "calm piano",
    "lyrics": "[inst]",
    "audio_duration": 60,
    "instrumental": True,
    "format": "wav",
}

_POST = "POST /api/v1/music/text2music HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {key}\r\n"
_CHUNKED = _POST + "Transfer-Encoding: chunked\r\n\r\n"

#: The ways to send half a request. The key is valid, so the body matters.
SPELLINGS: dict[str, str] = {
    "nothing": "",
    "half a request line": "GET /api/v1/mus",
    "half the headers": _POST + "X-Request",
    "half a body": _POST + "Content-Length: 5000\r\n\r\n{{",
    "a length with zeros in front": _POST + "Content-Length: 0000000000000005000\r\n\r\n{{",
    "a length with a hundred zeros": _POST + "Content-Length: " + "0" * 100 + "5000\r\n\r\n{{",
    "half a chunk": _CHUNKED + "ff\r\n{{",
    "a chunk with zeros in front": _CHUNKED + "0000000ff\r\n{{",
    "a chunk with an extension": _CHUNKED + "FF;name=value\r\n{{",
    "half a trailer": _CHUNKED + "2\r\n{{}}\r\n0\r\nX-Half: ",
}


def half_sent(name: str, key: str) -> bytes:
    return SPELLINGS[name].format(key=key).encode()


class SlowClient:
    """Holds one connection as long as the server allows, then opens another."""

    def __init__(self, port: int, beginning: bytes, *, reads: bool) -> None:
        self.port, self.beginning, self.reads = port, beginning, reads
        self.times_opened = 0
        self.connection: socket.socket | None = None

    def step(self) -> None:
        """Send or read one more byte, or reconnect if the server has closed the connection."""
        try:
            if self.connection is None:
                self._open()
            elif self.reads:
                if not self.connection.recv(1):
                    raise ConnectionResetError
            else:
                self.connection.send(b"a")
        except BlockingIOError:
            pass
        except OSError:
            self.close()

    def _open(self) -> None:
        self.times_opened += 1
        self.connection = socket.socket()
        self.connection.settimeout(30)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.connection.connect(("127.0.0.1", self.port))
        self.connection.sendall(self.beginning)
        self.connection.setblocking(False)

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


@contextlib.contextmanager
def at_work(clients: Sequence[SlowClient]) -> Iterator[None]:
    """Connect all clients, and keep them working until the end of the block."""
    is_over = threading.Event()
    for client in clients:
        client.step()

    def work() -> None:
        while not is_over.wait(ROUND_S):
            for client in clients:
                client.step()
            for client in clients:
                if client.connection is None:
                    client.step()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        for client in clients:
            client.close()


def run() -> Report:
    report = Report()
    _raise_file_limit()
    with ScratchServer(database_url=None, folder=None, **HIGH_RATES) as server:
        measure(server, report, half_sent_count=HALF_SENT, readers=READERS)
    return report


def measure(server: ScratchServer, report: Report, *, half_sent_count: int, readers: int) -> None:
    """Add the results of normal clients beside this many slow ones."""
    job_id, song = _make_song(server)
    calls = {
        "sign_in": Call("sign_in", ["/sign-in"]),
        "status": Call("status", [f"/api/v1/music/jobs/{job_id}/status"]),
    }
    _add_times(report, server, calls, "alone")
    before = rss_mb(server)
    report.add("slow_rss_before_mb", before)
    clients = _slow_clients(server, song, half_sent_count, readers)
    with at_work(clients):
        _add_times(report, server, calls, "beside", at_most=P95_MS)
        report.add("slow_rss_growth_mb", rss_mb(server) - before, at_most=GROWTH_MB)
        connected = sum(client.connection is not None for client in clients)
        report.add("slow_connected", connected, at_least=0.9 * len(clients))
    report.add("slow_opened", sum(client.times_opened for client in clients))
    report.add("slow_rss_after_mb", rss_mb(server))


def _slow_clients(server: ScratchServer, song: str, half_sent_count: int, readers: int) -> list[SlowClient]:
    names = cycle(SPELLINGS)
    request = f"GET {song} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    return [
        SlowClient(server.port, half_sent(next(names), server.key), reads=False)
        for _ in range(half_sent_count)
    ] + [SlowClient(server.port, request, reads=True) for _ in range(readers)]


def _add_times(
    report: Report, server: ScratchServer, calls: dict[str, Call], when: str, at_most: float | None = None
) -> None:
    load = Load(server.port, server.key, requests=REQUESTS, seconds=REQUESTS_S)
    for name, call in calls.items():
        _say(f"{name}, {when}")
        timing = load.measure(call, clients=CLIENTS)
        report.add(f"slow_{when}_{name}_p50_ms", timing.p50_ms)
        report.add(f"slow_{when}_{name}_p95_ms", timing.p95_ms, at_most=at_most)
    report.add(f"slow_{when}_status_per_s", requests_per_s(server, calls["status"], seconds=RATE_S))


def requests_per_s(server: ScratchServer, call: Call, *, seconds: float) -> float:
    counts: list[int] = []

    def work() -> None:
        client = Client(server.port, server.key)
        counts.append(len(client.time(call, cycle(call.paths), sys.maxsize, seconds)))
        client.close()

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def rss_mb(server: ScratchServer) -> float:
    """Return the memory of all web processes together."""
    assert server.process is not None
    children = psutil.Process(server.process.pid).children(recursive=True)
    web = [each for each in children if any("audiomusic.server" in part for part in each.cmdline())]
    return float(sum(each.memory_info().rss for each in web)) / 1e6


def _make_song(server: ScratchServer) -> tuple[int, str]:
    """Return (job ID, path of a file that is larger than all buffers on its way)."""
    status, answer = server.call("POST", "/api/v1/music/text2music", SONG)
    if status != 200:
        raise RuntimeError(f"Expected 200 for a new song, got {status}: {answer}")
    job = server.wait_for(answer["job"]["id"], "COMPLETED", timeout_s=300)
    return job["id"], urlsplit(job["output_url"]).path


def _raise_file_limit() -> None:
    """A thousand connections need a thousand open files on this side too."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
