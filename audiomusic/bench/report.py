"""A benchmark's results and goals, printed as a table or as one JSON object."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass, field
from typing import Any, Literal

from audiomusic.engines.cpu_info import cpu_model

Bound = dict[Literal["min", "max"], float]


def machine_facts() -> dict[str, Any]:
    """Return the facts on which a figure depends, so two figures can be compared."""
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


@dataclass
class Report:
    """Named figures; `wanted` has the bounds of those with a goal."""

    figures: dict[str, float] = field(default_factory=dict)
    wanted: dict[str, Bound] = field(default_factory=dict)
    details: dict[str, list[str]] = field(default_factory=dict)  # heading -> the details behind a figure

    def add(
        self, name: str, value: float, *, at_least: float | None = None, at_most: float | None = None
    ) -> None:
        self.figures[name] = round(value, 4)
        bound: Bound = {}
        if at_least is not None:
            bound["min"] = at_least
        if at_most is not None:
            bound["max"] = at_most
        if bound:
            self.wanted[name] = bound

    def include(self, other: Report) -> None:
        """Add the figures and bounds of another report."""
        self.figures |= other.figures
        self.wanted |= other.wanted
        self.details |= other.details

    @property
    def missed(self) -> list[str]:
        return [name for name, bound in self.wanted.items() if not self._is_met(name, bound)]

    def _is_met(self, name: str, bound: Bound) -> bool:
        value = self.figures[name]
        return bound.get("min", value) <= value <= bound.get("max", value)

    def to_json(self) -> str:
        body = {
            "machine": machine_facts(),
            "figures": self.figures,
            "wanted": self.wanted,
            "missed": self.missed,
        }
        return json.dumps(body | ({"details": self.details} if self.details else {}))

    def to_table(self) -> str:
        width = max((len(name) for name in self.figures), default=0)
        lines = [
            f"{name:<{width}}  {value:>12,.4g}  {self._verdict(name)}" for name, value in self.figures.items()
        ]
        facts = ", ".join(f"{name} {value}" for name, value in machine_facts().items())
        behind = [line for name, rows in self.details.items() for line in ("", f"{name}: {len(rows)}", *rows)]
        return "\n".join([facts, *(line.rstrip() for line in lines), *behind])

    def _verdict(self, name: str) -> str:
        bound = self.wanted.get(name)
        if bound is None:
            return ""
        expected = " and ".join(
            f"at {'least' if side == 'min' else 'most'} {value:g}" for side, value in bound.items()
        )
        return f"wanted {expected}: {'met' if self._is_met(name, bound) else 'MISSED'}"
