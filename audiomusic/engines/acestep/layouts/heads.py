"""Small files and the heads of large ones: JSON, and the names and shapes of tensors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LONGEST_HEAD_BYTES = 100_000_000  # of a safetensors file, as its own library limits it
POINTER = b"version https://git-lfs"  # what git leaves in place of a large file

Shapes = dict[str, tuple[int, ...]]


class WeightsError(Exception):
    """A folder that cannot be loaded; the text tells a person what to do about it."""


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises WeightsError."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} cannot be read as JSON: {error}.") from None
    if not isinstance(value, dict):
        raise WeightsError(f"{path} holds no JSON object.")
    return value


def tensor_shapes(file: Path) -> Shapes:
    """The tensors in a safetensors file, by its head alone. Raises WeightsError where the file does
    not hold all that its head promises."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        start = stream.read(8)
        if POINTER.startswith(start) and size >= 8:
            raise WeightsError(f"{file} is a pointer of git-lfs, not the weights: run `git lfs pull` there.")
        head_bytes = int.from_bytes(start, "little")
        if size < 8 or head_bytes > min(size - 8, LONGEST_HEAD_BYTES):
            raise WeightsError(f"{file} is cut off or is no safetensors file.")
        try:
            head = json.loads(stream.read(head_bytes))
            rows = {name: row for name, row in head.items() if name != "__metadata__"}
            wanted = 8 + head_bytes + max((row["data_offsets"][1] for row in rows.values()), default=0)
            shapes = {name: tuple(row["shape"]) for name, row in rows.items()}
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            raise WeightsError(f"{file} is damaged: its head cannot be read.") from None
    if size < wanted:
        raise WeightsError(f"{file} is cut off: it has {size:,} bytes of {wanted:,}. Fetch it again.")
    return shapes


def folder_shapes(place: Path) -> Shapes:
    """The tensors in all safetensors files of a folder. Raises WeightsError."""
    found: Shapes = {}
    for file in sorted(place.glob("*.safetensors")):
        found |= tensor_shapes(file)
    return found


def weight_problems(place: Path) -> Iterator[str]:
    """What is wrong with the safetensors files of a folder, in one piece or in several."""
    files = sorted(place.glob("*.safetensors"))
    for shards in place.glob("*.safetensors.index.json"):
        try:
            wanted = set(read_json(shards).get("weight_map", {}).values())
        except WeightsError as error:
            yield str(error)
            continue
        for name in sorted(wanted - {file.name for file in files}):
            yield f"{place / name} is missing; {shards.name} names it."
    if not files:
        other = "; weights in other formats are not loaded" if any(place.glob("*.bin")) else ""
        yield f"{place} has no .safetensors file{other}."
    for file in files:
        try:
            tensor_shapes(file)
        except WeightsError as error:
            yield str(error)
            return
