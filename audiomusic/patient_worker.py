"""A gunicorn worker that no slow client can hold: its threads never wait for the network.

gunicorn's own threads read a request from its first byte on and send an answer to its last, so that as many
clients as there are threads, each sending a byte a second, stop the server. Here one loop collects requests
from all connections, so that what a thread gets is whole, and what a client does not take at once is sent
by threads that do nothing else. Each phase has a deadline, and who takes an answer slowest goes first where
many wait to be sent theirs. Parsing and stopping are gunicorn's.
"""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import select
import selectors
import socket
import struct
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.urls import get_resolver
from gunicorn.http import errors, wsgi
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from audiomusic.arriving import Arriving, Refusal

log = logging.getLogger(__name__)

FIRST_BYTE_S = 10.0  # a new connection says something within
REQUEST_S = 20.0  # from its first byte to its last; the largest honest one has 50 kB
STALLED_S = 20  # a client that takes nothing of an answer for so long is left
LEAST_BYTES_S = 8_000  # 64 kbit/s; who takes less, on the whole and from START_S on, is left too
START_S = 30.0
CROWDED_S = 5.0  # where more answers are to be sent than there are senders, the slowest have so long
GOODBYE_S = 5.0  # what is still coming is read for so long, or the client would miss the last answer
SENDERS = 256
SMALL_BYTES = 65_536  # fits into a send buffer with room, so that it needs no thread of its own
SEND_BUFFER_BYTES = 262_144
RECEIVE_BYTES = 65_536


#: What gunicorn's parser raises, the particular before the general.
REFUSALS: dict[type[Exception], str] = {
    errors.LimitRequestLine: "414 URI Too Long",
    errors.LimitRequestHeaders: "431 Request Header Fields Too Large",
    errors.UnsupportedTransferCoding: "501 Not Implemented",
    errors.ExpectationFailed: "417 Expectation Failed",
    errors.ParseException: "400 Bad Request",
}


class Connection(TConn):  # type: ignore[misc]
    """A connection, what has arrived of its next request, and until when it may go on."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.arriving = Arriving()
        self.deadline = time.monotonic() + FIRST_BYTE_S
        self.is_leaving = False
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        stalled = struct.pack("ll", STALLED_S, 0)
        for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
            self.sock.setsockopt(socket.SOL_SOCKET, option, stalled)

    def take(self, data: bytes) -> None:
        if not self.arriving.data:
            self.deadline = time.monotonic() + REQUEST_S
        self.arriving.add(data)

    def hand_over(self) -> None:
        """Give the request to gunicorn's parser."""
        self.init()
        self.parser.unreader.unread(bytes(self.arriving.data))
        self.arriving = Arriving()
        self.data_ready = True

    def can_take(self) -> bool:
        """Whether a small answer would be taken by the socket at once."""
        poll = select.poll()
        poll.register(self.sock, select.POLLOUT)
        return bool(poll.poll(0))


class Reply:
    """An answer that is being sent."""

    def __init__(self, response: Any, body: Iterable[bytes]) -> None:
        self.response, self.body = response, body
        self.began_at: float | None = None  # None: no sender is free

    def lasts_s(self, now: float) -> float:
        return 0.0 if self.began_at is None else now - self.began_at

    def bytes_s(self, now: float) -> float:
        return float(self.response.sent) / max(self.lasts_s(now), 1e-3)

    def is_too_slow(self, now: float) -> bool:
        return self.lasts_s(now) - START_S > self.response.sent / LEAST_BYTES_S

    @property
    def is_small(self) -> bool:
        length = self.response.response_length
        if length is None:  # nothing to send, or nobody knows how much
            return not getattr(self.body, "streaming", True)
        return bool(length <= SMALL_BYTES)

    def send(self) -> bool:
        """Whether the connection can be used again. Raises OSError where the client is gone or stalls."""
        self.began_at = time.monotonic()
        try:
            for piece in self.body:
                self.response.write(piece)
            self.response.close()
        except BlockingIOError:  # the time-out of the socket
            raise ConnectionResetError from None
        finally:
            close = getattr(self.body, "close", None)
            if close:
                close()
        return not self.response.should_close()

    def send_apart(self) -> bool:
        """As `send`, where nobody would hear of a failure."""
        try:
            return self.send()
        except OSError:
            return False
        except Exception:
            log.exception("An answer broke off.")
            return False


