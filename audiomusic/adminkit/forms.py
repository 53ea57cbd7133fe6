"""Forms of the admin that say to everybody what each of their boxes is for."""

from __future__ import annotations

from typing import Any

from django.forms import ModelForm


class RowForm(ModelForm):  # type: ignore[type-arg]
    """A row of a list that is edited in place. Its column's head labels no box of it: each says itself
    what it is, and of which row."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label} of {self.instance}"
