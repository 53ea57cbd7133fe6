"""What of this machine a sound or a figure may depend on."""

from __future__ import annotations

import platform
from pathlib import Path

import soundfile


def cpu_model() -> str:
    """The processor's own name, or its architecture where the system does not tell."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def machine_type() -> dict[str, str]:
    """Where the same program may round its sums differently, and what writes the files."""
    return {
        "machine": platform.machine(),
        "cpu": cpu_model(),
        "libsndfile": soundfile.__libsndfile_version__,
    }
