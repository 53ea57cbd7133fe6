"""Users in the admin: their data and usage, and changes to their account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse

from audiomusic.accounts.credits.ledger import NotEnoughCredits, credits_deduct, credits_grant
from audiomusic.accounts.credits.statements import statement_of
from audiomusic.accounts.factors.reauthentication import ask_again, asks_again
from audiomusic.accounts.factors.services import factors_clear, factors_of
from audiomusic.accounts.factors.staff_reauthentication import AsksAgain
from audiomusic.accounts.models import CreditEntry, User
from audiomusic.accounts.services import user_rates_set
from audiomusic.accounts.staff.ledger import KIND_LABELS, CreditsForm, may_move_credits
from audiomusic.accounts.staff.rates import RatesForm
from audiomusic.accounts.staff.revocation import SURE, counted
from audiomusic.adminkit.cells import moment_cell
from audiomusic.adminkit.confirmation import Confirmation, is_confirmed, render_confirmation
from audiomusic.adminkit.pages import render_admin_page
from audiomusic.adminkit.panels import user_panels

GRANT_MINUTES = 10
LINES_SHOWN = 50


@admin.register(User)
class UserAdmin(AsksAgain, DjangoUserAdmin):  # type: ignore[misc, type-arg]
    form = UserChangeForm
    change_form_template = "admin/accounts/user/change_form.html"
    list_display = ["username", "email", "full_name", "balance", "is_active", "is_staff", "joined", "seen"]
    list_select_related = ["credit_account"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ("username", "email", ("first_name", "last_name"), "is_active", "is_verified")}),
        ("Limits", {"fields": (("waiting_limit", "storage_limit_mb"),)}),
        ("Password", {"fields": ("password",), "classes": ("collapse",)}),
        (
            "Permissions",
            {"fields": ("is_staff", "is_superuser", "groups", "user_permissions"), "classes": ("collapse",)},
        ),
        ("Dates", {"fields": (("last_login", "date_joined"),), "classes": ("collapse",)}),
    ]
    list_per_page = 50
    filter_horizontal = ()  # screen readers cannot name its icons
    actions = ["grant_minutes"]
    asked_again_actions = {"delete_selected", "grant_minutes"}

    @admin.display(description="credits left", ordering="credit_account__balance")
    def balance(self, user: User) -> str:
        account = getattr(user, "credit_account", None)
        return f"{account.balance:,}" if account else "–"

    @admin.display(description="name", ordering="first_name")
    def full_name(self, user: User) -> str:
        return user.full_name or "–"

    @admin.display(description="joined", ordering="date_joined")
    def joined(self, user: User) -> Any:
        return moment_cell(user.date_joined)

    @admin.display(description="signed in", ordering="last_login")
    def seen(self, user: User) -> Any:
        return moment_cell(user.last_login)

    def has_credits_permission(self, request: HttpRequest) -> bool:
        return may_move_credits(request)

    @admin.action(description=f"Grant credits for {GRANT_MINUTES} minutes of music", permissions=["credits"])
    def grant_minutes(self, request: HttpRequest, users: QuerySet[User]) -> None:
        amount = GRANT_MINUTES * settings.CREDITS_PER_MINUTE
        for user in users:
            credits_grant(user=user, amount=amount, note=f"by {request.user}")
            self.log_change(request, user, f"Granted {amount} credits.")
        self.message_user(request, f"{len(users)} users were granted {amount} credits each.")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        user = self.get_object(request, unquote(object_id))
        shown = user_panels(user, request) if user and self.has_view_permission(request, user) else []
        context = {"title": f"User {user}" if user else "User", "subtitle": None, "panels": shown}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/credits/", wrap(self.credits_view), name="accounts_user_credits"),
            path("<path:object_id>/factors/", wrap(self.factors_view), name="accounts_user_factors"),
            path("<path:object_id>/rates/", wrap(self.rates_view), name="accounts_user_rates"),
            *super().get_urls(),
        ]

    def user_change_password(  # type: ignore[override]
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponseBase:
        return asks_again(super().user_change_password)(request, id, form_url)

    def rates_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Show and change a user's rates for each kind of call; an empty rate means the server's."""
        user = get_object_or_404(User, pk=unquote(object_id))
        if not self.has_view_permission(request, user):
            raise PermissionDenied
        may_change = self.has_change_permission(request, user)
        form = RatesForm(user, request.POST or None)
        if request.method == "POST":
            if not may_change:
                raise PermissionDenied
            asked = ask_again(request)
            if asked is not None:
                return asked
            if form.is_valid():
                own = user_rates_set(user=user, rates=form.rates())
                words = ", ".join(f"{scope} {rate}" for scope, rate in own.items()) or "as the server says"
                self.log_change(request, user, f"Rates: {words}.")
                self.message_user(request, f"The rate limits of {user} are changed.", messages.SUCCESS)
                return redirect("admin:accounts_user_change", user.pk)
        return render_admin_page(
            self.admin_site, request, "admin/accounts/user/rates.html",
            title=f"Rate limits of {user}", opts=self.opts, original=user, form=form, may_change=may_change,
        )  # fmt: skip

    def factors_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Show a user's second factors and offer to remove them, for a lost phone. Only superusers may do so
        for a superuser."""
        user = get_object_or_404(User, pk=unquote(object_id))
        staff = request.user
        if not staff.has_perm("accounts.remove_factors") or (user.is_superuser and not staff.is_superuser):
            raise PermissionDenied
        if is_confirmed(request, SURE):
            return asks_again(self._remove_factors)(request, user)
        factors = factors_of(user)
        page = reverse("admin:accounts_user_change", args=[user.pk])
        confirmation = Confirmation(
            title=f"Remove the second factors of {user}?",
            template="admin/accounts/user/factors.html",
            crumbs=(("Users", reverse("admin:accounts_user_changelist")), (str(user), page)),
            crumb="Second factors",
            back=page,
            button=f"Remove {counted(len(factors), 'factor')} of {user}" if factors else "",
            field=SURE,
            is_deletion=True,
        )
        return render_confirmation(
            self.admin_site, request, confirmation, opts=self.opts, original=user, factors=factors
        )

    def _remove_factors(self, request: HttpRequest, user: User) -> HttpResponse:
        count = factors_clear(user=user, request=request)
        self.log_change(request, user, f"Removed {count} second factors.")
        self.message_user(request, f"{count} second factors of {user} were removed.", messages.SUCCESS)
        return redirect("admin:accounts_user_change", user.pk)

    def credits_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Show a user's ledger and a form that adds a line to it."""
        user = get_object_or_404(User, pk=unquote(object_id))
        if not request.user.has_perm("accounts.view_creditentry"):
            raise PermissionDenied
        form = CreditsForm(request.POST or None)
        if request.method == "POST":
            if not may_move_credits(request):
                raise PermissionDenied
            asked = ask_again(request)
            if asked is not None:
                return asked
            if form.is_valid() and self._move(request, user, form):
                return redirect("admin:accounts_user_credits", user.pk)
        lines = CreditEntry.objects.filter(user=user).order_by("-id")[:LINES_SHOWN]
        return render_admin_page(
            self.admin_site,
            request,
            "admin/accounts/user/credits.html",
            title=f"Credits of {user}",
            opts=self.opts,
            original=user,
            statement=statement_of(user),
            lines=[(line, KIND_LABELS[CreditEntry.Kind(line.kind)]) for line in lines],
            form=form if may_move_credits(request) else None,
        )

    def _move(self, request: HttpRequest, user: User, form: CreditsForm) -> bool:
        """Grant or deduct credits. Returns False, with a field error, if there are not enough."""
        amount, reason = form.cleaned_data["amount"], form.cleaned_data["reason"]
        try:
            if amount > 0:
                credits_grant(user=user, amount=amount, note=reason)
            else:
                credits_deduct(user=user, amount=-amount, note=reason)
        except NotEnoughCredits as refusal:
            form.add_error("amount", f"Expected at most {refusal.available} credits, got {refusal.required}.")
            return False
        action = f"Granted {amount}" if amount > 0 else f"Took {-amount}"
        self.log_change(request, user, f"{action} credits: {reason}")
        self.message_user(request, f"{action} credits.")
        return True

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        """Allow deleting a user together with their ledger, although no single line can be deleted."""
        objects, counts, needed, protected = super().get_deleted_objects(objs, request)
        return objects, counts, needed - {CreditEntry._meta.verbose_name}, protected
