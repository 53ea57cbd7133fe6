"""Right-to-left writing stands right in every field that takes people's own words."""

from __future__ import annotations

from django import forms, template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()
TEXTS = (forms.TextInput, forms.Textarea)  # these alone: an address or a password runs as it always does


@register.filter
def dir_auto(field: BoundField) -> SafeString | BoundField:
    """`{{ field|dir_auto }}`: the field, whose text decides which way it runs."""
    return field.as_widget(attrs={"dir": "auto"}) if type(field.field.widget) in TEXTS else field
