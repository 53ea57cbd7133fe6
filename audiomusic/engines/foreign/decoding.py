"""Decodes audio from outside, in a separate process with limits (`decode_child`)."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.foreign.bounds import READABLE, DecodeBounds, SourceUnusable
from audiomusic.engines.foreign.kinds import HEAD_BYTES, AudioKind, audio_kind

CHILD = "audiomusic.engines.foreign.decode_child"
ROOT = Path(__file__).parents[3]
UNKNOWN_BYTES = 0x7FFF0000
BROKEN = "The file could not be decoded."


@dataclass(frozen=True)
class DecodedAudio:
    """A file as 24-bit stereo at the engines' rate. `sha256`: of its samples, as for a take's master."""

    path: Path
    kind: AudioKind
    sha256: str
    frames: int
    sample_rate_hz: int  # of the original file
    channels: int

    @property
    def duration_s(self) -> float:
        return self.frames / SAMPLE_RATE_HZ


def find_kind(path: Path) -> AudioKind:
    """Return the kind of a file. Raises SourceUnusable for unsupported or truncated files."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    kind = audio_kind(head)
    if kind is None:
        raise SourceUnusable(f"Expected {READABLE}, got a file of another kind.", "source_not_audio")
    if kind == "wav" and path.stat().st_size < _riff_bytes(head):
        raise SourceUnusable("The file is incomplete: its header says that it is longer.", "source_not_audio")
    return kind


def _riff_bytes(head: bytes) -> int:
    """Return the length that the header states, which libsndfile ignores; 0 if it is unknown, as after
    writing to a pipe."""
    said = int.from_bytes(head[4:8], "little")
    return said + 8 if head[:4] == b"RIFF" and said < UNKNOWN_BYTES else 0


def decode(path: Path, target: Path, bounds: DecodeBounds) -> DecodedAudio:
    """Decode `path` to `target`, a WAV file. Raises SourceUnusable; the caller removes any partial output."""
    kind = find_kind(path)
    facts = _ask_child(path, target, bounds)
    if "code" in facts:
        raise SourceUnusable(facts["sentence"], facts["code"])
    return DecodedAudio(
        target, kind, facts["sha256"], facts["frames"], facts["sample_rate"], facts["channels"]
    )


def _ask_child(path: Path, target: Path, bounds: DecodeBounds) -> dict[str, Any]:
    words = [str(path), str(target), str(bounds.max_s), str(int(bounds.wall_s)), str(bounds.memory_bytes)]
    try:
        done = subprocess.run(
            [sys.executable, "-m", CHILD, *words],
            cwd=ROOT,
            env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=bounds.wall_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        sentence = f"The file could not be read within {bounds.wall_s:g} s."
        raise SourceUnusable(sentence, "source_not_audio") from None
    try:
        facts: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise SourceUnusable(BROKEN, "source_not_audio") from None
    return facts
