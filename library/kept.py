"""Readable report of what a song keeps sample for sample from its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.models import Job


@dataclass(frozen=True)
class KeptRange:
    """Times in the source as m:ss.t, and where the range begins in the song."""

    start: str
    end: str
    at: str
    is_moved: bool
    sha256: str


@dataclass(frozen=True)
class KeptReport:
    percent: int
    ranges: list[KeptRange]


def kept_ranges(job: Job) -> KeptReport | None:
    """Return the report, or None if the song kept nothing of its source or was not asked to."""
    kept = job.effective.get("kept")
    if not isinstance(kept, list) or not kept:
        return None
    whole_s = float(job.effective.get("source", {}).get("duration") or 0)
    kept_s = sum(each["source_end_s"] - each["source_start_s"] for each in kept)
    percent = int(100 * kept_s / whole_s) if whole_s else 0  # rounded down, never overstated
    return KeptReport(min(100, percent), [_range(each) for each in kept])


def _range(kept: dict[str, Any]) -> KeptRange:
    start_s, at_s = kept["source_start_s"], kept["at_s"]
    return KeptRange(
        start=clock(start_s),
        end=clock(kept["source_end_s"]),
        at=clock(at_s),
        is_moved=abs(at_s - start_s) > 1e-4,
        sha256=str(kept.get("sha256", "")),
    )


def clock(seconds: float) -> str:
    """Format a time: 83.27 -> "1:23.3"."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths % 600 // 10:02d}.{tenths % 10}"
