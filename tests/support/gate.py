"""A TCP gate before a server on loopback: it can let the connections stand open and say no more."""

import contextlib
import socket
import threading


class Gate:
    """`port`: where it listens for what `target_port` answers.

    While `silent()`, connections are taken, and whatever is said on them comes to nobody; with `after_bytes`
    so much of each answer still comes. `asked`: connections and requests that came to a silent gate.
    """

    def __init__(self, target_port):
        self.target_port = target_port
        self.asked = 0
        self._left = None  # bytes that each answer may still have; None: all
        self._sockets = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @contextlib.contextmanager
    def silent(self, after_bytes=0):
        self._left, self.asked = after_bytes, 0
        try:
            yield self
        finally:
            self._left = None
            self._hang_up()

    def close(self):
        self._listener.close()
        self._hang_up()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                self._sockets.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            server = socket.create_connection(("127.0.0.1", self.target_port))
        except OSError:  # it is away: so is the gate
            self._end(client)
            return
        self._sockets.append(server)
        threading.Thread(target=self._carry, args=(server, client), daemon=True).start()
        self._carry(client, server, is_request=True)

    def _carry(self, source, target, is_request=False):
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                left = self._left
                if left is not None and is_request:
                    self.asked += 1
                if left is not None and not (is_request and left):
                    data = data[:left]
                target.sendall(data)
                if left is not None and not is_request:
                    return  # of this answer nothing else comes
        if self._left is None:
            self._end(source, target)

    def _hang_up(self):
        """What was silent stays so no longer: the next call opens a connection of its own."""
        self._end(*self._sockets)
        self._sockets.clear()

    @staticmethod
    def _end(*sockets):
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
