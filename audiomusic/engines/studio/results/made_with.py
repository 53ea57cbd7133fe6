"""Versions that affect a take's samples."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import torch

from audiomusic.engines.hibari.package import PACKAGE, RUNTIME
from audiomusic.engines.studio.score import Score
from audiomusic.engines.studio.synth.sampling.library import recordings_made_with
from audiomusic.engines.studio.voice import english_fallback


def made_with(score: Score) -> dict[str, str]:
    """Return what the samples may depend on, apart from the engine's version and the processor."""
    packages = ["espeakng-loader"]
    if score.reader == "hibari" and not english_fallback(score):
        packages += [PACKAGE, RUNTIME]
    return {
        "torch": torch.__version__,
        "numpy": np.__version__,
        **{package: version(package) for package in packages},
        **recordings_made_with(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "device": "cpu",
    }
