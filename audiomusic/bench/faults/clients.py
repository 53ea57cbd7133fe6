"""Users who keep requesting music whatever happens, and a receiver that is notified of each job's end."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from audiomusic.devtools.scratch_server import ONE_HIT
from jobs.webhooks.signing import signature

IN_LINE = 12  # a user with this many unfinished songs waits before the next request
PATIENCE_S = 0.3
BROKEN_OFF = (None, 429, 500, 502, 503)  # on these a client retries
MAX_RETRIES = 2  # of one job, because it may be the one that kills its workers


@dataclass
class Listener:
    """One user: makes requests, changes their mind in every possible way, and records what they were
    promised.
    """

    port: int
    key: str
    is_over: threading.Event
    endpoint: str = ""  # their webhook's ID
    poison: bool = False
    wanted: int = 0  # distinct requests that got a response
    unanswered: int = 0  # calls that broke off and were repeated
    whims: Counter[str] = field(default_factory=Counter)  # name of another action -> how often it was done
    problems: list[str] = field(default_factory=list)
    # Jobs
    job_ids: list[int] = field(default_factory=list)  # all that were ever requested
    ended: set[int] = field(default_factory=set)  # according to the webhook
    failed: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    # What must hold at the end
    retries: Counter[int] = field(default_factory=Counter)
    names: dict[int, str] = field(default_factory=dict)
    likes: dict[int, str | None] = field(default_factory=dict)
    sent_again: list[str] = field(default_factory=list)  # events, one entry for each repetition

    def run(self, draw: random.Random) -> None:
        if self.poison:
            self.ask({**ONE_HIT, "prompt": "poison"})
        while not self.is_over.is_set():
            if len(self.job_ids) - len(self.ended | self.deleted) >= IN_LINE:
                time.sleep(0.1)
                continue
            self.ask({**ONE_HIT, "seed": draw.randrange(2**32)})
            for name, (share, whim) in WHIMS.items():
                if draw.random() < share and whim(self, draw):
                    self.whims[name] += 1
            time.sleep(draw.uniform(0.0, 0.1))

    def promises(self) -> dict[str, Any]:
        """Return what the rows must contain once everything is settled."""
        kept = {
            name: {job_id: value for job_id, value in noted.items() if job_id not in self.deleted}
            for name, noted in (("names", self.names), ("likes", self.likes))
        }
        return {"deleted": sorted(self.deleted), "retries": dict(self.retries), **kept}

    def receive(self, event: dict[str, Any]) -> None:
        self.ended.add(event["job_id"])
        if event["event_type"] == "job.failed":
            self.failed.add(event["job_id"])

    def some_job(self, draw: random.Random) -> int | None:
        """Return one of the newer jobs that still exist, where most concurrency is."""
        newer = self.job_ids[self.poison :][-3 * IN_LINE :]  # skip the poison job, which has its own fate
        there = [job_id for job_id in newer if job_id not in self.deleted]
        return draw.choice(there) if there else None

    def ask(self, body: dict[str, Any]) -> None:
        """Send one request with one Idempotency-Key, repeating it until it is answered."""
        answer = self.insist("POST", "/api/v1/music/text2samples", body, is_creating=True)[1]
        self.wanted += 1
        self.job_ids.append(answer["job"]["id"])

    def insist(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        is_creating: bool = False,
        also: tuple[int, ...] = (),
    ) -> tuple[int, Any]:
        """Call until there is a response. A status that is neither 200 nor in `also` is a problem."""
        key = str(uuid.uuid4()) if is_creating else ""
        while True:
            status, answer = self._call(method, path, body, key)
            if status is None or status in BROKEN_OFF or (status == 409 and is_creating):
                time.sleep(PATIENCE_S)
                continue
            if status not in (200, *also):
                self.problems.append(f"{method} {path}: expected 200, got {status}: {answer}")
            return status, answer

    def _call(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int | None, Any]:
        """Return (status, response); the status is None without a response."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"X-API-Key": self.key, "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        try:
            connection.request(method, path, json.dumps(body or {}), headers)
            response = connection.getresponse()
            content = response.read()
            is_json = "json" in response.headers.get("Content-Type", "")
            return response.status, json.loads(content) if is_json else content
        except (OSError, http.client.HTTPException, ValueError):
            self.unanswered += 1
            return None, None
        finally:
            connection.close()


def cancel(listener: Listener, draw: random.Random) -> bool:
    job_id = listener.some_job(draw)
    return job_id is not None and (
        listener.insist("POST", f"/api/v1/music/jobs/{job_id}/cancel", also=(409,))[0] == 200
    )


