"""All goals of the embedded engine: speed, memory, determinism, and how its music sounds."""

from __future__ import annotations

import json
import multiprocessing
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from multiprocessing.context import SpawnContext
from typing import Any

from audiomusic.bench.engine import determinism, listening, music
from audiomusic.bench.report import Report
from audiomusic.engines.base import Cancelled, SongRequest, Stage, TakeResult

SONGS: dict[str, tuple[float, float]] = {  # name -> seconds of music, wanted speed as a multiple of real time
    "song_120s": (120, 15),
    "song_600s": (600, 15),
}
MOST_PEAK_GB = 1.6
COLD_SONG_S, MOST_COLD_S = 120.0, 6.0
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


def request_song(duration_s: float) -> SongRequest:
    return SongRequest(
        kind="song", caption="bright pop song, female voice", lyrics=LYRICS, seeds=(7,),
        duration_s=duration_s, max_duration_s=duration_s, genre="Modern Pop",
    )  # fmt: skip


def measure_song(duration_s: float, repeats: int, connection: Any) -> None:
    """In a separate process: make the song, send (best wall-clock seconds, stage seconds, peak bytes)."""
    engine = import_module("audiomusic.engines.studio.engine").StudioEngine()
    best_s, stages = float("inf"), {}
    for _ in range(repeats):
        taken_s, found = _time_once(engine, request_song(duration_s))
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
        raise RuntimeError(f"Expected {request.duration_s} s, got {takes[0].duration_s} s.")
    bounds = [*sorted(marks.items(), key=lambda item: item[1]), ("end", end)]
    pairs = zip(bounds, bounds[1:], strict=False)
    return end - start, {stage: later - begun for (stage, begun), (_, later) in pairs}


def measure_cold_start(connection: Any) -> None:
    """In a separate process, like a worker with its first job: send a message when the first track sounds.

    Importing torch, starting the speech process, planning, composing and singing come before that.
    """
    engine = import_module("audiomusic.engines.studio.engine").StudioEngine()
    sounded = False

    def note_stage(stage: Stage, share: float) -> None:
        nonlocal sounded
        if stage == "rendering" and not sounded:
            connection.send_bytes(b"")
        sounded = sounded or stage == "rendering"

    with suppress(Cancelled):
        engine.generate(
            request_song(COLD_SONG_S),
            on_progress=note_stage,
            is_cancelled=lambda: sounded,
            on_take=lambda take: None,
        )


def _add_speed(report: Report, context: SpawnContext, repeats: int) -> None:
    for name, (duration_s, wanted) in SONGS.items():
        found = _from_process(context, measure_song, duration_s, repeats)
        taken_s, stages, peak_bytes = json.loads(found)
        report.add(f"{name}_times_real_time", duration_s / taken_s, at_least=wanted)
        report.add(f"{name}_peak_gb", peak_bytes / 1e9, at_most=MOST_PEAK_GB)
        for stage, stage_s in stages.items():
            report.add(f"{name}_{stage}_s", stage_s)


def _add_cold_start(report: Report, context: SpawnContext) -> None:
    start = time.perf_counter()
    _from_process(context, measure_cold_start)
    report.add("cold_first_sound_s", time.perf_counter() - start, at_most=MOST_COLD_S)


def _from_process(context: SpawnContext, measure: Callable[..., None], *arguments: Any) -> bytes:
    """Return what a function sends from a new process, at once. Raises EOFError if it dies first."""
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=measure, args=(*arguments, sender))
    process.start()
    sender.close()
    try:
        return receiver.recv_bytes()
    finally:
        receiver.close()
        process.join()


def run(*, repeats: int = 2, quick: bool = False) -> Report:
    """Measure everything; `quick` listens to fewer pieces."""
    listening.call_judges()
    report = Report()
    context = multiprocessing.get_context("spawn")
    _add_speed(report, context, repeats)
    _add_cold_start(report, context)
    determinism.add_sameness(report)
    report.include(music.run(quick=quick))
    return report
