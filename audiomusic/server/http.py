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

LOOP_S = 1.0  # the loop wakes up at least so often, and looks for connections that are overdue
NEVER = 1 << 62


class WebServer(TcpWSGIServer):  # type: ignore[misc]
    """Collects requests in one loop, gives whole ones to its threads, and sends their answers."""

    channel_class = Channel
    is_stopping = False

    def maintenance(self, now: float) -> None:
        """Disconnect every client whose time is up. Called by waitress once a second."""
        clock = time.monotonic()
        for channel in list(self.active_channels.values()):
            if channel.is_overdue(clock):
                channel.cut_off()

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
        wasyncore.loop(timeout=timeout_s, use_poll=True, map=self._map, count=1)

    def _finish(self) -> None:
        """Accept nobody else, and answer what was asked."""
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
    application: Callable[..., Any], listener: socket.socket, *, threads: int, name: str
) -> WebServer:
    adjustments = Adjustments(
        sockets=[listener],
        threads=threads,
        server_name=name,
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


def serve(listener: socket.socket, *, threads: int) -> None:
    """Answer until SIGTERM or SIGINT."""
    _raise_file_limit()
    application, name = _load()
    server = make_server(application, listener, threads=threads, name=name)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.stop)
    server.run()


def _load() -> tuple[Callable[..., Any], str]:
    """(the application, the name of a server that is asked without one)

    All views are read. What is there by then stays: the garbage collector, which would go through it every
    few dozen pages and hold one of them up for 70 ms, passes it over."""
    from django.conf import settings
    from django.urls import get_resolver

    from audiomusic.wsgi import application

    get_resolver().reverse_dict  # noqa: B018  (reads the addresses, and with them the views)
    gc.collect()
    gc.freeze()
    return application, "[::1]" if ":" in settings.HOST else settings.HOST


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.OPEN_FILES if hard == resource.RLIM_INFINITY else min(limits.OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
