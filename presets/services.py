"""Writes of presets."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import transaction

from presets.models import Preset
from presets.selectors import DATA_DIR


@dataclass
class SyncCounts:
    created: int = 0
    updated: int = 0
    kept: int = 0  # edited by staff, left alone


@cache
def shipped_presets() -> tuple[dict[str, Any], ...]:
    """Return the rows of the data file in order: name, label, description, position, parameters. TOML has no
    null, so parameters that a preset leaves to the plan are added as None."""
    with (DATA_DIR / "genre_presets.toml").open("rb") as file:
        rows = tomllib.load(file)["preset"]
    return tuple(
        {
            "name": row["name"],
            "label": row["label"],
            "description": row["description"],
            "position": position,
            "parameters": {"keyscale": None, **row["parameters"]} if row["parameters"] else {},
        }
        for position, row in enumerate(rows, start=1)
    )


@transaction.atomic
def presets_sync() -> SyncCounts:
    """Update the shipped presets; presets that staff edited or added stay as they are."""
    counts = SyncCounts()
    for row in shipped_presets():
        values = {**row, "is_shipped": True}
        preset, is_new = Preset.objects.get_or_create(name=row["name"], defaults=values)
        if is_new:
            counts.created += 1
        elif preset.is_edited or not preset.is_shipped:
            counts.kept += 1
        elif _change(preset, values):
            counts.updated += 1
    return counts


def preset_changes(*, preset: Preset) -> list[tuple[str, Any, Any]] | None:
    """Return the differences from the shipped preset as (name, current, shipped), parameter by parameter, or
    None if it was never shipped. Only reads."""
    row = _shipped(preset)
    if row is None:
        return None
    now = {"label": preset.label, "description": preset.description, "position": preset.position}
    pairs = [(name, now[name], row[name]) for name in now]
    pairs += [
        (name, preset.parameters.get(name), row["parameters"].get(name))
        for name in sorted({*preset.parameters, *row["parameters"]})
    ]
    return [pair for pair in pairs if pair[1] != pair[2]]


def _shipped(preset: Preset) -> dict[str, Any] | None:
    return next((row for row in shipped_presets() if row["name"] == preset.name), None)


def preset_reset(*, preset: Preset) -> bool:
    """Reset a preset to the data file's version. False if the file does not have it."""
    row = _shipped(preset)
    if row is None:
        return False
    _change(preset, {**row, "is_shipped": True, "is_edited": False})
    return True


def _change(preset: Preset, values: dict[str, Any]) -> bool:
    """Set what differs, and return whether anything did."""
    changed = {name: value for name, value in values.items() if getattr(preset, name) != value}
    for name, value in changed.items():
        setattr(preset, name, value)
    if changed:
        preset.save(update_fields=list(changed))
    return bool(changed)
