"""Text direction: right-to-left writing displays correctly in every field for free text."""

from __future__ import annotations

from django import forms, template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()
TEXTS = (forms.TextInput, forms.Textarea)  # only these: addresses and passwords keep their usual direction


@register.filter
def dir_auto(field: BoundField) -> SafeString | BoundField:
    """Render `{{ field|dir_auto }}` as the field with dir="auto", so its text decides the direction."""
    return field.as_widget(attrs={"dir": "auto"}) if type(field.field.widget) in TEXTS else field
