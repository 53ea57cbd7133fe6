"""What a user's page shows of each room. A room registers its panels: the page lies below most of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.http import HttpRequest


class PanelLink(NamedTuple):
    label: str
    address: str


class PanelButton(NamedTuple):
    """A form of one button; `fields` are sent with it."""

    label: str
    name: str  # for readers of screens, who hear it without the row
    address: str
    fields: Sequence[tuple[str, str]]


class PanelRow(NamedTuple):
    """One of what the panel lists: a name, and what is known of it."""

    name: Any
    notes: Sequence[Any] = ()
    button: PanelButton | None = None


@dataclass(frozen=True)
class UserPanel:
    title: str
    facts: Sequence[tuple[str, Any]] = ()
    rows: Sequence[PanelRow] = ()
    empty: str = ""  # said where there are no rows
    links: Sequence[PanelLink] = ()

    @property
    def slug(self) -> str:
        return self.title.lower().replace(" ", "-")


#: Builds a panel of a user for a member of staff; None where they may not look.
UserPanelBuilder = Callable[[Any, HttpRequest], UserPanel | None]
_BUILDERS: list[tuple[int, UserPanelBuilder]] = []


def user_panel(order: int) -> Callable[[UserPanelBuilder], UserPanelBuilder]:
    """Register a builder; panels stand in rising order."""

    def register(build: UserPanelBuilder) -> UserPanelBuilder:
        _BUILDERS.append((order, build))
        _BUILDERS.sort(key=lambda each: each[0])
        return build

    return register


def user_panels(user: Any, request: HttpRequest) -> list[UserPanel]:
    return [panel for _, build in _BUILDERS if (panel := build(user, request)) is not None]
