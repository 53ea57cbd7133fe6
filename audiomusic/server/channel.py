"""A connection with deadlines: no client holds a thread, and none holds its connection for long.

Waitress collects a request before a thread sees it, and keeps what a client does not take of an answer.
Its one time-out begins again with each byte, though, and it lets a thread go on to a connection's next
request while the last answer is not taken. Both are decided here.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from functools import partial
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import WSGITask
from waitress.utilities import BadRequest

from audiomusic.server import limits
from audiomusic.server.parser import JsonErrorTask, RequestParser

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: throw away what was not taken


class AnswerTask(WSGITask):  # type: ignore[misc]
    """Sends the head of an answer together with the first of its body: one call and one packet."""

    def write(self, data: bytes) -> None:
        if self.wrote_header or not data:
            super().write(data)
            return
        self.channel.is_holding = True
        super().write(data)
        if self.channel.held:  # nothing of the body was to be sent
            self.channel.write_soon(b"")


class Channel(HTTPChannel):  # type: ignore[misc]
    task_class = AnswerTask
    error_task_class = JsonErrorTask

    def __init__(self, server: Any, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        self.idle_since = time.monotonic()
        self.request_since = 0.0  # of the request that is arriving: its first byte
        self.sending_since = 0.0  # of what the client has not taken: when it was put there
        self.taken_at = 0.0
        self.taken_bytes = self.turn_bytes = 0
        self.is_holding, self.held = False, b""  # the head of an answer whose body follows at once
        self.has_asked = self.is_parked = self.is_leaving = False
        self.leaving_since = 0.0
        self.parser_class = partial(RequestParser, may_upload=self._may_upload)
        super().__init__(server, sock, *arguments, **options)
        self.sendbuf_len = limits.SEND_BYTES

    # Deadlines

    def is_overdue(self, now: float) -> bool:
        """Whether the client has used up its time. A request that is being answered has no deadline."""
        if self.is_leaving:
            return now - self.leaving_since > limits.LINGER_S
        if self.total_outbufs_len:
            return self._is_slow_reader(now)
        if self.requests:
            return False
        if self.request is not None:
            return now - max(self.request_since, self.idle_since) > self._request_limit_s()
        return now - self.idle_since > (limits.KEEP_ALIVE_S if self.has_asked else limits.FIRST_BYTE_S)

    def _request_limit_s(self) -> float:
        if not self.request.is_upload:
            return limits.REQUEST_S
        earned_s: float = self.request.body_bytes_received / limits.UPLOAD_LEAST_BYTES_S
        return min(limits.UPLOAD_S, limits.REQUEST_S + earned_s)

    def _may_upload(self) -> bool:
        """Whether one more file may arrive in this process, beside those that arrive or are being read."""
        channels = list(self.server.active_channels.values())
        requests = (each for channel in channels for each in (channel.request, *channel.requests))
        arriving = sum(bool(getattr(request, "is_upload", False)) for request in requests)
        return arriving < limits.UPLOADS

    def _is_slow_reader(self, now: float) -> bool:
        if now - max(self.taken_at, self.sending_since) > limits.STALLED_S:
            return True
        return now - self.sending_since - limits.START_S > self.taken_bytes / limits.LEAST_BYTES_S

    @property
    def is_idle(self) -> bool:
        """Whether nothing would be lost if the connection ended now."""
        return self.is_leaving or not (self.requests or self.total_outbufs_len or self.request)

    def cut_off(self) -> None:
        """End the connection at once. A thread that still writes to it learns that it is gone."""
        if self.total_outbufs_len:
            with contextlib.suppress(OSError):
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.handle_close()

    # Requests

    def received(self, data: bytes) -> bool:
        before = self.request
        taken: bool = super().received(data)
        self._refuse_excess()
        self.has_asked = self.has_asked or bool(self.requests)
        if self.request is not None and self.request is not before:
            self.request_since = time.monotonic()
        return taken

    def _refuse_excess(self) -> None:
        """A few bytes make a request, which takes a hundred times as many: no connection may queue more
        than some. Those are answered, the next is refused, and the others are dropped."""
        with self.requests_lock:
            excess = self.requests[limits.PIPELINED :]
            if excess:
                excess[0].error = BadRequest("")
                del self.requests[limits.PIPELINED + 1 :]

    def service(self) -> None:
        super().service()
        self.idle_since = time.monotonic()

    def park(self) -> bool:
        """Whether the next request has to wait until the last answer was taken."""
        with self.outbuf_lock:
            self.is_parked = bool(self.total_outbufs_len)
            return self.is_parked

    # Answers

    def write_soon(self, data: Any) -> int:
        if self.is_holding:
            self.is_holding, self.held = False, data
            return len(data)
        if self.held:
            data, self.held = self.held + data, b""
        if not self.total_outbufs_len:
            self.sending_since, self.taken_bytes = time.monotonic(), 0
        return int(super().write_soon(data))

    def _flush_some(self, do_close: bool = True) -> bool:
        before = self.total_outbufs_len
        self.turn_bytes = 0
        flushed: bool = super()._flush_some(do_close=do_close)
        if flushed:
            self.taken_at = self.idle_since = time.monotonic()
            self.taken_bytes += before - self.total_outbufs_len
        return flushed

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Waitress sends for as long as a client takes; a fast one would hold up all others."""
        if self.turn_bytes >= limits.TURN_BYTES:
            return 0
        sent = int(super().send(data, do_close=do_close))
        self.turn_bytes += sent
        return sent

    def handle_write(self) -> None:
        if self.close_when_flushed and not self.will_close:
            self._flush_exception(self._flush_some)
            if not (self.total_outbufs_len or self.will_close):
                self._leave()
            return
        super().handle_write()
        if self.is_parked and not self.total_outbufs_len and self.connected:
            self.is_parked = False
            self.server.add_task(self)

    # How a connection ends

    def _leave(self) -> None:
        """Say no more, but read what still comes for a moment: closing on unread data would take the last
        answer with it."""
        self.close_when_flushed = False
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.handle_close()
            return
        self.is_leaving, self.leaving_since = True, time.monotonic()

    def readable(self) -> bool:
        return True if self.is_leaving else HTTPChannel.readable(self)

    def writable(self) -> bool:
        return False if self.is_leaving else HTTPChannel.writable(self)

    def handle_read(self) -> None:
        if not self.is_leaving:
            super().handle_read()
            return
        with contextlib.suppress(OSError):
            self.recv(limits.SEND_BYTES)
