"""The web server's process: waitress on a socket that the supervisor opened."""

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

LEAVE_S = 0.02  # a new connection is left to a process with fewer of them, so long
MISSES = 8  # after so many in a row that no other process took
TAKE_ALL_S = 1.0  # all are taken for so long
LOOP_S = 1.0  # the loop wakes up at least so often, and looks for connections that are overdue
NEVER = 1 << 62


class WebServer(TcpWSGIServer):  # type: ignore[misc]
    """Collects requests in one loop, gives whole ones to its threads, and sends their answers."""

    channel_class = Channel
    is_stopping = False
    counts: ConnectionCounts | None = None
    _left_until = 0.0  # new connections are left to another process
    _left_to = 0  # how many that one had then
    _misses = 0
    _takes_all_until = 0.0

    def maintenance(self, now: float) -> None:
        """Disconnect every client whose time is up. Called by waitress once a second."""
        clock = time.monotonic()
        for channel in list(self.active_channels.values()):
            if channel.is_overdue(clock):
                channel.cut_off()

    def readable(self) -> bool:
        is_open: bool = super().readable()
        return is_open and not self._is_leaving()

    def handle_accept(self) -> None:
        """Leave a connection to the process with the fewest, for a moment: it may be busy or dead."""
        if not self._leaves():
            super().handle_accept()
            self._count()

    def _is_leaving(self) -> bool:
        """Until the other process has taken something, or had its time to."""
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
        self.pull_trigger()  # wakes up the loop

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
        """Accept no one else, and answer what was asked."""
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
    """`prefix`: the path that public addresses begin with. A proxy may hand it on, and then it is no part of
    the path that the application sees, or take it away."""
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
        outbuf_high_watermark=NEVER,  # no thread waits until a client has taken something
        clear_untrusted_proxy_headers=False,  # whose word counts is said by AUDIOMUSIC_PROXIES
    )
    information = (listener.family, listener.type, listener.proto, listener.getsockname())
    return WebServer(
        application, map={}, _sock=listener, adj=adjustments, sockinfo=information, bind_socket=False
    )


def open_listener(host: str, port: int) -> socket.socket:
    """A socket bound to the address; nobody can connect until a server listens on it. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # `::` is every address, those of IPv4 too
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def serve(listener: socket.socket, *, threads: int, counts: ConnectionCounts | None = None) -> None:
    """Answer until SIGTERM or SIGINT. `counts`: where other processes accept on the same socket."""
    _raise_file_limit()
    application, name, prefix = _load()
    server = make_server(application, listener, threads=threads, name=name, prefix=prefix)
    server.counts = counts
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.stop)
    server.run()


def _load() -> tuple[Callable[..., Any], str, str]:
    """(the application, the name of a server that is asked without one, the prefix of its addresses)

    All views are read. What is there by then stays: the garbage collector, which would go through it every
    few dozen pages and hold one of them up for 70 ms, passes it over."""
    gc.disable()  # it is enabled again when the apps are ready (audiomusic.apps)
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
