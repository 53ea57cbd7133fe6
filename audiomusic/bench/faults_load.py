"""Users who go on asking for music whatever happens, and a program that is told of the ends."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from audiomusic.bench.scratch import ONE_HIT
from jobs.webhooks.signing import signature

IN_LINE = 12  # a user waits with the next song while so many of theirs are unfinished
CANCELLED_SHARE = 0.06
PATIENCE_S = 0.3


@dataclass
class Listener:
    """One user: asks, sometimes changes their mind, and notes what they were promised."""

    port: int
    key: str
    is_over: threading.Event
    wanted: int = 0  # distinct wishes that were answered
    job_ids: list[int] = field(default_factory=list)
    unanswered: int = 0  # calls that broke off, and were made again
    ended: set[int] = field(default_factory=set)  # told by the webhook
    poison: bool = False

    def run(self, draw: random.Random) -> None:
        if self.poison:
            self.ask({**ONE_HIT, "prompt": "poison"})
        while not self.is_over.is_set():
            if len(self.job_ids) - len(self.ended) >= IN_LINE:
                time.sleep(0.1)
                continue
            self.ask({**ONE_HIT, "seed": draw.randrange(2**32)})
            if draw.random() < CANCELLED_SHARE:
                self._call("POST", f"/api/v1/music/jobs/{draw.choice(self.job_ids)}/cancel")
            time.sleep(draw.uniform(0.0, 0.1))

    def ask(self, body: dict[str, Any]) -> None:
        """One wish under one Idempotency-Key, repeated until it is answered."""
        key = str(uuid.uuid4())
        while True:
            status, answer = self._call("POST", "/api/v1/music/text2samples", body, key)
            if status == 200:
                self.wanted += 1
                self.job_ids.append(answer["job"]["id"])
                return
            if status not in (None, 409, 429, 500, 502, 503):
                raise RuntimeError(f"a song was wanted, but {status} came: {answer}")
            time.sleep(PATIENCE_S)

    def _call(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int | None, Any]:
        """(status, answer); None where none came."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"X-API-Key": self.key, "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        try:
            connection.request(method, path, json.dumps(body or {}), headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            self.unanswered += 1
            return None, None
        finally:
            connection.close()


class Receiver(ThreadingHTTPServer):
    """Hears every event; a few times it answers with a failure, or not at all."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.secrets: list[str] = []
        self.listeners: list[Listener] = []
        self.heard: Counter[str] = Counter()  # event id -> times it was answered with 200
        self.bodies: dict[str, str] = {}
        self.problems: list[str] = []
        self.draw = random.Random(1)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def hear(self, place: int, headers: Any, body: str) -> int:
        """The status to answer with; 0: none."""
        event_id, stamp = headers["X-AudioPod-Event-Id"], int(headers["X-AudioPod-Timestamp"])
        if headers["X-AudioPod-Signature"] != signature(self.secrets[place], timestamp=stamp, body=body):
            self.problems.append(f"event {event_id} has a wrong signature")
        if self.bodies.setdefault(event_id, body) != body or json.loads(body)["event_id"] != event_id:
            self.problems.append(f"event {event_id} came with two bodies")
        self.listeners[place].ended.add(json.loads(body)["job_id"])
        whim = self.draw.random()
        if whim < 0.03:
            return 500
        self.heard[event_id] += 1
        return 0 if whim < 0.05 else 200


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:  # the sender was killed while it spoke
            return
        status = self.server.hear(int(self.path.strip("/")), self.headers, body.decode())
        if status:
            self.send_response(status)
            self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass
