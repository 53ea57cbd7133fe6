"""The file format for a master's curves, kept with a take so that its parts can be rendered again.

A NumPy archive. Curves are stored losslessly as byte planes of the differences of their bit patterns, which
deflate compresses well where a curve is smooth or constant.
"""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from audiomusic.engines.studio.master import MasterCurves
from audiomusic.engines.studio.mixdown import MixCurves

VERSION = 1


class CurvesNotReadable(ValueError):
    """A curves file that this version cannot read; the text says why."""


def dump_curves(curves: MixCurves) -> bytes:
    master = curves.master
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "version": np.array(VERSION),
        "tone_db": np.array(master.tone_db, np.float64),
        "fades_in": np.array(master.fades_in),
        "lines": np.array(list(curves.line_gains_db), np.int32),
        "line_gains_db": np.array(list(curves.line_gains_db.values()), np.float64),
        "lead_spans": np.array(curves.lead_spans, np.int64).reshape(-1, 2),
    }
    for name, curve in (("glue", master.glue), ("limiter", master.limiter)):
        if curve is not None:
            arrays[name] = _packed(curve)
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def load_curves(content: bytes) -> MixCurves:
    """Load the curves. Raises CurvesNotReadable."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            if int(arrays["version"]) != VERSION:
                raise CurvesNotReadable(f"Expected curves of version {VERSION}, got {arrays['version']}.")
            tone_db = tuple((float(hz), float(db)) for hz, db in arrays["tone_db"])
            glue, limiter = (
                _unpacked(arrays[name]) if name in arrays else None for name in ("glue", "limiter")
            )
            return MixCurves(
                MasterCurves(tone_db, glue, limiter, bool(arrays["fades_in"])),
                dict(zip(arrays["lines"].tolist(), arrays["line_gains_db"].tolist(), strict=True)),
                [(int(first), int(last)) for first, last in arrays["lead_spans"]],
            )
    except CurvesNotReadable:
        raise
    except Exception as error:  # a broken archive can raise many kinds of errors
        raise CurvesNotReadable(f"The stored curves cannot be read: {error}") from error


def _packed(curve: Tensor) -> npt.NDArray[np.uint8]:
    """Pack float32 [n] as uint8 [4, n]: the differences of its bit patterns, lowest bytes first."""
    bits = curve.contiguous().numpy().view(np.uint32)
    steps = np.diff(bits, prepend=np.uint32(0))
    return np.ascontiguousarray(steps.astype("<u4").view(np.uint8).reshape(-1, 4).T)


def _unpacked(planes: npt.NDArray[np.uint8]) -> Tensor:
    steps = np.ascontiguousarray(planes.T).view("<u4").reshape(-1).astype(np.uint32)
    return torch.from_numpy(np.cumsum(steps, dtype=np.uint32).view(np.float32))
