"""The model's own settings as form fields: only those that an engine reads, described for people.

`model_settings.toml` has their labels and help texts. The page contains each setting once, with the engines
that read it, and shows it while one of them is selected.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from audiomusic.engines.registry import ENGINES
from jobs.specs.parameters import OPTIONS, Parameter

WORDS_FILE = Path(__file__).with_name("model_settings.toml")


@dataclass(frozen=True)
class ModelSetting:
    """One field: its row of the parameter table, its texts, and the engines that read it."""

    parameter: Parameter
    label: str
    help: str
    engines: tuple[str, ...]

    @property
    def control(self) -> str:
        """Return the control type: select, switch, number or text."""
        if self.parameter.kind in ("choice", "switch"):
            return {"choice": "select"}.get(self.parameter.kind, self.parameter.kind)
        return "number" if self.parameter.kind in ("number", "integer") else "text"

    @property
    def step(self) -> str:
        return "1" if self.parameter.kind == "integer" else "any"

    @property
    def range(self) -> str:
        """Return a number's range, such as "1 to 30"; "" for other controls."""
        low, high = self.parameter.minimum, self.parameter.maximum
        return f"{low:g} to {high:g}" if self.control == "number" and None not in (low, high) else ""


@cache
def model_settings() -> tuple[ModelSetting, ...]:
    """Return every setting that an engine of this server reads, in the order of the parameter table."""
    with WORDS_FILE.open("rb") as file:
        words = tomllib.load(file)
    found = []
    for parameter in OPTIONS:
        readers = tuple(
            name for name, entry in ENGINES.items() if parameter.name not in entry.unused_parameters
        )
        row = words[parameter.name]
        if readers:
            found.append(ModelSetting(parameter, row["label"], row["help"], readers))
    return tuple(found)
