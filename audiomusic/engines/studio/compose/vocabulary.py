"""The tables in `words/`: what instruments, singers, decades and samples mean for composing."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

WORDS_DIR = Path(__file__).parent / "words"


@cache
def words_table(name: str) -> dict[str, Any]:
    """Load the table `words/<name>.toml`."""
    return tomllib.loads((WORDS_DIR / f"{name}.toml").read_text(encoding="utf-8"))
