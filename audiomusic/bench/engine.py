"""How fast the embedded engine is, and how much memory it takes, on whole songs."""

from __future__ import annotations

import json
import multiprocessing
import resource
import time
from importlib import import_module
from typing import Any

from audiomusic.bench.report import Report
from audiomusic.engines.base import SongRequest, Stage, TakeResult

SONGS: dict[str, tuple[float, float]] = {  # name -> seconds of music, wanted times real time
    "song_120s": (120, 8),
    "song_600s": (600, 5),
}
LYRICS = """[Verse 1]
The morning light is on the water
And every boat is drifting home
I hear you singing down the harbour
You never have to sing alone

[Chorus]
Stay with me until the summer
Stay until the rivers run
We can count the days together
Holding on to everyone

[Verse 2]
The winter left without a letter
The garden opened by the door
We made a promise to be better
Than anyone we were before

[Chorus]
Stay with me until the summer
Stay until the rivers run
We can count the days together
Holding on to everyone

[Bridge]
And if the road is long
Then we will make it short with song
"""


def measure_song(duration_s: float, repeats: int, connection: Any) -> None:
    """In a process of its own: make the song, send (best wall seconds, stage seconds, peak bytes)."""
    engine = import_module("audiomusic.engines.studio.engine").StudioEngine()
    request = SongRequest(
        kind="song", caption="bright pop song, female voice", lyrics=LYRICS, seeds=(7,),
        duration_s=duration_s, max_duration_s=duration_s, genre="Modern Pop",
    )  # fmt: skip
    best_s, stages = float("inf"), {}
    for _ in range(repeats):
        taken_s, found = _time_once(engine, request)
        if taken_s < best_s:
            best_s, stages = taken_s, found
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    connection.send_bytes(json.dumps([best_s, stages, peak_bytes]).encode())


def _time_once(engine: Any, request: SongRequest) -> tuple[float, dict[str, float]]:
    marks: dict[str, float] = {}
    takes: list[TakeResult] = []

    def note_stage(stage: Stage, share: float) -> None:
        marks.setdefault(stage, time.perf_counter())

    start = time.perf_counter()
    engine.generate(request, on_progress=note_stage, is_cancelled=lambda: False, on_take=takes.append)
    end = time.perf_counter()
    if abs(takes[0].duration_s - (request.duration_s or 0)) > 0.1:
        raise RuntimeError(f"{request.duration_s} s were wanted, {takes[0].duration_s} s came")
    bounds = [*sorted(marks.items(), key=lambda item: item[1]), ("end", end)]
    pairs = zip(bounds, bounds[1:], strict=False)
    return end - start, {stage: later - begun for (stage, begun), (_, later) in pairs}


def run(*, repeats: int = 2) -> Report:
    report = Report()
    context = multiprocessing.get_context("spawn")
    for name, (duration_s, wanted) in SONGS.items():
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=measure_song, args=(duration_s, repeats, sender))
        process.start()
        sender.close()
        taken_s, stages, peak_bytes = json.loads(receiver.recv_bytes())
        process.join()
        report.add(f"{name}_times_real_time", duration_s / taken_s, at_least=wanted)
        report.add(f"{name}_peak_gb", peak_bytes / 1e9, at_most=2)
        for stage, stage_s in stages.items():
            report.add(f"{name}_{stage}_s", stage_s)
    return report
