"""Reads the JSON file beside a separation model, which states what the model file does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, TypedDict

SUFFIX = ".onnx"
MOST_BYTES = 10_000
NAMES = {"stem": (str,), "n_fft": (int,), "compensate": (int, float)}


class ModelSettings(TypedDict, total=False):
    """`stem`: which stem the model outputs. `n_fft`: its FFT length. `compensate`: the gain of its output."""

    stem: Literal["vocals", "instrumental"]
    n_fft: int
    compensate: float


class ModelUnusable(ValueError):
    """Carries a message."""


class SettingsUnusable(ModelUnusable):
    """The settings file beside the model is invalid."""


def model_file(path: Path) -> Path:
    """Return the model file, or the only one in a folder. Raises ModelUnusable."""
    if path.is_dir():
        found = sorted(path.glob(f"*{SUFFIX}"))
        if len(found) != 1:
            raise ModelUnusable(f"Expected a folder with one {SUFFIX} file, got {len(found)} of them in it.")
        return found[0]
    if path.suffix != SUFFIX or not path.is_file():
        raise ModelUnusable(f"Expected an {SUFFIX} file that is there, got {str(path)!r}.")
    return path


def read_settings(path: Path) -> ModelSettings:
    """Return the settings of the model at `path`; empty if there are none. Raises SettingsUnusable."""
    beside = path.with_suffix(".json")
    if not beside.exists():
        return {}
    try:
        found = json.loads(beside.read_bytes()[:MOST_BYTES])
    except (OSError, ValueError):
        raise SettingsUnusable(f"Expected JSON in {beside.name}, got something else.") from None
    if not isinstance(found, dict):
        raise SettingsUnusable(f"Expected an object in {beside.name}, got {type(found).__name__}.")
    for name, value in found.items():
        if name not in NAMES or not isinstance(value, NAMES[name]) or isinstance(value, bool):
            raise SettingsUnusable(
                f"Expected {', '.join(NAMES)} in {beside.name}, got {name}: {value!r:.40}."
            )
    if found.get("stem", "vocals") not in ("vocals", "instrumental"):
        raise SettingsUnusable(f"Expected vocals or instrumental as stem, got {found['stem']!r:.40}.")
    if not 2048 <= found.get("n_fft", 4096) <= 65_536:
        raise SettingsUnusable(f"Expected n_fft from 2048 to 65536, got {found['n_fft']}.")
    if not 0.1 <= found.get("compensate", 1.0) <= 10:
        raise SettingsUnusable(f"Expected compensate from 0.1 to 10, got {found['compensate']}.")
    settings: ModelSettings = found  # type: ignore[assignment]
    return settings
