"""The machine's properties that samples or measurements may depend on."""

from __future__ import annotations

import platform
from pathlib import Path

import soundfile


def cpu_model() -> str:
    """Return the processor's name, or its architecture if the system does not report the name."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def machine_type() -> dict[str, str]:
    """Return what may make the same program round differently, and the version of the library that writes
    files."""
    return {
        "machine": platform.machine(),
        "cpu": cpu_model(),
        "libsndfile": soundfile.__libsndfile_version__,
    }
