"""Recognises unusable weights by their names, and says what would help."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from audiomusic.engines.acestep.layouts.heads import WeightsError, tensor_shapes
from audiomusic.engines.acestep.layouts.parts import SILENCE_FILE

PICKLED = (".bin", ".ckpt", ".pt", ".pth")
HELP = "ACE-Step's own folder is read as it is: `manage.py models path` tells how to fetch it."


def file_problem(file: Path) -> str:
    """Return why a single file is rejected."""
    if file.suffix == ".gguf":
        return f"{file} is in GGUF, which cannot be read here. {HELP}"
    if file.suffix in PICKLED:
        return f"{file} is pickled, can run code when it is opened, and is not read. {HELP}"
    if file.suffix == ".safetensors":
        try:
            tensor_shapes(file)
        except WeightsError as error:
            return str(error)
        return f"{file} holds no model of ACE-Step 1.5. {HELP}"
    return f"Expected a folder of weights or ComfyUI's single file, got {file}. {HELP}"


def folder_problem(path: Path, index: str) -> str:
    """Return why a folder holds no readable model."""
    for file in _weights(path):
        if file.suffix != ".safetensors":
            return file_problem(file)
        return (
            f"{path} has weights but no {index}, and in ACE-Step's original layout a config.json with "
            f"model_type acestep lies beside them: the folder is not whole. Fetch it again. {HELP}"
        )
    return f"{path} is not a model: it has no {index}, and no folder of ACE-Step's own is in it."


def _weights(path: Path) -> Iterator[Path]:
    kinds = (".safetensors", ".gguf", *PICKLED)
    found = chain.from_iterable(path.glob(f"{depth}*{kind}") for depth in ("", "*/") for kind in kinds)
    named = (file for file in found if file.name != SILENCE_FILE)
    return iter(sorted(named, key=lambda file: (file.suffix in PICKLED, file)))
