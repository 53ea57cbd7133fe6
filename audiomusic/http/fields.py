"""Strict JSON values: no "30" for 30, no true for 1, no control characters.

The serializer fields, the generation parameters and the preset values all read values here, so a wrong value
is refused in the same words wherever it is sent. Readers raise ValueError with a sentence that says what was
expected and what was given. The fields, whose DRF parents coerce values, call the readers first and leave
lengths, ranges and the schema to DRF.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from rest_framework import serializers

_NAMES = {bool: "a boolean", str: "a text", list: "a list", dict: "an object", type(None): "null"}
_CONTROL = re.compile(r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]")  # all except tab and line ends
MAX_SHOWN_CHARS = 40  # of a text that an error quotes
MAX_ECHO_CHARS = 60  # of an unknown name, so an error stays small for a body of any size
MAX_ECHO_NAMES = 10


def got(value: Any) -> str:
    """Describe a value from a client, short enough to quote in an error."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _NAMES.get(type(value), "something else")
    try:
        return f"{value:.10g}"
    except OverflowError:
        return "a number beyond every range"


def echoed_names(names: Iterable[object]) -> list[str]:
    """Return the unknown names, cut to the number and length that an error quotes."""
    return [str(name)[:MAX_ECHO_CHARS] for name in islice(names, MAX_ECHO_NAMES)]


def mismatch(expected: str, value: Any) -> ValueError:
    """Return an error such as "Expected one of ode, sde, got 'euler'."."""
    is_shown = isinstance(value, str) and 0 < len(value) <= MAX_SHOWN_CHARS
    return ValueError(f"Expected {expected}, got {ascii(value) if is_shown else got(value)}.")


def read_text(value: Any, expected: str = "a text") -> str:
    """Return a string without its outer white space. Refuse control characters except tab and line ends."""
    if not isinstance(value, str):
        raise mismatch(expected, value)
    text = value.strip()
    if control := _CONTROL.search(text):
        raise ValueError(f"Text must not contain the control character U+{ord(control[0]):04X}.")
    return text


def read_number(value: Any, expected: str = "a number") -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise mismatch(expected, value)
    return value


def read_boolean(value: Any, expected: str = "true or false") -> bool:
    if not isinstance(value, bool):
        raise mismatch(expected, value)
    return value


@contextmanager
def value_errors_answered() -> Iterator[None]:
    """Turn a reader's ValueError into a validation error of the field."""
    try:
        yield
    except ValueError as error:
        raise serializers.ValidationError(str(error), code="invalid") from None


class TextField(serializers.CharField):
    """A JSON string without control characters; DRF's own field also accepts numbers."""

    def to_internal_value(self, data: Any) -> str:
        with value_errors_answered():
            return super().to_internal_value(read_text(data))


class NumberField(serializers.FloatField):
    """A JSON number; DRF's own field also accepts true and "1"."""

    def to_internal_value(self, data: Any) -> float:
        with value_errors_answered():
            return super().to_internal_value(read_number(data))


class WholeNumberField(serializers.IntegerField):
    """A whole JSON number."""

    def to_internal_value(self, data: Any) -> int:
        with value_errors_answered():
            number = read_number(data, "a whole number")
            if not float(number).is_integer():
                raise mismatch("a whole number", data)
        return super().to_internal_value(data)


class BooleanField(serializers.BooleanField):
    """A JSON boolean; DRF's own field also accepts "yes" and 1."""

    def to_internal_value(self, data: Any) -> bool:
        with value_errors_answered():
            return read_boolean(data)
