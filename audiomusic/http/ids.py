"""Numbers of rows, as addresses and forms bring them."""

from __future__ import annotations

from django.urls.converters import IntConverter, register_converter

MAX_ID = 2**63 - 1  # a larger one is in no database's range


def row_id(text: str) -> int | None:
    """The number that a text says in ASCII digits; None where it says none that a row can have."""
    if not (text.isascii() and text.isdecimal()):
        return None
    digits = text.lstrip("0")
    number = int(digits or 0) if len(digits) <= len(str(MAX_ID)) else MAX_ID + 1
    return number if number <= MAX_ID else None


class RowIdConverter(IntConverter):
    """`<row_id:job_id>` in a route: a number that every database can compare. One that is too large becomes
    the largest, which no row has, so that it is not found like any other."""

    def to_python(self, value: str) -> int:
        number = row_id(value)
        return MAX_ID if number is None else number


register_converter(RowIdConverter, "row_id")
