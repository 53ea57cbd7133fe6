"""Questions about presets and adapters."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from presets.models import Adapter, Preset

DATA_DIR = Path(__file__).resolve().parent / "data"


def preset_named(name: str) -> Preset:
    """The preset called `name`, in any case. Raises LookupError naming what there is."""
    preset = Preset.objects.filter(name__iexact=name.strip()).order_by("id").first()
    if preset is None:
        names = ", ".join(Preset.objects.values_list("name", flat=True))
        raise LookupError(f"There is no genre preset called {name[:64]!r}; there are: {names or 'none'}.")
    return preset


def preset_parameters(name: str) -> dict[str, Any]:
    """The parameters that the preset called `name` sets; nulls are left out.
    Raises LookupError naming what there is."""
    parameters = preset_named(name).parameters
    return {key: value for key, value in parameters.items() if value is not None}


def adapter_named(name: str) -> Adapter:
    """The active adapter called `name`, in any case. Raises LookupError naming what there is."""
    active = Adapter.objects.filter(is_active=True)
    adapter = active.filter(name__iexact=name.strip()).order_by("id").first()
    if adapter is None:
        names = ", ".join(active.values_list("name", flat=True))
        known = f"there are: {names}." if names else "none is registered here."
        raise LookupError(f"There is no adapter called {ascii(name[:64])}; {known}")
    return adapter


def presets_by_name() -> dict[str, dict[str, Any]]:
    """Every preset as clients see it, in the order of the list."""
    return {
        preset.name: {"label": preset.label, "description": preset.description, **preset.parameters}
        for preset in Preset.objects.all()
    }


@cache
def sample_requests() -> dict[str, list[dict[str, Any]]]:
    """Requests ready to be sent, by task: title, endpoint and body of each."""
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
