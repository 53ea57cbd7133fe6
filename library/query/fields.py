"""Form fields that parse a query string strictly: a word of a closed set, or a whole number in digits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms


class WordChoiceField(forms.CharField):
    """One of a closed set of words, case-insensitive; cleans to the word's meaning."""

    def __init__(self, *, words: Mapping[str, Any], **options: Any) -> None:
        super().__init__(**options)
        self.words = {word.lower(): meaning for word, meaning in words.items()}
        first = {meaning: word for word, meaning in reversed([*words.items()])}
        self.names = ", ".join(first[meaning] for meaning in dict.fromkeys(words.values()))

    def to_python(self, value: Any) -> Any:
        word = (value or "").strip().lower()
        if word and word not in self.words:
            raise forms.ValidationError(f"Expected one of {self.names}.")
        return self.words.get(word)


class IntegerField(forms.CharField):
    """A whole number in decimal digits."""

    def __init__(self, *, low: int, high: int, default: int, **options: Any) -> None:
        super().__init__(**options)
        self.low, self.high, self.default = low, high, default

    def to_python(self, value: Any) -> int:  # type: ignore[override]
        text = value or str(self.default)
        is_number = text.isascii() and text.isdigit() and len(text) <= 10
        if not (is_number and self.low <= int(text) <= self.high):
            raise forms.ValidationError(f"Expected a whole number from {self.low} to {self.high}.")
        return int(text)

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.low, "maximum": self.high, "default": self.default}
