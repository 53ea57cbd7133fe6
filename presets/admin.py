"""Presets and adapters for staff: edit, add, try, and reset to the shipped version."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.forms import JSONField, ModelForm, Textarea
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.defaultfilters import pluralize
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audiomusic.adminkit.confirmation import (
    Confirmation,
    is_confirmed,
    render_confirmation,
    selection_fields,
)
from audiomusic.adminkit.forms import RowForm
from presets.models import Adapter, Preset
from presets.services import preset_changes, preset_reset


class EditedInPlace(admin.ModelAdmin):  # type: ignore[type-arg]
    """Base admin with an editable list."""

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **{"form": RowForm, **kwargs})


class ReadableJson(JSONField):
    """Shows its JSON indented, with one name per line."""

    def prepare_value(self, value: Any) -> Any:
        is_text = isinstance(value, str)
        return value if is_text else json.dumps(value, indent=2, ensure_ascii=False)


class PresetForm(ModelForm):  # type: ignore[type-arg]
    parameters = ReadableJson(
        required=False,
        widget=Textarea(attrs={"rows": 10, "cols": 60, "class": "vLargeTextField code"}),
        help_text="Name and value of each parameter, as in the API; null: the plan decides.",
    )

    def clean_parameters(self) -> Any:
        return self.cleaned_data["parameters"] or {}

    class Meta:
        widgets = {"description": Textarea(attrs={"rows": 3, "cols": 60, "class": "vLargeTextField"})}


@admin.register(Preset)
class PresetAdmin(EditedInPlace):
    list_display = ("name", "label", "sets", "position", "is_shipped", "is_edited", "trial")
    list_editable = ("position",)
    list_filter = ("is_shipped", "is_edited")
    search_fields = ("name", "label", "description")
    readonly_fields = ("is_shipped", "is_edited")
    form = PresetForm
    fieldsets = (
        (None, {"fields": (("name", "label"), "description", "parameters", "position")}),
        ("Source", {"fields": (("is_shipped", "is_edited"),)}),
    )
    actions = ("reset_to_shipped",)
    change_form_template = "admin/presets/preset/preset.html"

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Hide the trial link from users who cannot change presets."""
        return self.list_display if self.has_change_permission(request) else self.list_display[:-1]

    def save_model(self, request: HttpRequest, obj: Preset, form: ModelForm[Preset], change: bool) -> None:
        """Mark a changed preset as edited, so that `syncpresets` leaves it alone."""
        obj.is_edited = obj.is_edited or (change and form.has_changed())
        super().save_model(request, obj, form, change)

    def change_view(  # type: ignore[override]
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        preset = self.get_object(request, object_id)
        context = {"title": f"Preset {preset.label}" if preset else "Preset", "subtitle": None}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.reset_view)
        return [path("<int:preset_id>/reset/", view, name="presets_preset_reset"), *super().get_urls()]

    @admin.action(description="Reset to the shipped version…", permissions=["change"])
    def reset_to_shipped(self, request: HttpRequest, queryset: QuerySet[Preset]) -> HttpResponseBase:
        return self._confirm(request, queryset, back=request.get_full_path())

    def reset_view(self, request: HttpRequest, preset_id: int) -> HttpResponseBase:
        back = reverse("admin:presets_preset_change", args=[preset_id])
        return self._confirm(request, Preset.objects.filter(id=preset_id), back=back)

    def _confirm(self, request: HttpRequest, presets: QuerySet[Preset], *, back: str) -> HttpResponseBase:
        """Show what would change; a confirmed POST resets. A GET changes nothing."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        changes = [(preset, preset_changes(preset=preset)) for preset in presets]
        if is_confirmed(request):
            self._reset(request, [preset for preset, change in changes if change is not None])
            return HttpResponseRedirect(back)
        shipped = [(preset, change) for preset, change in changes if change is not None]
        confirmation = Confirmation(
            title="Reset to the shipped version: are you sure?",
            template="admin/presets/preset/reset.html",
            crumbs=(("Presets", reverse("admin:presets_preset_changelist")),),
            crumb="Reset",
            back=back,
            button=f"Reset {len(shipped)} preset{pluralize(len(shipped))}" if shipped else "",
            hidden=selection_fields(request, "reset_to_shipped"),
        )
        return render_confirmation(
            self.admin_site,
            request,
            confirmation,
            opts=self.opts,
            changes=shipped,
            unknown=[preset for preset, change in changes if change is None],
        )

    @transaction.atomic
    def _reset(self, request: HttpRequest, presets: list[Preset]) -> None:
        for preset in presets:
            preset_reset(preset=preset)
            self.log_change(request, preset, "Reset to the shipped version.")
        restored = "1 preset is" if len(presets) == 1 else f"{len(presets)} presets are"
        self.message_user(request, f"{restored} as shipped again.", messages.SUCCESS)

    @admin.display(description="settings")
    def sets(self, preset: Preset) -> str:
        known = {name: value for name, value in preset.parameters.items() if value is not None}
        return ", ".join(f"{name}: {value}" for name, value in known.items() if name != "caption") or "–"

    @admin.display(description="try")
    def trial(self, preset: Preset) -> SafeString:
        link = reverse("admin:jobs_job_try", args=[preset.pk])
        return format_html('<a href="{}" aria-label="Try {}">Try</a>', link, preset.label)


@admin.register(Adapter)
class AdapterAdmin(EditedInPlace):
    """Only users who may add adapters can change the folder. Operators change the rest: the form's response
    to a path would reveal what is on the server's disk."""

    list_display = ("name", "description", "folder", "weights", "is_active")
    list_editable = ("is_active",)
    list_filter = ("is_active",)
    search_fields = ("name", "description")
    fieldsets = (
        (None, {"fields": ("name", "description", "is_active")}),
        ("Weights", {"fields": ("folder", "alpha", "rank")}),
        ("Strength", {"fields": (("least_weight", "most_weight"),)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Adapter | None = None) -> tuple[str, ...]:
        return () if self.has_add_permission(request) else ("folder",)

    @admin.display(description="usable")
    def weights(self, adapter: Adapter) -> str:
        return f"from {adapter.least_weight:g} to {adapter.most_weight:g}"
