"""A local HTTP server that receives job events."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jobs.webhooks.services import endpoint_create


class Receiver(ThreadingHTTPServer):
    """A server that records every call and responds with the next of `answers`, then 200."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/hook?a=1"
        self.calls, self.answers = [], []


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((self.path, dict(self.headers), body))
        answer = self.server.answers.pop(0) if self.server.answers else 200
        if callable(answer):
            answer(self)
        else:
            self.send_response(answer)
            self.end_headers()
            self.wfile.write(b"so it is")

    def log_message(self, *arguments):
        pass


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_PRIVATE = True
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def endpoint(owner, receiver):
    return endpoint_create(
        user=owner, url=receiver.url, events=["job.completed", "job.failed", "job.cancelled"]
    )
