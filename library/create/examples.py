"""Examples by genre that fill in the form, from `examples.toml`, which anyone can extend."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.http.pages.language_names import language_name

EXAMPLES_FILE = Path(__file__).with_name("examples.toml")


class Example(TypedDict):
    """One example. `genre`: a slug of the studio engine; `label` and `language`: names for the page."""

    genre: str
    label: str
    language: str  # by its own name; "" without vocals
    title: str
    kind: str
    request: dict[str, Any]


@cache
def examples() -> tuple[Example, ...]:
    """Return every example, sorted by genre name."""
    with EXAMPLES_FILE.open("rb") as file:
        rows = tomllib.load(file)["example"]
    return tuple(sorted(map(_example, rows), key=lambda example: example["label"].casefold()))


def _example(row: dict[str, Any]) -> Example:
    request = {
        name: value.strip() if isinstance(value, str) else value for name, value in row["request"].items()
    }
    code = request.get("vocal_language", "")
    return Example(
        genre=row["genre"],
        label=load_genres()[row["genre"]].name,
        language=language_name(code) if code else "",
        title=row["title"],
        kind=row["kind"],
        request=request | {"display_name": row["title"]},
    )
