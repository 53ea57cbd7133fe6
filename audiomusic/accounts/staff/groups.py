"""Groups of staff; and what other applications registered that is not for the staff's pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.forms import SelectMultiple
from django_otp.plugins.otp_totp.models import TOTPDevice

from audiomusic.accounts.factors.staff_reauthentication import AsksAgain

GROUP_LINES = 24  # of a group's permissions, seen at once

admin.site.unregister(Group)
admin.site.unregister(TOTPDevice)  # its pages show the secrets


@admin.register(Group)
class GroupAdmin(AsksAgain, DjangoGroupAdmin):  # type: ignore[misc]
    filter_horizontal = ()  # whose icons a screen reader cannot name

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        kwargs["widget"] = SelectMultiple(attrs={"size": GROUP_LINES})
        return super().formfield_for_manytomany(db_field, request, **kwargs)
