"""Users with their keys and credits, for staff. Secrets are not shown: they are not known."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.forms import CharField, Form, IntegerField, ModelForm, SelectMultiple
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import pluralize
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from django_otp.plugins.otp_totp.models import TOTPDevice

from audiomusic.accounts.credits.ledger import MAX_GRANT, NotEnoughCredits, credits_deduct, credits_grant
from audiomusic.accounts.credits.statements import statement_of
from audiomusic.accounts.factors.reauthentication import ask_again, asks_again
from audiomusic.accounts.factors.services import factors_clear, factors_of
from audiomusic.accounts.factors.staff_reauthentication import AsksAgain
from audiomusic.accounts.models import ApiKey, CreditEntry, SecurityEvent, User
from audiomusic.accounts.security_log.staff import SecurityEventAdmin
from audiomusic.accounts.services import key_revoke
from audiomusic.adminkit.confirmation import Confirmation, is_confirmed, render_confirmation
from audiomusic.adminkit.pages import render_admin_page
from audiomusic.adminkit.read_only import ReadOnly
from audiomusic.http.ids import row_id

KEY_FIELDS = ["name", "token_key", "scopes", "created", "last_used_at", "last_address", "expiry",
              "revoked_at"]  # fmt: skip
LIMITS = ["waiting_limit", "storage_limit_mb"]  # of one user; empty: the server's
GRANT_MINUTES = 10
GROUP_LINES = 24  # of a group's permissions, seen at once
LINES_SHOWN = 50
MAX_REASON_CHARS = 200
SURE = "sure"  # what a button that confirms is called in the forms


def counted(number: int, noun: str) -> str:
    """ "1 key", "3 keys"."""
    return f"{number} {noun}{pluralize(number)}"


def may_revoke(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("accounts.change_apikey"))


def may_move_credits(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("accounts.add_creditentry"))


class ApiKeyInline(ReadOnly, admin.TabularInline):
    model = ApiKey
    template = "admin/accounts/user/keys.html"  # Django's has a head without words for each empty corner
    fields = readonly_fields = [*KEY_FIELDS, "revoke"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # keys are revoked, on their own page

    @admin.display(description="action")
    def revoke(self, key: ApiKey) -> SafeString | str:
        if not key.is_usable:
            return "opens nothing"
        return format_html(
            '<a href="{}">Look or revoke</a>', reverse("admin:accounts_apikey_change", args=[key.pk])
        )


class CreditsForm(Form):
    """Credits to give or, below zero, to take, and why."""

    amount = IntegerField(
        min_value=-MAX_GRANT, max_value=MAX_GRANT, help_text="Credits to give; below zero: to take."
    )
    reason = CharField(max_length=MAX_REASON_CHARS, help_text="Its owner reads it in the ledger.")

    def clean_amount(self) -> int:
        amount: int = self.cleaned_data["amount"]
        if amount == 0:
            self.add_error("amount", "At least one credit is to be given or taken.")
        return amount


_OWN_FIELDS = [
    "is_verified",
    "second_factors",
    "credits_left",
    "waiting_limit",
    "storage_limit_mb",
    "rates",
    "events",
]


@admin.register(User)
class UserAdmin(AsksAgain, DjangoUserAdmin):
    class Media:
        css = {"all": ["site/admin-jobs.css"]}

    form = UserChangeForm
    list_display = [*DjangoUserAdmin.list_display, "is_active", "balance"]
    list_select_related = ["credit_account"]
    readonly_fields = ["last_login", "date_joined", "credits_left", "rates", "second_factors", "events"]
    fieldsets = [
        *DjangoUserAdmin.fieldsets,
        (
            "AudioMusic",
            {"fields": _OWN_FIELDS},
        ),
    ]
    list_per_page = 50
    filter_horizontal = ()  # whose icons a screen reader cannot name
    actions = ["grant_minutes"]
    asked_again_actions = {"delete_selected", "grant_minutes"}

    @admin.display(description="credits left", ordering="credit_account__balance")
    def balance(self, user: User) -> int | None:
        account = getattr(user, "credit_account", None)
        return account and account.balance

    @admin.display(description="credits left")
    def credits_left(self, user: User) -> SafeString | str:
        if user.pk is None:
            return "as the server grants to begin with"
        address = reverse("admin:accounts_user_credits", args=[user.pk])
        return format_html('{} <a href="{}">Ledger, give or take</a>', self.balance(user) or 0, address)

    @admin.display(description="second factors")
    def second_factors(self, user: User) -> SafeString | str:
        count = len(factors_of(user)) if user.pk else 0
        if count == 0:
            return "none"
        address = reverse("admin:accounts_user_factors", args=[user.pk])
        return format_html('{} <a href="{}">Look or remove</a>', count, address)

    @admin.display(description="calls allowed")
    def rates(self, user: User) -> str:
        """The same for everybody: they are the server's settings."""
        return ", ".join(f"{name} {rate}" for name, rate in settings.RATE_LIMITS.items())

    @admin.display(description="security log")
    def events(self, user: User) -> SafeString | str:
        if user.pk is None:
            return "–"
        link = reverse("admin:accounts_securityevent_changelist")
        return format_html('<a href="{}?user__id__exact={}">What happened to the account</a>', link, user.pk)

    def has_credits_permission(self, request: HttpRequest) -> bool:
        return may_move_credits(request)

    @admin.action(description=f"Grant credits for {GRANT_MINUTES} minutes of music", permissions=["credits"])
    def grant_minutes(self, request: HttpRequest, users: QuerySet[User]) -> None:
        amount = GRANT_MINUTES * settings.CREDITS_PER_MINUTE
        for user in users:
            credits_grant(user=user, amount=amount, note=f"by {request.user}")
            self.log_change(request, user, f"Granted {amount} credits.")
        self.message_user(request, f"{len(users)} users were granted {amount} credits each.")

    def get_urls(self) -> list[URLPattern]:
        ledger = self.admin_site.admin_view(self.credits_view)
        factors = self.admin_site.admin_view(self.factors_view)
        return [
            path("<path:object_id>/credits/", ledger, name="accounts_user_credits"),
            path("<path:object_id>/factors/", factors, name="accounts_user_factors"),
            *super().get_urls(),
        ]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        return asks_again(super().user_change_password)(request, id, form_url)

    def factors_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A user's second factors, and the question whether to remove them: for a phone that is lost.
        Those of a superuser are for superusers."""
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

    def credits_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A user's ledger, and a form that adds a line to it."""
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
        return render_admin_page(
            self.admin_site,
            request,
            "admin/accounts/user/credits.html",
            title=f"Credits of {user}",
            opts=self.opts,
            original=user,
            statement=statement_of(user),
            lines=CreditEntry.objects.filter(user=user).order_by("-id")[:LINES_SHOWN],
            form=form if may_move_credits(request) else None,
        )

    def _move(self, request: HttpRequest, user: User, form: CreditsForm) -> bool:
        """Give or take what the form says. False, with an error at its field: there is not so much."""
        amount, reason = form.cleaned_data["amount"], form.cleaned_data["reason"]
        try:
            if amount > 0:
                credits_grant(user=user, amount=amount, note=reason)
            else:
                credits_deduct(user=user, amount=-amount, note=reason)
        except NotEnoughCredits as refusal:
            form.add_error(
                "amount", f"{refusal.required} were to be taken, but {refusal.available} are left."
            )
            return False
        action = f"Granted {amount}" if amount > 0 else f"Took {-amount}"
        self.log_change(request, user, f"{action} credits: {reason}")
        self.message_user(request, f"{action} credits.")
        return True

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[type[ApiKeyInline]]:
        return [ApiKeyInline] if obj else []

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        """A user's ledger goes with the user, though no line of it can be deleted by itself."""
        objects, counts, needed, protected = super().get_deleted_objects(objs, request)
        return objects, counts, needed - {CreditEntry._meta.verbose_name}, protected


