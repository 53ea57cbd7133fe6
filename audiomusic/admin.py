"""The admin site for running the service: its front page and who may enter."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from audiomusic.accounts.credits.usage import credit_flow
from audiomusic.accounts.factors.reauthentication import asks_again, lacks_staff_factor
from audiomusic.accounts.factors.services import has_factor
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.accounts.security_log.events import Kind
from audiomusic.accounts.security_log.recording import security_event_record
from audiomusic.adminkit.charts import stacked
from audiomusic.db.periods import DEFAULT_PERIOD, PERIODS, Period
from jobs.staff.dashboard import figures

#: Links in the header to what staff open most: (app label, model) -> link text.
HEADER_LINKS = {
    ("jobs", "job"): "Jobs",
    ("accounts", "user"): "Users",
    ("accounts", "creditentry"): "Ledger",
    ("accounts", "apikey"): "Keys",
    ("presets", "preset"): "Presets",
    ("jobs", "webhookendpoint"): "Webhooks",
}


class StaffSite(AdminSite):
    site_title = site_header = "AudioMusic"
    index_title = "State of the service"
    enable_nav_sidebar = False  # the header links everywhere, and lists use the full width

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add the header links that the user may follow."""
        context = super().each_context(request)
        shown = {
            (app["app_label"], model["model"]._meta.model_name): model["admin_url"]
            for app in context["available_apps"]
            for model in app["models"]
            if model["admin_url"]
        }
        links = [(label, shown[name]) for name, label in HEADER_LINKS.items() if name in shown]
        return {**context, "header_links": links}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the figures for the period in `?range=`, limited to what the user may view."""
        span = PERIODS.get(request.GET.get("range", ""), DEFAULT_PERIOD)
        context = {"span": span, "spans": PERIODS.values(), **_figures(request.user, span)}
        return super().index(request, {**context, **(extra_context or {})})

    def has_permission(self, request: HttpRequest) -> bool:
        """Allow staff only, and only with a second factor if AUDIOMUSIC_STAFF_FACTOR requires one."""
        return super().has_permission(request) and not lacks_staff_factor(request)

    def password_change(  # type: ignore[override]  # it may also ask for a proof first
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        return asks_again(self._password_change)(request, extra_context)

    def _password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Run Django's view, and log a wrong old password just as the account page does."""
        response = super().password_change(request, extra_context)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if form is not None and form.is_bound and form.has_error("old_password", "password_incorrect"):
            security_event_record(kind=Kind.PASSWORD_CHECK_FAILED, user=user_of(request))
        return response

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirect to the site's only sign-in page, since a second form would be one more to attack.

        Raises PermissionDenied for signed-in users who are not staff.
        """
        wanted = request.GET.get("next", "")
        is_here = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
        wanted = wanted if is_here else resolve_url("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(wanted, resolve_url("sign-in"))
        if not super().has_permission(request):
            raise PermissionDenied("This part of the server is only for staff.")
        if lacks_staff_factor(request):
            return _lead_to_factor(request, wanted)
        return redirect(wanted)


def _lead_to_factor(request: HttpRequest, wanted: str) -> HttpResponse:
    """Redirect a member of staff to confirm their second factor, or to add a first one."""
    if has_factor(user_of(request)):
        return redirect_to_login(wanted, resolve_url("confirm"))
    messages.warning(request, "The admin needs a second factor. Add one here, then come back.")
    return redirect(f"{resolve_url('account')}#factors-section")


def _figures(user: Any, span: Period) -> dict[str, Any]:
    found: dict[str, Any] = figures(span) if user.has_perm("jobs.view_job") else {}
    if user.has_perm("accounts.view_creditentry"):
        moved = credit_flow(span, timezone.now())
        found["credits"] = moved
        found["credits_spent"] = sum(step.spent for step in moved)
        found["credits_granted"] = sum(step.granted for step in moved)
        found["credits_sentence"] = (
            f"{found['credits_spent']:,} credits spent and {found['credits_granted']:,} granted"
            f" in {span.label}."
        )
        found["credits_chart"] = stacked([(step.label, {"spent": step.spent}) for step in moved], ["spent"])
    return found
