"""Template tags and filters that the admin's own templates load as `adminkit`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.text import capfirst

register = template.Library()
CELL = re.compile(r"^<t[dh]\b")


@register.filter
def labelled(cells: Sequence[str], headers: Sequence[dict[str, Any]]) -> list[SafeString]:
    """Add its column's name to each cell of a row: a phone shows it beside the cell, because it has no room
    for the table's head.
    """
    names = [_name_of(header) for header in headers[: len(cells)]]
    return [_with_name(cell, name) for cell, name in zip_longest(cells, names, fillvalue="")]


def _with_name(cell: str, name: str) -> SafeString:
    """Add the escaped `name` to the cell's opening tag."""
    return SafeString(CELL.sub(lambda found: f'{found[0]} data-label="{name}"', cell, count=1))


def _name_of(header: dict[str, Any]) -> str:
    """Return a column's name, or nothing for the column of checkboxes, whose heading is a checkbox too."""
    text = str(header["text"])
    return "" if "<" in text else escape(capfirst(text))
