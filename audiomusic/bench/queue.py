"""How long a job waits on an idle server: from the POST's answer to the worker's start."""

from __future__ import annotations

import statistics
import time
from datetime import datetime

from audiomusic.bench.report import Report
from audiomusic.bench.scratch import ONE_HIT, ScratchServer

WANTED_START_MS = 500


def measure_start_s(server: ScratchServer) -> float:
    """Seconds from the answer to the claim; never negative, the worker may be quicker than the answer."""
    _, answer = server.call("POST", "/api/v1/music/text2samples", ONE_HIT)
    answered_at = time.time()
    job = server.wait_for(answer["job"]["id"], "COMPLETED", "FAILED")
    started_at = datetime.fromisoformat(job["started_at"].replace("Z", "+00:00")).timestamp()
    return max(0.0, started_at - answered_at)


def run(*, jobs: int = 20) -> Report:
    report = Report()
    with ScratchServer() as server:
        measure_start_s(server)  # the first also loads the engine
        waits_ms = [1000 * measure_start_s(server) for _ in range(jobs)]
    report.add("queue_start_median_ms", statistics.median(waits_ms), at_most=WANTED_START_MS)
    report.add("queue_start_max_ms", max(waits_ms))
    return report
