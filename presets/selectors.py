"""Queries of presets and adapters."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from presets.models import Adapter, Preset

DATA_DIR = Path(__file__).resolve().parent / "data"
MAX_ADAPTERS = 4  # used together
_NUMBER = re.compile(r"\s*[+-]?\d{1,3}(?:\.\d{1,6})?\s*")


def preset_named(name: str) -> Preset:
    """Return the preset called `name`, case-insensitive. Raises LookupError listing the presets."""
    preset = Preset.objects.filter(name__iexact=name.strip()).order_by("id").first()
    if preset is None:
        names = ", ".join(Preset.objects.values_list("name", flat=True))
        raise LookupError(f"There is no genre preset called {name[:64]!r}; there are: {names or 'none'}.")
    return preset


def preset_parameters(name: str) -> dict[str, Any]:
    """Return the parameters that the preset called `name` sets; nulls are left out. Raises LookupError
    listing the presets."""
    parameters = preset_named(name).parameters
    return {key: value for key, value in parameters.items() if value is not None}


def adapter_named(name: str) -> Adapter:
    """Return the active adapter called `name`, case-insensitive. Raises LookupError listing the adapters."""
    active = Adapter.objects.filter(is_active=True)
    adapter = active.filter(name__iexact=name.strip()).order_by("id").first()
    if adapter is None:
        names = ", ".join(active.values_list("name", flat=True))
        known = f"there are: {names}." if names else "none is registered here."
        raise LookupError(f"There is no adapter called {ascii(name[:64])}; {known}")
    return adapter


def adapters_asked(text: str, weight: float = 1.0) -> tuple[tuple[Adapter, float], ...]:
    """Parse adapters such as "Rain" or "Rain:0.8, Night", each with its own weight or `weight`. Raises
    LookupError for an unknown name, and ValueError for too many adapters or one given twice. Also finds an
    adapter whose own name contains a comma or a colon."""
    asked = _one_asked(text, weight)
    uses = (asked,) if asked else tuple(_asked(part, weight) for part in text.split(",") if part.strip())
    names = [adapter.name for adapter, _ in uses]
    if not names:
        raise ValueError("Expected an adapter's name, got none.")
    if len(names) > MAX_ADAPTERS:
        raise ValueError(f"Expected at most {MAX_ADAPTERS} adapters, got {len(names)}.")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"Expected each adapter once, got {twice} twice.")
    return uses


def _asked(part: str, weight: float) -> tuple[Adapter, float]:
    """Parse one of several adapters: "Rain", or "Rain:0.8" unless that is a whole name."""
    name, _, number = part.rpartition(":")
    if name and _NUMBER.fullmatch(number):
        return _one_asked(part, weight) or (adapter_named(name), float(number))
    return adapter_named(part), weight


def _one_asked(name: str, weight: float) -> tuple[Adapter, float] | None:
    try:
        return adapter_named(name), weight
    except LookupError:
        return None


def presets_by_name() -> dict[str, dict[str, Any]]:
    """Return every preset as clients see it, in list order."""
    return {
        preset.name: {"label": preset.label, "description": preset.description, **preset.parameters}
        for preset in Preset.objects.all()
    }


@cache
def sample_requests() -> dict[str, list[dict[str, Any]]]:
    """Return sample requests by task, each with title, endpoint and body."""
    with (DATA_DIR / "sample_requests.toml").open("rb") as file:
        rows = tomllib.load(file)["sample"]
    samples: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        request = {
            name: value.strip() if isinstance(value, str) else value for name, value in row["request"].items()
        }
        samples.setdefault(row["task"], []).append(
            {"title": row["title"], "endpoint": f"/api/v1/music/{row['task']}", "request": request}
        )
    return samples
