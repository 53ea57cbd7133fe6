"""The theme: light, dark, or the system's. The server reads it, so no page flashes in the wrong theme."""

from __future__ import annotations

from typing import Literal, TypedDict, get_args

from django.http import HttpRequest

COOKIE = "theme"  # static/site/preferences.js writes it
Theme = Literal["light", "dark"]


class ThemeContext(TypedDict):
    theme: Theme | Literal[""]


def theme(request: HttpRequest) -> ThemeContext:
    """Context processor: `theme`, empty to follow the system."""
    chosen = request.COOKIES.get(COOKIE)
    return {"theme": chosen if chosen in get_args(Theme) else ""}  # type: ignore[typeddict-item]
