"""Ranges of a song's samples: which parts were kept, and where its opening and closing are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.encoding import Samples

Span = tuple[int, int]  # samples

#: For extending a song: the limits of the part at its end, or its beginning, that is made again.
LEAST_JOIN_S, MOST_CLOSING_S, MOST_OPENING_S = 0.5, 8.0, 2.0
CELL_S = 0.1
CLOSING_SHARE = 0.25  # of the song's median level, 12 dB less: from there on it rings out


def kept_ranges(samples: Samples, spans: Sequence[Span], at: int) -> list[dict[str, Any]]:
    """Return the parts of the source outside the new spans, each with the hash of its 24-bit samples. `at`:
    where the source starts in the new song."""
    edges = [0, *(edge for span in sorted(spans) for edge in span), samples.shape[1]]
    ranges = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if start < stop:
            ranges.append(
                {
                    "source_start_s": (start - at) / SAMPLE_RATE_HZ,
                    "source_end_s": (stop - at) / SAMPLE_RATE_HZ,
                    "at_s": start / SAMPLE_RATE_HZ,
                    "sha256": pcm24_sha256(samples[:, start:stop]),
                }
            )
    return ranges


def pcm24_sha256(samples: Samples) -> str:
    """Return the hash of the samples as in a 24-bit WAV file: little-endian, interleaved."""
    whole = np.clip(np.rint(samples.astype(np.float64) * 2**23), -(2**23), 2**23 - 1).astype("<i4")
    return hashlib.sha256(
        np.ascontiguousarray(whole.T).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    ).hexdigest()


def closing_span(samples: Samples) -> int:
    """Return how many samples at the end ring out or fade, so that an extension makes them again."""
    return _quiet(_levels(samples)[::-1], MOST_CLOSING_S, samples.shape[1])


def opening_span(samples: Samples) -> int:
    """Return how many samples at the beginning are quieter than the song."""
    return _quiet(_levels(samples), MOST_OPENING_S, samples.shape[1])


def _levels(samples: Samples) -> np.ndarray[Any, np.dtype[np.float64]]:
    cell = round(CELL_S * SAMPLE_RATE_HZ)
    count = max(1, samples.shape[1] // cell)
    cells = np.square(samples[:, : count * cell].astype(np.float64)).mean(0)
    return np.array([np.sqrt(part.mean()) for part in np.array_split(cells, count)])


def _quiet(levels: np.ndarray[Any, np.dtype[np.float64]], most_s: float, length: int) -> int:
    usual = float(np.median(levels))
    loud = np.flatnonzero(levels >= CLOSING_SHARE * usual)
    quiet_s = (int(loud[0]) if loud.size else 0) * CELL_S
    return min(length // 2, round(min(most_s, max(LEAST_JOIN_S, quiet_s)) * SAMPLE_RATE_HZ))
