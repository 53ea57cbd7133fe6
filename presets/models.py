"""Genre presets, which name a set of parameters, and adapters, which name a folder of weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from audiomusic.engines import base
from audiomusic.http.fields import read_boolean, read_number, read_text

LEAST_WEIGHT, MOST_WEIGHT = -3.0, 3.0  # limits of `lora_weight` in the API contract

#: The parameters that a preset may set, with readers of their JSON types.
PRESET_PARAMETERS: dict[str, Callable[[object], object]] = {
    "genre": read_text,
    "caption": read_text,
    "bpm": read_number,
    "keyscale": read_text,
    "timesignature": read_text,
    "vocal_language": read_text,
    "duration": read_number,
    "instrumental": read_boolean,
}


def check_parameters(parameters: object) -> None:
    """Raise ValidationError unless `parameters` is an object with only parameters that a preset may set."""
    if not isinstance(parameters, dict):
        raise ValidationError("Expected a JSON object.")
    for name, value in parameters.items():
        if name not in PRESET_PARAMETERS:
            raise ValidationError(f"A preset cannot set {name!r}; it can set {', '.join(PRESET_PARAMETERS)}.")
        if value is None:
            continue
        try:
            PRESET_PARAMETERS[name](value)
        except ValueError as error:
            raise ValidationError(f"{name}: {error}") from None


class Preset(models.Model):
    """A named set of parameters. Shipped presets come from data/genre_presets.toml and follow it until staff
    change one; from then on `syncpresets` leaves it alone."""

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


def check_folder(path: str) -> None:
    """Raise ValidationError unless `path` is absolute and, if it exists on this machine, a folder with one
    safetensors file. Weights may be stored only on the workers' machines."""
    folder = Path(path)
    if not folder.is_absolute():
        raise ValidationError(f"Expected an absolute path, got {path!r}.")
    if not folder.exists():
        return
    count = len(list(folder.glob("*.safetensors"))) if folder.is_dir() else 0
    if count != 1:
        raise ValidationError(f"Expected a folder with one .safetensors file; {path} has {count}.")


class Adapter(models.Model):
    """A LoRA, DoRA or LoKr adapter for the ACE-Step engine. Users see its name, never its folder."""

    name = models.CharField(max_length=64, unique=True)
    description = models.TextField(blank=True)
    folder = models.CharField(max_length=500, validators=[check_folder])
    alpha = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0.001)], help_text="Empty: as its folder says."
    )
    rank = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Empty: as its folder says."
    )
    least_weight = models.FloatField(default=LEAST_WEIGHT)
    most_weight = models.FloatField(default=MOST_WEIGHT)
    is_active = models.BooleanField(default=True, help_text="Otherwise nobody can ask for it.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if not LEAST_WEIGHT <= self.least_weight <= self.most_weight <= MOST_WEIGHT:
            raise ValidationError(
                f"Expected weights from {LEAST_WEIGHT:g} to {MOST_WEIGHT:g}, the least one first."
            )

    def weight_problem(self, weight: float) -> str:
        """Return why the adapter cannot be used at `weight`; empty if it can."""
        if self.least_weight <= weight <= self.most_weight:
            return ""
        limits = f"from {self.least_weight:g} to {self.most_weight:g}"
        return f"{self.name} can be used {limits}, not at {weight:g}."

    def as_engine_adapter(self, weight: float = 1.0) -> base.AdapterWeights:
        return base.AdapterWeights(self.name, self.folder, self.alpha, self.rank, weight)
