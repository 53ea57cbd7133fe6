"""Staff groups. Also unregisters models of other applications that do not belong in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.forms import SelectMultiple
from django_otp.plugins.otp_totp.models import TOTPDevice

from audiomusic.accounts.factors.staff_reauthentication import AsksAgain

GROUP_LINES = 24  # a group's permissions visible at once

admin.site.unregister(Group)
admin.site.unregister(TOTPDevice)  # its pages show the secrets


@admin.register(Group)
class GroupAdmin(AsksAgain, DjangoGroupAdmin):  # type: ignore[misc]
    filter_horizontal = ()  # screen readers cannot name its icons

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        kwargs["widget"] = SelectMultiple(attrs={"size": GROUP_LINES})
        return super().formfield_for_manytomany(db_field, request, **kwargs)
