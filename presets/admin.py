"""Presets and adapters for staff: edit, add, and go back to what was shipped."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from presets.models import Adapter, Preset
from presets.services import preset_reset


@admin.register(Preset)
class PresetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "label", "position", "is_shipped", "is_edited")
    list_editable = ("position",)
    list_filter = ("is_shipped", "is_edited")
    search_fields = ("name", "label", "description")
    readonly_fields = ("is_shipped", "is_edited")
    actions = ("reset_to_shipped",)

    def save_model(self, request: HttpRequest, obj: Preset, form: ModelForm[Preset], change: bool) -> None:
        """What staff change is theirs from then on: `syncpresets` leaves it alone."""
        obj.is_edited = obj.is_edited or (change and form.has_changed())
        super().save_model(request, obj, form, change)

    @admin.action(description="Reset to what was shipped")
    def reset_to_shipped(self, request: HttpRequest, queryset: QuerySet[Preset]) -> None:
        outcomes = [preset_reset(preset=preset) for preset in queryset]
        if any(outcomes):
            self.message_user(request, f"{sum(outcomes)} presets are as they were shipped.")
        if not all(outcomes):
            count = len(outcomes) - sum(outcomes)
            self.message_user(request, f"{count} presets were never shipped.", messages.WARNING)


@admin.register(Adapter)
class AdapterAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "folder", "least_weight", "most_weight", "is_active")
    list_editable = ("is_active",)
    search_fields = ("name", "description")
    fieldsets = (
        (None, {"fields": ("name", "description", "is_active")}),
        ("Weights", {"fields": ("folder", "alpha", "rank")}),
        ("Strength", {"fields": (("least_weight", "most_weight"),)}),
    )
