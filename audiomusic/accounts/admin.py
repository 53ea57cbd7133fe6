"""Users with their keys and credits, for staff. Secrets are not shown: they are not known."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.core.validators import MinValueValidator
from django.db.models import QuerySet
from django.forms import IntegerField, ModelForm
from django.http import HttpRequest

from audiomusic.accounts.credits import credits_grant
from audiomusic.accounts.models import ApiKey, CreditEntry, User
from audiomusic.accounts.services import key_revoke

KEY_FIELDS = ["name", "token_key", "scopes", "created", "last_used_at", "expiry", "revoked_at"]
GRANT_MINUTES = 10


class ReadOnly(admin.options.BaseModelAdmin):
    """Rows to look at: nobody adds or changes one here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ApiKeyInline(ReadOnly, admin.TabularInline):
    model = ApiKey
    fields = readonly_fields = KEY_FIELDS
    show_change_link = True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # keys are revoked, on their own page


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    form = UserChangeForm
    list_display = [*DjangoUserAdmin.list_display, "is_active", "balance"]
    list_select_related = ["credit_account"]
    readonly_fields = ["balance"]
    fieldsets = [*DjangoUserAdmin.fieldsets, ("AudioMusic", {"fields": ["is_verified", "balance"]})]
    actions = ["grant_minutes"]

    @admin.display(description="credits left", ordering="credit_account__balance")
    def balance(self, user: User) -> int | None:
        account = getattr(user, "credit_account", None)
        return account and account.balance

    @admin.action(description=f"Grant credits for {GRANT_MINUTES} minutes of music", permissions=["change"])
    def grant_minutes(self, request: HttpRequest, users: QuerySet[User]) -> None:
        amount = GRANT_MINUTES * settings.CREDITS_PER_MINUTE
        for user in users:
            credits_grant(user=user, amount=amount, note=f"by {request.user}")
        self.message_user(request, f"{len(users)} users were granted {amount} credits each.")

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[type[ApiKeyInline]]:
        return [ApiKeyInline] if obj else []

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        """A user's ledger goes with the user, though no line of it can be deleted by itself."""
        objects, counts, needed, protected = super().get_deleted_objects(objs, request)
        return objects, counts, needed - {CreditEntry._meta.verbose_name}, protected


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["name", "user", "token_key", "scopes", "last_used_at", "expiry", "revoked_at"]
    list_filter = ["revoked_at", "expiry"]
    list_select_related = ["user"]
    search_fields = ["name", "token_key", "user__username"]
    fields = ["user", *KEY_FIELDS]
    actions = ["revoke"]

    @admin.action(description="Revoke selected keys", permissions=["delete"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        for key in keys:
            key_revoke(key=key)
        self.message_user(request, f"{len(keys)} keys were revoked.")


class GrantForm(ModelForm):
    amount = IntegerField(validators=[MinValueValidator(1)], help_text="Credits to give.")


@admin.register(CreditEntry)
class CreditEntryAdmin(ReadOnly, admin.ModelAdmin):
    """The ledger. To add a line is to grant credits; nothing else is done by hand."""

    form = GrantForm
    date_hierarchy = "created_at"
    list_display = ["created_at", "user", "kind", "amount", "spent", "balance_after", "reference", "note"]
    list_filter = ["kind"]
    list_select_related = ["user"]
    search_fields = ["user__username", "reference", "note"]
    autocomplete_fields = ["user"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("accounts.add_creditentry")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: CreditEntry | None = None) -> list[str]:
        return ["user", "amount", "note"] if obj is None else [*self.list_display]

    def save_model(self, request: HttpRequest, obj: CreditEntry, form: ModelForm, change: bool) -> None:
        written = credits_grant(user=obj.user, amount=obj.amount, note=obj.note or f"by {request.user}")
        obj.pk = written.pk
