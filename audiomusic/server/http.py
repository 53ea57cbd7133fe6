"""The web server process: waitress on a socket that the supervisor opened."""

from __future__ import annotations

import gc
import resource
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer

from audiomusic.server import limits
from audiomusic.server.channel import Channel
from audiomusic.server.connection_counts import ConnectionCounts

LEAVE_S = 0.02  # how long a new connection is left to a process with fewer connections
MISSES = 8  # after this many connections in a row that no other process accepted …
TAKE_ALL_S = 1.0  # … this process accepts all of them for this long
LOOP_S = 1.0  # the longest pause of the loop, which also looks for overdue connections
NEVER = 1 << 62


class WebServer(TcpWSGIServer):  # type: ignore[misc]
    """Receives requests in one loop, passes complete ones to its threads, and sends the responses."""

    channel_class = Channel
    is_stopping = False
    counts: ConnectionCounts | None = None
    _left_until = 0.0  # until then, new connections are left to another process
    _left_to = 0  # the number of connections that process had at the time
    _misses = 0
    _takes_all_until = 0.0

    def maintenance(self, now: float) -> None:
        """Disconnect each client whose time is up. waitress calls this once a second."""
        clock = time.monotonic()
        for channel in list(self.active_channels.values()):
            if channel.is_overdue(clock):
                channel.cut_off()

    def readable(self) -> bool:
        is_open: bool = super().readable()
        return is_open and not self._is_leaving()

    def handle_accept(self) -> None:
        """Leave a connection to the process with the fewest, but only briefly: it may be busy or dead."""
        if not self._leaves():
            super().handle_accept()
            self._count()

    def _is_leaving(self) -> bool:
        """Return whether the other process still has time to accept, and has accepted nothing."""
        if not self.counts or time.monotonic() >= self._left_until:
            return False
        return self.counts.fewest_of_others == self._left_to

    def _leaves(self) -> bool:
        fewest = self.counts.fewest_of_others if self.counts else None
        now = time.monotonic()
        if fewest is None or len(self.active_channels) <= fewest or now < self._takes_all_until:
            self._left_until = 0.0
            return False
        if self._left_until and fewest == self._left_to and now - self._left_until < LOOP_S:
            self._left_until, self._misses = 0.0, self._misses + 1
            if self._misses >= MISSES:
                self._misses, self._takes_all_until = 0, now + TAKE_ALL_S
            return False
        if fewest != self._left_to:
            self._misses = 0
        self._left_until, self._left_to = now + LEAVE_S, fewest
        return True

    def _count(self) -> None:
        if self.counts:
            self.counts.mine = len(self.active_channels)

    def add_task(self, task: Channel) -> None:
        if not task.park():
            super().add_task(task)

    def stop(self, number: int, frame: FrameType | None) -> None:
        self.is_stopping = True
        self.pull_trigger()  # wakes the loop up

    def run(self) -> None:
        while not self.is_stopping:
            self._loop_once(LOOP_S)
        self._finish()

    def _loop_once(self, timeout_s: float) -> None:
        self._count()
        left_s = self._left_until - time.monotonic()
        if left_s > 0:
            timeout_s = min(timeout_s, max(0.001, left_s))
        wasyncore.loop(timeout=timeout_s, use_poll=True, map=self._map, count=1)

    def _finish(self) -> None:
        """Accept no more connections, and answer the pending requests."""
        self.accepting = False
        deadline = time.monotonic() + limits.GRACEFUL_STOP_S
        while time.monotonic() < deadline:
            for channel in list(self.active_channels.values()):
                if channel.is_idle:
                    channel.handle_close()
            if not self.active_channels:
                break
            self._loop_once(0.1)
        self.task_dispatcher.shutdown(timeout=0.1)


def make_server(
    application: Callable[..., Any], listener: socket.socket, *, threads: int, name: str, prefix: str = ""
) -> WebServer:
    """Create the server. `prefix` is the path at the start of public URLs: a proxy may pass it on, and then
    it is removed from the path that the application sees, or strip it.
    """
    adjustments = Adjustments(
        sockets=[listener],
        threads=threads,
        server_name=name,
        url_prefix=prefix,
        ident="",
        connection_limit=limits.CONNECTIONS,
        cleanup_interval=1,
        backlog=limits.CONNECTIONS,
        recv_bytes=limits.RECEIVE_BYTES,
        max_request_header_size=limits.MOST_HEAD_BYTES,
        max_request_body_size=limits.MOST_BODY_BYTES,
        inbuf_overflow=2 * limits.MOST_BODY_BYTES,
        outbuf_overflow=limits.OVERFLOW_BYTES,
        outbuf_high_watermark=NEVER,  # no thread waits for a client to read
        clear_untrusted_proxy_headers=False,  # AUDIOMUSIC_PROXIES decides which headers are trusted
    )
    information = (listener.family, listener.type, listener.proto, listener.getsockname())
    return WebServer(
        application, map={}, _sock=listener, adj=adjustments, sockinfo=information, bind_socket=False
    )


def open_listener(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address; no client can connect until it listens. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # `::` means every address, including IPv4
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def serve(listener: socket.socket, *, threads: int, counts: ConnectionCounts | None = None) -> None:
    """Serve until SIGTERM or SIGINT. `counts` is for processes that accept on the same socket."""
    _raise_file_limit()
    application, name, prefix = _load()
    server = make_server(application, listener, threads=threads, name=name, prefix=prefix)
    server.counts = counts
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.stop)
    server.run()


def _load() -> tuple[Callable[..., Any], str, str]:
    """Return (application, server name for requests without a Host, URL prefix).

    It loads all views and then freezes all objects, which the garbage collector skips from then on. It would
    scan them every few dozen pages, and delay a page by 70 ms each time.
    """
    gc.disable()  # audiomusic.apps enables it once the apps are ready
    from django.conf import settings
    from django.urls import get_resolver

    from audiomusic.wsgi import application

    get_resolver().reverse_dict  # noqa: B018  (reads the addresses, and with them the views)
    gc.collect()
    gc.freeze()
    name = "[::1]" if ":" in settings.HOST else settings.HOST
    return application, name, settings.FORCE_SCRIPT_NAME or ""


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.OPEN_FILES if hard == resource.RLIM_INFINITY else min(limits.OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
