"""The panels of a user's page in the admin. Each app registers its own, because the page is below most of
them and cannot import them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.http import HttpRequest


class PanelLink(NamedTuple):
    label: str
    address: str


class PanelButton(NamedTuple):
    """A form with one button, which sends `fields`."""

    label: str
    name: str  # for screen readers, which read it without the row
    address: str
    fields: Sequence[tuple[str, str]]


class PanelRow(NamedTuple):
    """An item that the panel lists: its name and notes."""

    name: Any
    notes: Sequence[Any] = ()
    button: PanelButton | None = None


@dataclass(frozen=True)
class UserPanel:
    title: str
    facts: Sequence[tuple[str, Any]] = ()
    rows: Sequence[PanelRow] = ()
    empty: str = ""  # the text without rows
    links: Sequence[PanelLink] = ()

    @property
    def slug(self) -> str:
        return self.title.lower().replace(" ", "-")


#: Builds a user's panel for a member of staff, or returns None if they may not see it.
UserPanelBuilder = Callable[[Any, HttpRequest], UserPanel | None]
_BUILDERS: list[tuple[int, UserPanelBuilder]] = []


def user_panel(order: int) -> Callable[[UserPanelBuilder], UserPanelBuilder]:
    """Register a builder; panels are shown in ascending order."""

    def register(build: UserPanelBuilder) -> UserPanelBuilder:
        _BUILDERS.append((order, build))
        _BUILDERS.sort(key=lambda each: each[0])
        return build

    return register


def user_panels(user: Any, request: HttpRequest) -> list[UserPanel]:
    return [panel for _, build in _BUILDERS if (panel := build(user, request)) is not None]
