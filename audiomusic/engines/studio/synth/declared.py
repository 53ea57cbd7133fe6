"""Loader of sounds declared in TOML: each table becomes the dataclass it names."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any


def read_tables(folder: Path) -> dict[str, dict[str, Any]]:
    """Return all tables of a folder's TOML files by name. Raises ValueError for a duplicate name."""
    tables: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.toml")):
        for name, table in tomllib.loads(path.read_text("utf-8")).items():
            if name in tables:
                raise ValueError(f"{path.name}: {name!r} is already declared in another file")
            tables[name] = table
    return tables


def build(kinds: Mapping[str, type[Any]], table: Mapping[str, Any], key: str) -> Any:
    """Return an instance of `kinds[table[key]]` with the rest of the table as its fields."""
    settings = dict(table)
    kind = settings.pop(key, None)
    if kind not in kinds:
        raise ValueError(f"{key} must be one of {', '.join(kinds)}; got {kind!r}")
    return fill(kinds[kind], settings)


def fill(wanted: type[Any], settings: Mapping[str, Any]) -> Any:
    """Return an instance of a dataclass from a table. Raises ValueError for unknown fields."""
    known = {field.name for field in fields(wanted)}
    unknown = sorted(set(settings) - known)
    if unknown:
        raise ValueError(f"{wanted.__name__} has no {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    return wanted(**{name: _frozen(value) for name, value in settings.items()})


def _frozen(value: Any) -> Any:
    """Convert lists to tuples recursively, so that declarations are immutable."""
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