def _join_chunks(environ: dict[str, Any]) -> None:
    """Django takes a body whose length it is not told for none; here all of it has come. Raises what the
    parser raises for chunks that are none."""
    body = environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """Reads for all connections in one loop; threads think, and other threads send."""

    def init_process(self) -> None:
        self.reading: set[Connection] = set()
        self.sending: dict[Reply, Connection] = {}
        self.senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="sender")
        super().init_process()

    def load_wsgi(self) -> None:
        """All views are read before the first request, and what is there by then stays: the garbage
        collector, which would go through it every few dozen pages and hold one of them up for 70 ms,
        passes it over."""
        super().load_wsgi()
        get_resolver().reverse_dict  # noqa: B018  (reads the addresses, and with them the views)
        gc.collect()
        gc.freeze()

    # What arrives

    def accept(self, listener: socket.socket) -> None:
        try:
            client, address = listener.accept()
            connection = Connection(self.cfg, client, address, listener.getsockname())
        except OSError:
            return  # it is gone already
        self.nr_conns += 1
        self._read(connection)

    def _read(self, connection: Connection) -> None:
        """Collect the connection's next request."""
        connection.sock.setblocking(False)
        self.reading.add(connection)
        self.poller.register(connection.sock, selectors.EVENT_READ, lambda _: self._on_data(connection))

    def _on_data(self, connection: Connection) -> None:
        try:
            data = connection.sock.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
        elif not connection.is_leaving:
            connection.take(data)
            self._go_on(connection)

    def _go_on(self, connection: Connection) -> None:
        """Hand the request over once it is whole."""
        arriving = connection.arriving
        if arriving.wants_to_be_asked:
            self._say(connection, b"HTTP/1.1 100 Continue\r\n\r\n")
        if arriving.refusal is not None:
            self._refuse(connection, arriving.refusal)
        elif arriving.is_whole:
            self._stop_reading(connection)
            if connection.can_take():
                self._hand_over(connection)
            else:
                self._await_taking(connection)

    def _hand_over(self, connection: Connection) -> None:
        connection.hand_over()
        self.enqueue_req(connection)

    def _await_taking(self, connection: Connection) -> None:
        """Who has not taken the last answer is not thought about yet: whatever a thread had to say to them
        would hold it."""
        connection.deadline = time.monotonic() + STALLED_S
        self.reading.add(connection)
        self.poller.register(connection.sock, selectors.EVENT_WRITE, lambda _: self._on_taken(connection))

    def _on_taken(self, connection: Connection) -> None:
        self._stop_reading(connection)
        self._hand_over(connection)

    def _refuse(self, connection: Connection, refusal: Refusal) -> None:
        self._say(connection, refusal.as_answer())
        self._leave(connection)

    def _say(self, connection: Connection, data: bytes) -> None:
        with contextlib.suppress(OSError):  # who does not even take that is soon left
            connection.sock.send(data)

    # What is answered

    def handle_request(self, req: Any, conn: Connection) -> bool | Reply:
        response, environ = wsgi.create(req, conn.sock, conn.client, conn.server, self.cfg)
        environ["wsgi.multithread"] = True
        if "CONTENT_LENGTH" not in environ and "HTTP_TRANSFER_ENCODING" in environ:
            _join_chunks(environ)
        if not self.alive or not self.cfg.keepalive or len(self.reading) >= self.max_keepalived:
            response.force_close()
        reply = Reply(response, self.wsgi(environ, response.start_response))
        return reply.send() if reply.is_small and conn.can_take() else reply

    def _keepalive_after(self, conn: Connection, keepalive: bool | Reply) -> bool | Reply:
        return keepalive if isinstance(keepalive, Reply) else bool(super()._keepalive_after(conn, keepalive))

    def finish_request(self, conn: Connection, fs: Future[bool | Reply]) -> None:
        """A thread is done with the connection: the answer was sent, or is to be."""
        result = False if fs.cancelled() or fs.exception() else fs.result()
        if isinstance(result, Reply):
            self.sending[result] = conn
            sending = self.senders.submit(result.send_apart)
            sending.add_done_callback(
                lambda sent: self.method_queue.defer(self._finish_sending, result, sent)
            )
        elif result:
            self._await_next(conn)
        else:
            self._leave(conn)

    def _finish_sending(self, reply: Reply, fs: Future[bool]) -> None:
        self.finish_request(self.sending.pop(reply), fs)

    def _await_next(self, connection: Connection) -> None:
        rest = connection.parser.unreader.take_buffered()
        self._read(connection)
        if rest:
            connection.take(rest)
            self._go_on(connection)
        else:
            connection.deadline = time.monotonic() + self._patience_s

    @property
    def _patience_s(self) -> float:
        return float(self.cfg.keepalive) if self.alive else STOP_KEEPALIVE_LINGER

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """What the parser refuses, in the API's form."""
        status = next((name for kind, name in REFUSALS.items() if isinstance(exc, kind)), "")
        if not status:
            log.error("A request could not be answered.", exc_info=exc)
            refusal = Refusal("500 Internal Server Error", "server_error", "The server failed to answer.")
        else:
            refusal = Refusal(status, "bad_request", "The request could not be understood.")
        with contextlib.suppress(OSError):
            client.send(refusal.as_answer())

    # How connections end

    def _leave(self, connection: Connection) -> None:
        """Say no more, but hear the client out for a moment: a connection that is closed on what was not
        read takes the last answer with it."""
        try:
            connection.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(connection)
            return
        connection.is_leaving = True
        connection.deadline = time.monotonic() + GOODBYE_S
        if connection not in self.reading:
            self._read(connection)

    def _stop_reading(self, connection: Connection) -> None:
        if connection in self.reading:
            self.reading.discard(connection)
            self.poller.unregister(connection.sock)

    def _drop(self, connection: Connection) -> None:
        self._stop_reading(connection)
        self.nr_conns -= 1
        connection.close()

    def murder_pending(self) -> None:
        """Close what is over its deadline. Called each time round the loop."""
        now = time.monotonic()
        for connection in [each for each in self.reading if each.deadline < now]:
            self._drop(connection)
        for reply in self._slow_replies(now):
            self._cut_off(self.sending[reply])

    def _slow_replies(self, now: float) -> set[Reply]:
        """Whose clients take too little; and where some wait for a sender, as many of the slowest others."""
        slow = {reply for reply in self.sending if reply.is_too_slow(now)}
        waiting = len(self.sending) - SENDERS - len(slow)
        if waiting > 0:
            lasting = [each for each in self.sending if each not in slow and each.lasts_s(now) > CROWDED_S]
            slow.update(sorted(lasting, key=lambda each: each.bytes_s(now))[:waiting])
        return slow

    @staticmethod
    def _cut_off(connection: Connection) -> None:
        """The sender that waits for the client is told that it is gone; what was not taken is thrown away."""
        with contextlib.suppress(OSError):
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sock.shutdown(socket.SHUT_RDWR)

    def _cap_keepalive(self, deadline: float) -> None:
        for connection in self.reading:
            connection.deadline = min(connection.deadline, deadline)