def rename(listener: Listener, draw: random.Random) -> bool:
    job_id = listener.some_job(draw)
    if job_id is None:
        return False
    name = f"Name {draw.randrange(10**6)}"
    listener.insist("PATCH", f"/api/v1/music/jobs/{job_id}", {"display_name": name})
    listener.names[job_id] = name
    return True


def like(listener: Listener, draw: random.Random) -> bool:
    """Like, dislike or do neither."""
    job_id, value = listener.some_job(draw), draw.choice(("like", "dislike", None))
    if job_id is None:
        return False
    method = "POST" if value else "DELETE"
    listener.insist(method, f"/api/v1/music/jobs/{job_id}/{value or 'like'}")
    listener.likes[job_id] = value
    return True


def delete(listener: Listener, draw: random.Random) -> bool:
    """Delete a job in any state. 404 means that the response to the first call was lost."""
    job_id = listener.some_job(draw)
    if job_id is None:
        return False
    listener.insist("DELETE", f"/api/v1/music/jobs/{job_id}", also=(404,))
    listener.deleted.add(job_id)
    return True


def retry(listener: Listener, draw: random.Random) -> bool:
    """Retry a failed job. 400 means that its failure arrived late and it was retried since."""
    failed = listener.failed - listener.deleted
    choice = sorted(job_id for job_id in failed if listener.retries[job_id] < MAX_RETRIES)
    if not choice:
        return False
    job_id = draw.choice(choice)
    listener.failed.discard(job_id)
    path = f"/api/v1/music/jobs/{job_id}/retry"
    if listener.insist("POST", path, is_creating=True, also=(400,))[0] != 200:
        return False
    listener.retries[job_id] += 1
    return True


def redeliver(listener: Listener, draw: random.Random) -> bool:
    """Redeliver one of the last events that arrived; the receiver must get it once more."""
    path = f"/api/v1/webhooks/endpoints/{listener.endpoint}/deliveries?limit=20&status=delivered"
    deliveries = listener.insist("GET", path)[1]
    if not deliveries:
        return False
    chosen = draw.choice(deliveries)
    listener.insist("POST", f"/api/v1/webhooks/deliveries/{chosen['id']}/redeliver")
    listener.sent_again.append(chosen["event_id"])
    return True


def hear(listener: Listener, draw: random.Random) -> bool:
    """Fetch a finished song in a format that has to be encoded first."""
    job_id = listener.some_job(draw)
    if job_id is None:
        return False
    job = listener.insist("GET", f"/api/v1/music/jobs/{job_id}/status")[1]
    if job["status"] != "COMPLETED":
        return False
    path = "/" + job["output_urls"]["mp3"].split("/", 3)[3]
    return bool(listener.insist("GET", path)[1])


def count(listener: Listener, draw: random.Random) -> bool:
    """Check that the counts match the number of jobs, whatever is being done to them."""
    total = listener.insist("GET", "/api/v1/music/jobs/counts")[1]["total"]
    wanted = len(listener.job_ids) - len(listener.deleted)
    if total != wanted:
        listener.problems.append(f"Expected {wanted} jobs in the counts, got {total}.")
    return True


#: What a user does after a request: name -> (probability, function).
WHIMS: dict[str, tuple[float, Callable[[Listener, random.Random], bool]]] = {
    "cancels": (0.08, cancel),
    "renames": (0.10, rename),
    "likes": (0.15, like),
    "deletes": (0.08, delete),
    "retries": (0.50, retry),
    "redeliveries": (0.05, redeliver),
    "hearings": (0.05, hear),
    "counts": (0.10, count),
}


class Receiver(ThreadingHTTPServer):
    """Receives every event; sometimes responds with an error, or not at all."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.secrets: list[str] = []
        self.listeners: list[Listener] = []
        self.heard: Counter[str] = Counter()  # event ID -> number of 200 responses
        self.bodies: dict[str, str] = {}
        self.problems: list[str] = []
        self.draw = random.Random(1)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def hear(self, place: int, headers: Any, body: str) -> int:
        """Return the status to respond with; 0 for no response."""
        event_id, stamp = headers["X-AudioPod-Event-Id"], int(headers["X-AudioPod-Timestamp"])
        if headers["X-AudioPod-Signature"] != signature(self.secrets[place], timestamp=stamp, body=body):
            self.problems.append(f"event {event_id} has a wrong signature")
        if self.bodies.setdefault(event_id, body) != body or json.loads(body)["event_id"] != event_id:
            self.problems.append(f"event {event_id} came with two bodies")
        self.listeners[place].receive(json.loads(body))
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
        if len(body) < length:  # the sender was killed while sending
            return
        status = self.server.hear(int(self.path.strip("/")), self.headers, body.decode())
        if status:
            self.send_response(status)
            self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass
