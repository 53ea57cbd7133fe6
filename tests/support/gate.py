"""A TCP proxy in front of a loopback server that can hold connections open without answering."""

import contextlib
import socket
import threading


class Gate:
    """Listen on `port` and forward to `target_port`.

    While `silent()`, the gate accepts connections but forwards nothing; with `after_bytes`, that many bytes
    of each response still pass. `asked` counts the connections and requests that reach a silent gate.
    """

    def __init__(self, target_port):
        self.target_port = target_port
        self.asked = 0
        self._left = None  # bytes of each response still to pass; None: all
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
        except OSError:  # the target is down, so the gate closes too
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
                    return  # nothing more of this response passes
        if self._left is None:
            self._end(source, target)

    def _hang_up(self):
        """Close the connections that were silent, so that the next call opens a new one."""
        self._end(*self._sockets)
        self._sockets.clear()

    @staticmethod
    def _end(*sockets):
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
