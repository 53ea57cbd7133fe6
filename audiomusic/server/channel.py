"""A connection with deadlines: no client can hold a thread, or its connection for long.

waitress receives a whole request before a thread gets it, and buffers the response that a client has not
read. But its only timeout restarts with each byte, and it lets a thread handle a connection's next request
while the last response is still unread. This module decides both.
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

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: discard unsent data


class AnswerTask(WSGITask):  # type: ignore[misc]
    """Sends the head of a response together with the first part of its body: one call and one packet."""

    def write(self, data: bytes) -> None:
        if self.wrote_header or not data:
            super().write(data)
            return
        self.channel.is_holding = True
        super().write(data)
        if self.channel.held:  # the response has no body
            self.channel.write_soon(b"")


class Channel(HTTPChannel):  # type: ignore[misc]
    task_class = AnswerTask
    error_task_class = JsonErrorTask

    def __init__(self, server: Any, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        self.idle_since = time.monotonic()
        self.request_since = 0.0  # first byte of the request that is arriving
        self.sending_since = 0.0  # start of the response that the client has not fully read
        self.taken_at = 0.0
        self.taken_bytes = self.turn_bytes = 0
        self.is_holding, self.held = False, b""  # the head of a response, held until its body follows
        self.has_asked = self.is_parked = self.is_leaving = False
        self.leaving_since = 0.0
        self.parser_class = partial(RequestParser, may_upload=self._may_upload)
        super().__init__(server, sock, *arguments, **options)
        self.sendbuf_len = limits.SEND_BYTES

    # Deadlines

    def is_overdue(self, now: float) -> bool:
        """Return whether the client's time is up. A request that is being processed has no deadline."""
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
        """Return whether this process can take one more upload besides those arriving or being read."""
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
        """Whether closing the connection now would lose nothing."""
        return self.is_leaving or not (self.requests or self.total_outbufs_len or self.request)

    def cut_off(self) -> None:
        """Close the connection at once. A thread that is still writing to it gets an error."""
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
        """Limit the queue of one connection, because a request of a few bytes takes a hundred times as much
        memory.

        Requests up to the limit are answered, the next is refused, and the rest are dropped.
        """
        with self.requests_lock:
            excess = self.requests[limits.PIPELINED :]
            if excess:
                excess[0].error = BadRequest("")
                del self.requests[limits.PIPELINED + 1 :]

    def service(self) -> None:
        super().service()
        self.idle_since = time.monotonic()

    def park(self) -> bool:
        """Return whether the next request must wait until the client has read the last response."""
        with self.outbuf_lock:
            self.is_parked = bool(self.total_outbufs_len)
            return self.is_parked

    # Responses

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
        """Limit what is sent at a time: waitress sends for as long as a client reads, so a fast client would
        hold up all others.
        """
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

    # End of a connection

    def _leave(self) -> None:
        """Stop sending, but read what still arrives for a moment: closing with unread data would discard the
        last response.
        """
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
