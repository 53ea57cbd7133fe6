"""The admin as a place to run the service from: its front page, and who comes in."""

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

#: What staff look at most: application and model -> its word in the header.
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
    enable_nav_sidebar = False  # the header leads everywhere, and lists have the whole width

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """With what the header leads to, as far as the user may look."""
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
        """Figures of the span that `?range=` names, as far as the user may look."""
        span = PERIODS.get(request.GET.get("range", ""), DEFAULT_PERIOD)
        context = {"span": span, "spans": PERIODS.values(), **_figures(request.user, span)}
        return super().index(request, {**context, **(extra_context or {})})

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff; with their second factor where AUDIOMUSIC_STAFF_FACTOR wants one."""
        return super().has_permission(request) and not lacks_staff_factor(request)

    def password_change(  # type: ignore[override]  # it may also ask for a proof first
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        return asks_again(self._password_change)(request, extra_context)

    def _password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Django's own; a wrong old password is recorded as it is on the account page."""
        response = super().password_change(request, extra_context)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if form is not None and form.is_bound and form.has_error("old_password", "password_incorrect"):
            security_event_record(kind=Kind.PASSWORD_CHECK_FAILED, user=user_of(request))
        return response

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Everybody signs in at one place. Raises PermissionDenied for those who did and are not staff:
        another form here would be one more to guess at."""
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
    """To where a member of staff gives their second factor, or adds a first one."""
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
