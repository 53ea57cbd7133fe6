"""Row IDs in URLs and forms."""

from __future__ import annotations

from django.urls.converters import IntConverter, register_converter

MAX_ID = 2**63 - 1  # no database supports a larger one


def row_id(text: str) -> int | None:
    """Return the ID that a text spells in ASCII digits, or None if no row can have it."""
    if not (text.isascii() and text.isdecimal()):
        return None
    digits = text.lstrip("0")
    number = int(digits or 0) if len(digits) <= len(str(MAX_ID)) else MAX_ID + 1
    return number if number <= MAX_ID else None


class RowIdConverter(IntConverter):
    """`<row_id:job_id>` in a route: an ID that every database can compare. An ID that is too large becomes
    the largest, which no row has, so it gives the usual "not found".
    """

    def to_python(self, value: str) -> int:
        number = row_id(value)
        return MAX_ID if number is None else number


register_converter(RowIdConverter, "row_id")