admin.site.unregister(Group)
admin.site.register(SecurityEvent, SecurityEventAdmin)
admin.site.unregister(TOTPDevice)  # its pages show the secrets


@admin.register(Group)
class GroupAdmin(AsksAgain, DjangoGroupAdmin):
    filter_horizontal = ()  # as above

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        kwargs["widget"] = SelectMultiple(attrs={"size": GROUP_LINES})
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(ApiKey)
class ApiKeyAdmin(AsksAgain, ReadOnly, admin.ModelAdmin):
    list_display = [
        "name", "user", "token_key", "scopes", "last_used_at", "last_address", "expiry", "revoked_at",
    ]  # fmt: skip
    list_filter = ["revoked_at", "expiry"]
    list_select_related = ["user"]
    search_fields = ["name", "token_key", "user__username"]
    fields = ["user", *KEY_FIELDS]
    actions = ["revoke"]
    asked_again_actions = {"delete_selected", "revoke"}
    change_form_template = "admin/accounts/apikey/change_form.html"

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return may_revoke(request)

    def get_urls(self) -> list[URLPattern]:
        revoke = self.admin_site.admin_view(require_POST(self.revoke_view))
        return [path("revoke/", revoke, name="accounts_apikey_revoke"), *super().get_urls()]

    @admin.action(description="Revoke selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> HttpResponse:
        """Asks first: a program that uses one of them stops working at once."""
        return self._ask(request, keys)

    def _ask(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> HttpResponse:
        usable = [key for key in keys.select_related("user") if key.revoked_at is None]
        page = reverse("admin:accounts_apikey_changelist")
        confirmation = Confirmation(
            title="Revoke keys?",
            template="admin/accounts/apikey/revoke.html",
            crumbs=(("API keys", page),),
            crumb="Revoke",
            back=page,
            button=f"Revoke {counted(len(usable), 'key')}" if usable else "",
            field=SURE,
            hidden=tuple(("key", str(key.pk)) for key in usable),
            action_url=reverse("admin:accounts_apikey_revoke"),
            is_deletion=True,
        )
        return render_confirmation(self.admin_site, request, confirmation, opts=self.opts, keys=usable)

    def revoke_view(self, request: HttpRequest) -> HttpResponse:
        """POST: revoke the keys named, once `sure` is said; else ask."""
        if not may_revoke(request):
            raise PermissionDenied
        chosen = [each for each in request.POST.getlist("key") if row_id(each) is not None]
        keys = self.get_queryset(request).filter(pk__in=chosen, revoked_at=None)
        if not is_confirmed(request, SURE):
            return self._ask(request, keys)
        asked = ask_again(request)
        if asked is not None:
            return asked
        for key in keys:
            key_revoke(key=key)
            self.log_change(request, key, "Revoked.")
        self.message_user(request, f"{len(keys)} keys were revoked.", messages.SUCCESS)
        return redirect("admin:accounts_apikey_changelist")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"may_revoke": may_revoke(request), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)


class GrantForm(ModelForm):
    user = CharField(max_length=150, widget=AdminTextInputWidget, help_text="The name they sign in with.")
    amount = IntegerField(min_value=1, max_value=MAX_GRANT, help_text="Credits to give.")

    def clean_user(self) -> User:
        name = self.cleaned_data["user"]
        try:
            return User.objects.get(username=name)
        except User.DoesNotExist:
            raise ValidationError(f"Expected the name of a user, got {name!r}.") from None


@admin.register(CreditEntry)
class CreditEntryAdmin(AsksAgain, ReadOnly, admin.ModelAdmin):
    """The ledger. To add a line is to grant credits; taking some is done on their user's page."""

    form = GrantForm
    date_hierarchy = "created_at"
    list_display = ["created_at", "user", "kind", "amount", "spent", "balance_after", "reference", "note"]
    list_filter = ["kind"]
    list_select_related = ["user"]
    list_per_page = 50
    show_full_result_count = False  # counting every line is a scan
    search_fields = ["user__username", "reference", "note"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_move_credits(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: CreditEntry | None = None) -> list[str]:
        return ["user", "amount", "note"] if obj is None else [*self.list_display]

    def save_model(self, request: HttpRequest, obj: CreditEntry, form: ModelForm, change: bool) -> None:
        written = credits_grant(user=obj.user, amount=obj.amount, note=obj.note or f"by {request.user}")
        obj.pk = written.pk
