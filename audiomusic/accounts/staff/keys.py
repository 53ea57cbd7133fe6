"""API keys and player passwords for staff, who can view and revoke them, but not create or reveal them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timesince import timesince

from audiomusic.accounts.models import ApiKey
from audiomusic.accounts.players.models import PlayerPassword
from audiomusic.accounts.players.services import player_password_revoke
from audiomusic.accounts.services import key_revoke
from audiomusic.accounts.staff.revocation import Revocation
from audiomusic.adminkit.cells import moment_cell, user_cell
from audiomusic.adminkit.read_only import ReadOnly, ReadOnlyAdmin


def last_used_words(row: ApiKey | PlayerPassword) -> str:
    return f"last used {timesince(row.last_used_at)} ago" if row.last_used_at else "never used"


def state_words(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "Revoked"
    return "Active" if key.is_usable else "Expired"


@admin.register(ApiKey)
class ApiKeyAdmin(Revocation, ReadOnly, admin.ModelAdmin):  # type: ignore[misc, type-arg]
    list_display = ["name", "owner", "token_key", "may", "state", "last_use", "expires"]
    list_display_links = ["name"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter), "expiry"]
    list_select_related = ["user"]
    list_per_page = 50
    search_fields = ["name", "token_key", "user__username"]
    fields = ["user", "name", "token_key", "scopes", "created", "last_used_at", "last_address", "expiry",
              "revoked_at"]  # fmt: skip
    actions = ["revoke"]
    revoked_noun = "key"
    warning = "Programs that use it lose access. You cannot undo this."
    permission = "accounts.change_apikey"

    def usable(self, rows: QuerySet[ApiKey]) -> list[ApiKey]:
        return list(rows.select_related("user").filter(revoked_at=None))

    def name_of(self, row: ApiKey) -> str:
        return f"{row} of {row.user}, {last_used_words(row)}"

    def revoke_row(self, request: HttpRequest, row: ApiKey) -> None:
        key_revoke(key=row)

    @admin.display(description="user", ordering="user__username")
    def owner(self, key: ApiKey) -> Any:
        return user_cell(key.user)

    @admin.display(description="permissions")
    def may(self, key: ApiKey) -> str:
        return "full access" if "*" in key.scopes else ", ".join(key.scopes)

    @admin.display(description="state", ordering="revoked_at")
    def state(self, key: ApiKey) -> str:
        return state_words(key)

    @admin.display(description="last used", ordering="last_used_at")
    def last_use(self, key: ApiKey) -> Any:
        return moment_cell(key.last_used_at, beside=f"from {key.last_address}" if key.last_address else "")

    @admin.display(description="expires", ordering="expiry")
    def expires(self, key: ApiKey) -> Any:
        return moment_cell(key.expiry, empty="never")


@admin.register(PlayerPassword)
class PlayerPasswordAdmin(Revocation, ReadOnlyAdmin):  # type: ignore[misc]
    """Player passwords with their users and last use. The password itself is never shown."""

    list_display = ["name", "owner", "made", "last_use"]
    list_display_links = ["name"]
    list_select_related = ["user"]
    search_fields = ["name", "=user__username"]
    search_help_text = "A player's name, or a user's whole name"
    fields = ["user", "name", "created_at", "last_used_at", "last_address"]
    actions = ["revoke"]
    revoked_noun = "player password"
    warning = "The player that uses it loses access; its owner can make another."
    permission = "accounts.delete_playerpassword"

    def usable(self, rows: QuerySet[PlayerPassword]) -> list[PlayerPassword]:
        return list(rows.select_related("user"))

    def name_of(self, row: PlayerPassword) -> str:
        return f"{row}, {last_used_words(row)}"

    def revoke_row(self, request: HttpRequest, row: PlayerPassword) -> None:
        player_password_revoke(password=row)

    @admin.display(description="user")
    def owner(self, password: PlayerPassword) -> Any:
        return user_cell(password.user)

    @admin.display(description="created")
    def made(self, password: PlayerPassword) -> Any:
        return moment_cell(password.created_at)

    @admin.display(description="last used")
    def last_use(self, password: PlayerPassword) -> Any:
        beside = f"from {password.last_address}" if password.last_address else ""
        return moment_cell(password.last_used_at, beside=beside)
