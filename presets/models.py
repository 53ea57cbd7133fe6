"""Genre presets: a name for a handful of parameters."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

#: What a preset may set, and with what kind of JSON value.
PRESET_PARAMETERS: dict[str, type | tuple[type, ...]] = {
    "genre": str,
    "caption": str,
    "bpm": (int, float),
    "keyscale": str,
    "timesignature": str,
    "vocal_language": str,
    "duration": (int, float),
    "instrumental": bool,
}


def check_parameters(parameters: object) -> None:
    """Raises ValidationError unless `parameters` is an object of things a preset may set."""
    if not isinstance(parameters, dict):
        raise ValidationError("A JSON object was wanted.")
    for name, value in parameters.items():
        if name not in PRESET_PARAMETERS:
            raise ValidationError(f"A preset cannot set {name!r}; it can set {', '.join(PRESET_PARAMETERS)}.")
        kind = PRESET_PARAMETERS[name]
        if value is not None and (
            not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)
        ):
            raise ValidationError(f"{name} cannot be {value!r}.")


class Preset(models.Model):
    """Parameters by name. Shipped ones come from data/genre_presets.toml and follow it, until
    staff change one: then it is theirs, and `syncpresets` leaves it alone."""

    name = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=100)
    parameters = models.JSONField(default=dict, blank=True, validators=[check_parameters])
    is_shipped = models.BooleanField(default=False, editable=False)
    is_edited = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name
