"""Separates a decoded file in a process of its own, which ends on cancellation or timeout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from audiomusic.engines.foreign.decoding import ROOT
from audiomusic.engines.foreign.stems.methods import StemsUnavailable

CHILD = "audiomusic.engines.foreign.stems.separate_child"
LEAST_S, FACTOR = 120.0, 12.0  # a large model takes a few times as long as the audio, on one slow core
LOOK_S = 0.2


def separate(
    source: Path,
    folder: Path,
    parts: Sequence[str],
    model: Path | None,
    duration_s: float,
    tick: Callable[[], None],
) -> None:
    """Write each part as `PART.wav` into `folder`, float32 at the rate of `source`. `tick` is called often
    and may raise. Raises StemsUnavailable."""
    ends_at = time.monotonic() + LEAST_S + FACTOR * duration_s
    child = subprocess.Popen(
        [sys.executable, "-m", CHILD, str(source), str(folder), str(model or ""), *parts],
        cwd=ROOT,
        env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        | {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                said, _ = child.communicate(timeout=LOOK_S)
                break
            except subprocess.TimeoutExpired:
                tick()
                if time.monotonic() > ends_at:
                    raise StemsUnavailable("Separating this audio took too long and was stopped.") from None
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    try:
        answer = json.loads(said)
    except ValueError:
        raise StemsUnavailable("This audio could not be separated.") from None
    if "error" in answer:
        raise StemsUnavailable(answer["error"])
