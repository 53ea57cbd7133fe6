"""What the admin's own templates load as `adminkit`."""

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
    """The cells of a row, each with its column's name: on a phone it stands beside the cell, where the head
    of the table has no room."""
    names = [_name_of(header) for header in headers[: len(cells)]]
    return [_with_name(cell, name) for cell, name in zip_longest(cells, names, fillvalue="")]


def _with_name(cell: str, name: str) -> SafeString:
    """`name` is escaped already, and stands in the cell's opening tag."""
    return SafeString(CELL.sub(lambda found: f'{found[0]} data-label="{name}"', cell, count=1))


def _name_of(header: dict[str, Any]) -> str:
    """Nothing for the column of boxes, whose head is one itself."""
    text = str(header["text"])
    return "" if "<" in text else escape(capfirst(text))
