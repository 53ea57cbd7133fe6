"""`manage.py bench tools`: tools for existing songs: whether the stems add up to the song, and how long it
takes.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from audiomusic.bench.engine.rework import reference_figures, repainted, rework_figures, rework_times
from audiomusic.bench.report import Report
from audiomusic.engines.base import SongRequest, StemRequest, TakeResult
from audiomusic.engines.encoding import encode
from audiomusic.engines.studio.lyric_timing import kept_lrc
from audiomusic.engines.studio.rework.stem_names import stems_present

SONGS, QUICK_SONGS = 25, 4  # one per genre
PIECED_SONGS, REFERRED_SONGS = 4, 6  # out of them
DURATION_S, LONG_S = 20.0, 120.0
MOST_REST_DBFS = -90.0
MOST_CURVES_SHARE = 0.05  # of the FLAC master
MOST_STEM_S = 4.0
MOST_LRC_MS = 100.0
LYRICS = """[Verse]
The morning light is on the water
And every boat is drifting home (drifting home)
[Chorus]
Stay with me until the summer
Stay until the rivers run
"""


class TakenApart(NamedTuple):
    """The measurements of one song."""

    rest_dbfs: float  # the master minus all its stems
    loudest_stem: float  # full scale is 1
    curves_share: float  # of the FLAC master's bytes


def run(*, quick: bool = False) -> Report:
    report = Report()
    count = QUICK_SONGS if quick else SONGS
    takes = [make(*wish) for wish in wishes(count)]
    songs = [take_apart(take) for take in takes]
    report.add("songs taken apart", len(songs), at_least=count)
    report.add("stems' rest, worst, dBFS", max(song.rest_dbfs for song in songs), at_most=MOST_REST_DBFS)
    report.add("loudest sample of a stem", max(song.loudest_stem for song in songs))
    share = max(song.curves_share for song in songs)
    report.add("curves, share of the master, most", share, at_most=MOST_CURVES_SHARE)
    pieced = [take_apart(repainted(take)) for take in takes[:PIECED_SONGS]]
    rest = max(song.rest_dbfs for song in pieced)
    report.add("repainted songs' stems' rest, worst, dBFS", rest, at_most=MOST_REST_DBFS)
    report.include(rework_figures(takes))
    report.include(reference_figures(takes[:: max(1, count // REFERRED_SONGS)][:REFERRED_SONGS]))
    report.include(times(LONG_S / 4 if quick else LONG_S))
    return report


def wishes(count: int) -> list[tuple[str, int]]:
    """Return (genre, seed) pairs that cycle through all genres."""
    genres = sorted(import_module("audiomusic.engines.studio.compose.genres").load_genres())
    return [(genres[number % len(genres)], number) for number in range(count)]


def make(genre: str, seed: int, duration_s: float = DURATION_S) -> TakeResult:
    """Return a song; every third seed has no singing."""
    is_sung = seed % 3 != 2
    takes: list[TakeResult] = []
    _engine().generate(
        SongRequest(
            kind="song" if is_sung else "instrumental", caption=genre, genre=genre, seeds=(seed,),
            lyrics=LYRICS if is_sung else "", duration_s=duration_s, max_duration_s=duration_s,
            calculate_quality=False,
        ),
        **_quietly(takes),
    )  # fmt: skip
    return takes[0]


def take_apart(take: TakeResult) -> TakenApart:
    stems = _stems(take, [[name] for name in stems_present(take.score or {})])
    with tempfile.TemporaryDirectory(prefix="audiomusic-") as folder:
        path = Path(folder) / "master.flac"
        encode(take.samples, path, "flac")
        byte_count = path.stat().st_size
    # As they are stored: in 24 bits, clipped at full scale.
    whole = sum(_stored(stem.samples) for stem in stems)
    rest = float(np.abs(whole - _stored(take.samples)).max())
    return TakenApart(
        20 * np.log10(rest + 1e-12),
        max(float(np.abs(stem.samples).max()) for stem in stems),
        len(take.curves or b"") / byte_count,
    )


def times(duration_s: float) -> Report:
    """Measure the times for one long sung song: its stems one by one (slowest and mean) and its lyrics."""
    report = Report()
    took: list[float] = []
    take = make("rock", 0, duration_s)
    for name in stems_present(take.score or {}):
        started_at = time.perf_counter()
        _stems(take, [[name]])
        took.append(time.perf_counter() - started_at)
    report.add(f"one stem of {duration_s:g} s, slowest, s", max(took), at_most=MOST_STEM_S)
    report.add(f"one stem of {duration_s:g} s, mean, s", sum(took) / len(took))
    text = json.dumps(take.score)
    started_at = time.perf_counter()
    kept_lrc(json.loads(text))
    report.add("lyrics of it timed, ms", 1000 * (time.perf_counter() - started_at), at_most=MOST_LRC_MS)
    report.include(rework_times(take))
    report.add("cores used", len(os.sched_getaffinity(0)))
    return report


def _stored(samples: Any) -> Any:
    return np.clip(np.round(samples.astype(np.float64) * 2**23), -(2**23), 2**23 - 1) / 2**23


def _stems(take: TakeResult, stems: Sequence[Sequence[str]]) -> list[TakeResult]:
    made: list[TakeResult] = []
    wanted = tuple(tuple(names) for names in stems)
    request = StemRequest(take.score or {}, take.curves or b"", wanted, take.seed, take.source)
    _engine().extract_stems(request, **_quietly(made))
    return made


def _engine() -> Any:
    return import_module("audiomusic.engines.studio.engine").StudioEngine()


def _quietly(takes: list[TakeResult]) -> dict[str, Any]:
    return {
        "on_progress": lambda stage, share: None,
        "is_cancelled": lambda: False,
        "on_take": takes.append,
    }
