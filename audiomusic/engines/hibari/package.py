"""Whether the package that English is sung with is there and whole; imports neither it nor torch."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

PACKAGE, MODULE, RUNTIME = "hibari-tts", "hibari", "onnxruntime"
VERSION = "0.2.1"  # as requirements.txt pins it: the names at which its graph is cut are its
MODEL_FILE = "hibari.onnx"
MODEL_SHA256 = "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"
OUTCOME = "Until then, espeak sings English."


class NetworkMissing(RuntimeError):
    """The network cannot sing here; the text says why."""


def assets_folder() -> Path:
    """Where the package keeps its files. Raises NetworkMissing where it, or its runtime, is not installed."""
    try:
        found = version(PACKAGE)
        version(RUNTIME)
    except PackageNotFoundError as error:
        raise NetworkMissing(f"Expected the package {error.name}, but it is not installed.") from None
    if found != VERSION:
        raise NetworkMissing(f"Expected {PACKAGE} {VERSION}, got {found}.")
    spec = find_spec(MODULE)
    if spec is None or not spec.origin:
        raise NetworkMissing(f"Expected the module {MODULE} of {PACKAGE}, but it cannot be found.")
    return Path(spec.origin).with_name("assets")


def read_model() -> bytes:
    """The network's file, as it was published. Raises NetworkMissing where it is not."""
    path = assets_folder() / MODEL_FILE
    try:
        model = path.read_bytes()
    except OSError as error:
        raise NetworkMissing(f"Expected {MODEL_FILE} of {PACKAGE}, but it cannot be read: {error}") from error
    found = hashlib.sha256(model).hexdigest()
    if found != MODEL_SHA256:
        raise NetworkMissing(
            f"Expected {MODEL_FILE} of {PACKAGE} {VERSION}, got another file (SHA-256 {found[:12]}…)."
        )
    return model


def singing_problems() -> list[str]:
    """What keeps the network from singing, as far as can be told without loading it."""
    try:
        read_model()
    except NetworkMissing as error:
        return [f"{error} {OUTCOME}"]
    return []
