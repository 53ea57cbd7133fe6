"""The tables in `words/`: what instruments, singers, decades and samples are to composing."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

WORDS_DIR = Path(__file__).parent / "words"


@cache
def words_table(name: str) -> dict[str, Any]:
    """The table `words/<name>.toml`."""
    return tomllib.loads((WORDS_DIR / f"{name}.toml").read_text(encoding="utf-8"))
