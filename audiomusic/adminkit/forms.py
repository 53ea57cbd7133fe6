"""Admin forms whose fields all have a label for screen readers."""

from __future__ import annotations

from typing import Any

from django.forms import ModelForm


class RowForm(ModelForm):  # type: ignore[type-arg]
    """A row of a list that is edited in place. The column heading does not label its fields, so each field's
    label names the field and the row.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label} of {self.instance}"
