"""The ledger for staff. Adding a line grants credits; credits are deducted on the user's page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.forms import CharField, Form, IntegerField, ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audiomusic.accounts.credits.ledger import MAX_GRANT, credits_grant
from audiomusic.accounts.factors.staff_reauthentication import AsksAgain
from audiomusic.accounts.models import CreditEntry, User
from audiomusic.adminkit.cells import moment_cell, user_cell
from audiomusic.adminkit.filters import DateRange
from audiomusic.adminkit.read_only import ReadOnly

MAX_REASON_CHARS = 200
KIND_LABELS = {
    CreditEntry.Kind.GRANT: "Granted",
    CreditEntry.Kind.RESERVE: "Reserved",
    CreditEntry.Kind.CHARGE: "Spent",
    CreditEntry.Kind.REFUND: "Returned",
}


def may_move_credits(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("accounts.add_creditentry"))


class CreditsForm(Form):
    """Credits to grant or, if negative, to deduct, with the reason."""

    amount = IntegerField(
        min_value=-MAX_GRANT,
        max_value=MAX_GRANT,
        help_text="Credits to add. A negative number removes credits.",
    )
    reason = CharField(max_length=MAX_REASON_CHARS, help_text="The owner sees it in the ledger.")

    def clean_amount(self) -> int:
        amount: int = self.cleaned_data["amount"]
        if amount == 0:
            self.add_error("amount", "Enter at least one credit.")
        return amount


class GrantForm(ModelForm):  # type: ignore[type-arg]
    user = CharField(max_length=150, widget=AdminTextInputWidget, help_text="The name they sign in with.")
    amount = IntegerField(min_value=1, max_value=MAX_GRANT, help_text="Credits to add.")

    def clean_user(self) -> User:
        name = self.cleaned_data["user"]
        try:
            return User.objects.get(username=name)
        except User.DoesNotExist:
            raise ValidationError(f"Expected the name of a user, got {name!r}.") from None


class LedgerByKind(admin.SimpleListFilter):
    title, parameter_name = "kind", "kind__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [(str(kind), label) for kind, label in KIND_LABELS.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class LedgerByTime(DateRange):
    field = "created_at"


@admin.register(CreditEntry)
class CreditEntryAdmin(AsksAgain, ReadOnly, admin.ModelAdmin):  # type: ignore[misc, type-arg]
    form = GrantForm
    list_display = ["made", "owner", "what", "amount", "spent", "balance_after", "reference", "note"]
    list_filter = [LedgerByKind, LedgerByTime]
    list_select_related = ["user"]
    list_per_page = 50
    show_full_result_count = False  # counting every line is a scan
    search_fields = ["user__username", "reference", "note"]
    sortable_by = ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_move_credits(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: CreditEntry | None = None) -> Any:
        shown = ["created_at", "user", "kind", *self.list_display[3:]]
        return ["user", "amount", "note"] if obj is None else shown

    def save_model(self, request: HttpRequest, obj: CreditEntry, form: ModelForm[Any], change: bool) -> None:
        written = credits_grant(user=obj.user, amount=obj.amount, note=obj.note or f"by {request.user}")
        obj.pk = written.pk

    @admin.display(description="when")
    def made(self, entry: CreditEntry) -> SafeString | str:
        return moment_cell(entry.created_at)

    @admin.display(description="user")
    def owner(self, entry: CreditEntry) -> SafeString | str:
        return user_cell(entry.user)

    @admin.display(description="what")
    def what(self, entry: CreditEntry) -> SafeString:
        return format_html("{}", KIND_LABELS[CreditEntry.Kind(entry.kind)])
