"""How long a job waits on an idle server, from the response to the worker's start; and how far the time shown
to queued jobs is from the real one.
"""

from __future__ import annotations

import json
import statistics
import time
from datetime import datetime
from typing import Any

from audiomusic.bench.report import Report
from audiomusic.devtools.scratch_server import HIGH_RATES, ONE_HIT, ScratchServer

WANTED_START_MS = 500
WORKER_COUNTS = (1, 2)
VERSE = "[Verse]\nSlow is the river\nDeep is the night\nI wait for the morning\nI wait for the light"
#: A queue of two users' short songs of mixed kinds: path and body.
SONGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("prompt2instrumental", {"prompt": "calm piano", "audio_duration": 30}),
    ("text2music", {"prompt": "a folk song about rain", "lyrics": VERSE, "audio_duration": 20}),
    ("text2rap", {"prompt": "boom bap", "lyrics": VERSE, "audio_duration": 15}),
    ("text2samples", {"prompt": "drum loop", "duration": 8}),
    ("prompt2instrumental", {"prompt": "techno", "audio_duration": 60}),
    ("text2music", {"prompt": "a pop song", "lyrics": VERSE, "audio_duration": 40}),
    ("prompt2instrumental", {"prompt": "jazz trio", "audio_duration": 12}),
    ("text2samples", {"prompt": "bass loop", "duration": 4}),
    ("prompt2instrumental", {"prompt": "rock band", "audio_duration": 45}),
    ("text2music", {"prompt": "soul ballad", "lyrics": VERSE, "audio_duration": 25}),
)
MADE_BEFORE = 4  # songs made first, so there is a measured speed
OF_THE_SECOND = 3  # the last songs, which belong to the second user


def measure_start_s(server: ScratchServer) -> float:
    """Return the seconds from the response to the claim; 0 if the worker is faster than the response."""
    _, answer = server.call("POST", "/api/v1/music/text2samples", ONE_HIT)
    answered_at = time.time()
    job = server.wait_for(answer["job"]["id"], "COMPLETED", "FAILED")
    started_at = datetime.fromisoformat(job["started_at"].replace("Z", "+00:00")).timestamp()
    return max(0.0, started_at - answered_at)


def watched_line(server: ScratchServer) -> dict[str, Any]:
    """Return what `audiomusic.bench.load.queue_probe` saw of a queue until it was empty."""
    second = server.manage("createkey", "second").strip()
    for song in SONGS[:MADE_BEFORE]:
        server.wait_for(_ask(server, song), "COMPLETED", "FAILED")
    for index, song in enumerate(SONGS):
        if index == len(SONGS) - OF_THE_SECOND:
            server.key = second
        _ask(server, song)
    seen: dict[str, Any] = json.loads(server.python("-m", "audiomusic.bench.load.queue_probe"))
    return seen


def _ask(server: ScratchServer, song: tuple[str, dict[str, Any]]) -> int:
    path, body = song
    status, answer = server.call("POST", f"/api/v1/music/{path}", body)
    if status >= 300:
        raise RuntimeError(f"{path} was to take {body}, but answered {status}: {answer}")
    return int(answer["job"]["id"])


def misses_of(seen: dict[str, Any]) -> dict[str, list[float]]:
    """Return moment -> |shown - real| / real for each job, of the first time left that was shown while it was
    queued ("asked") and while it was being made ("started").
    """
    misses: dict[str, dict[str, float]] = {"asked": {}, "started": {}}
    for at, line in seen["samples"]:
        for job, (is_made, shown_s) in line.items():
            came_s = seen["ends"].get(job, 0.0) - at
            if shown_s is not None and came_s > 0:
                misses["started" if is_made else "asked"].setdefault(job, abs(shown_s - came_s) / came_s)
    return {moment: list(each.values()) for moment, each in misses.items() if each}


def run(*, jobs: int = 20) -> Report:
    report = Report()
    with ScratchServer() as server:
        measure_start_s(server)  # the first job also loads the engine
        waits_ms = [1000 * measure_start_s(server) for _ in range(jobs)]
    report.add("queue_start_median_ms", statistics.median(waits_ms), at_most=WANTED_START_MS)
    report.add("queue_start_max_ms", max(waits_ms))
    for worker_count in WORKER_COUNTS:
        with ScratchServer(
            database_url="", folder=None, AUDIOMUSIC_WORKERS=str(worker_count), **HIGH_RATES
        ) as server:
            for moment, misses in misses_of(watched_line(server)).items():
                name = f"queue_left_{moment}_{worker_count}w_miss"
                report.add(f"{name}_median", statistics.median(misses))
                report.add(f"{name}_p90", sorted(misses)[round(0.9 * (len(misses) - 1))])
    return report
