"""Whether a seed makes the same samples every time: repeated, with fewer threads, in another order."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from typing import Any

from audiomusic.bench.report import Report
from audiomusic.engines.base import SongRequest

#: Pieces of every kind: (kind, genre, seed).
PIECES = (
    ("song", "Rock", 5), ("instrumental", "Jazz", 6), ("rap", "Hip Hop", 7), ("vocals", "Folk", 8),
    ("samples", "Electronic", 9), ("song", "Latin", 10),
)  # fmt: skip
LYRICS = "[Verse]\nThe morning light is on the water\n[Chorus]\nStay with me until the summer"
DURATION_S = 14.0  # longer than one block of the mix
#: (engine threads, order) of each run, all in new processes.
WAYS = ((2, 1), (2, 1), (1, 1), (2, -1), (1, -1))


def make_all(workers: int, order: int) -> dict[str, str]:
    """Make PIECES in this order with this many threads, and return piece -> digest."""
    engine: Any = import_module("audiomusic.engines.studio.engine")
    engine.WORKERS = workers
    return {
        f"{kind} {genre} {seed}": _digest(engine, kind, genre, seed) for kind, genre, seed in PIECES[::order]
    }


def _digest(engine: Any, kind: Any, genre: str, seed: int) -> str:
    takes: list[Any] = []
    request = SongRequest(
        kind=kind, caption="", lyrics=LYRICS if kind in ("song", "rap", "vocals") else "", seeds=(seed,),
        duration_s=DURATION_S, max_duration_s=DURATION_S, genre=genre, calculate_quality=False,
    )  # fmt: skip
    engine.StudioEngine().generate(
        request, on_progress=lambda stage, share: None, is_cancelled=lambda: False, on_take=takes.append
    )
    return hashlib.sha256(takes[0].samples.tobytes()).hexdigest()


def shares_alike(ways: Sequence[dict[str, str]]) -> float:
    """Return the share of pieces with the same digest in all runs."""
    alike = [len({way[piece] for way in ways}) == 1 for piece in ways[0]]
    return sum(alike) / len(alike)


def add_sameness(report: Report) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context, max_tasks_per_child=1) as pool:
        ways = list(pool.map(make_all, *zip(*WAYS, strict=True)))
    report.add("same_samples_any_way_share", shares_alike(ways), at_least=1)
