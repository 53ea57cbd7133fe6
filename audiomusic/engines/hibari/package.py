"""Checks that the package that sings English is installed and intact; imports neither it nor torch."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

PACKAGE, MODULE, RUNTIME = "hibari-tts", "hibari", "onnxruntime"
VERSION = "0.2.1"  # pinned in requirements.txt: the graph is cut at this version's tensor names
MODEL_FILE = "hibari.onnx"
MODEL_SHA256 = "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"
OUTCOME = "Until then, espeak sings English."


class NetworkMissing(RuntimeError):
    """The network cannot sing here; the message says why."""


def assets_folder() -> Path:
    """Return the package's folder of files. Raises NetworkMissing if it, or its runtime, is not installed."""
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
    """Return the network's file as published. Raises NetworkMissing if it is missing or differs."""
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
    """Return what keeps the network from singing, as far as can be checked without loading it."""
    try:
        read_model()
    except NetworkMissing as error:
        return [f"{error} {OUTCOME}"]
    return []
