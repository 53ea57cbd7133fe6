"""Reads small JSON files, and the headers of safetensors files: the names and shapes of tensors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

LONGEST_HEAD_BYTES = 100_000_000  # the safetensors library's own limit
POINTER = b"version https://git-lfs"  # what git checks out instead of a large file

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class TensorHead:
    """What a file's header says of a tensor."""

    shape: tuple[int, ...]
    number: str  # the dtype, as safetensors names it: BF16, F8_E4M3, …
    byte_count: int


@dataclass(frozen=True)
class Head:
    """A safetensors file's header, the file's size, and the size it should have. Cached: do not modify."""

    tensors: Mapping[str, TensorHead]
    byte_count: int
    wanted_byte_count: int


class WeightsError(Exception):
    """A folder that cannot be loaded; the message says what to do about it."""


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file. Raises WeightsError."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} cannot be read as JSON: {error}.") from None
    if not isinstance(value, dict):
        raise WeightsError(f"{path} holds no JSON object.")
    return value


def tensor_shapes(file: Path) -> Shapes:
    """Return the shapes of a safetensors file's tensors from its header alone. Raises WeightsError if the
    file is shorter than its header says."""
    head = read_head(file)
    if head.byte_count < head.wanted_byte_count:
        raise WeightsError(
            f"{file} is cut off: it has {head.byte_count:,} bytes of {head.wanted_byte_count:,}. "
            "Fetch it again."
        )
    return {name: tensor.shape for name, tensor in head.tensors.items()}


def read_head(file: Path) -> Head:
    """Read the header of a safetensors file, even if the file is truncated after it. Raises WeightsError."""
    facts = file.stat()
    return _read_head(file, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=64)  # web processes call this for every request
def _read_head(file: Path, size: int, changed_ns: int) -> Head:
    with file.open("rb") as stream:
        start = stream.read(8)
        if POINTER.startswith(start) and size >= 8:
            raise WeightsError(f"{file} is a pointer of git-lfs, not the weights: run `git lfs pull` there.")
        head_bytes = int.from_bytes(start, "little")
        if size < 8 or head_bytes > min(size - 8, LONGEST_HEAD_BYTES):
            raise WeightsError(f"{file} is cut off or is no safetensors file.")
        try:
            head = json.loads(stream.read(head_bytes))
            tensors = {name: _tensor(row) for name, row in head.items() if name != "__metadata__"}
            ends = (row["data_offsets"][1] for name, row in head.items() if name != "__metadata__")
            wanted = 8 + head_bytes + max(ends, default=0)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            raise WeightsError(f"{file} is damaged: its head cannot be read.") from None
    return Head(tensors, size, wanted)


def _tensor(row: dict[str, Any]) -> TensorHead:
    first, end = row["data_offsets"]
    return TensorHead(shape=tuple(row["shape"]), number=str(row["dtype"]), byte_count=end - first)


def folder_shapes(place: Path) -> Shapes:
    """Return the tensors in all safetensors files of a folder. Raises WeightsError."""
    found: Shapes = {}
    for file in sorted(place.glob("*.safetensors")):
        found |= tensor_shapes(file)
    return found


def weight_problems(place: Path) -> Iterator[str]:
    """Iterate over what is wrong with the safetensors files of a folder, sharded or not."""
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
