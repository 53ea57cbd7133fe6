"""The admin as a place to run the service from: its front page, and who comes in."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from audiomusic.accounts.reauthentication import lacks_staff_factor
from audiomusic.accounts.usage import credits_moved
from audiomusic.charts import stacked
from audiomusic.moments import SPANS, USUAL_SPAN, Span
from jobs.dashboard import figures


class StaffSite(AdminSite):
    site_title = site_header = "AudioMusic"
    index_title = "How the service is"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Figures of the span that `?range=` names, as far as the user may look."""
        span = SPANS.get(request.GET.get("range", ""), USUAL_SPAN)
        context = {"span": span, "spans": SPANS.values(), **_figures(request.user, span)}
        return super().index(request, {**context, **(extra_context or {})})

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff; with their second factor where AUDIOMUSIC_STAFF_FACTOR wants one."""
        return super().has_permission(request) and not lacks_staff_factor(request)


def _figures(user: Any, span: Span) -> dict[str, Any]:
    found: dict[str, Any] = figures(span) if user.has_perm("jobs.view_job") else {}
    if user.has_perm("accounts.view_creditentry"):
        moved = credits_moved(span, timezone.now())
        found["credits"] = moved
        found["credits_spent"] = sum(step.spent for step in moved)
        found["credits_granted"] = sum(step.granted for step in moved)
        found["credits_sentence"] = (
            f"{found['credits_spent']:,} credits spent and {found['credits_granted']:,} granted"
            f" in {span.label}."
        )
        found["credits_chart"] = stacked([(step.label, {"spent": step.spent}) for step in moved], ["spent"])
    return found
