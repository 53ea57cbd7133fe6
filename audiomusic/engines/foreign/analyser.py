"""Analyses a file from outside: decodes it within limits, then analyses it in a separate process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from audiomusic.engines.foreign.bounds import DecodeBounds, SourceUnusable
from audiomusic.engines.foreign.decoding import ROOT, decode
from audiomusic.engines.foreign.findings import NothingFound, SongAnalysis

CHILD = "audiomusic.engines.foreign.analyse_child"
MOST_S = 120.0  # some 10 s for three minutes on one core


def analyse_file(path: Path, bounds: DecodeBounds) -> SongAnalysis:
    """Decode and analyse a file. Raises SourceUnusable, or NothingFound."""
    with TemporaryDirectory(prefix="audiomusic-") as folder:
        return analyse_decoded(decode(path, Path(folder) / "sound.wav", bounds).path)


def analyse_decoded(path: Path) -> SongAnalysis:
    try:
        done = subprocess.run(
            [sys.executable, "-m", CHILD, str(path)],
            cwd=ROOT,
            env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # one core per song
            | {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=MOST_S,
            check=False,
        )
        found: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        raise SourceUnusable("This audio could not be analyzed.", "analysis_failed") from None
    if "error" in found:
        raise NothingFound(found["error"])
    return cast(SongAnalysis, found)
