"""The confirmation page of an action, for the list's actions and for one job's buttons."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Max, QuerySet
from django.db.models.expressions import OrderBy
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.defaultfilters import pluralize
from django.urls import reverse

from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.adminkit.confirmation import (
    Confirmation,
    is_confirmed,
    render_confirmation,
    selection_fields,
)
from audiomusic.http.ids import row_id
from jobs.models import Job
from jobs.staff.actions import JOB_ACTIONS, SHOWN_REFUSALS, ActionOutcome, JobAction, preview, run_action
from jobs.staff.refunds import MAX_REASON

EXAMPLES = 5
MAX_ACROSS = 20_000  # limit of "all of this list", which is counted before the page is shown


def confirm(
    model_admin: ModelAdmin[Job], request: HttpRequest, action: JobAction, jobs: QuerySet[Job], *, back: str
) -> HttpResponseBase:
    """Show what would be done; if confirmed, run the action. A GET changes nothing."""
    if not action.may(request.user):
        raise PermissionDenied
    reason = request.POST.get("reason", "").strip()
    if is_confirmed(request) and (reason or not action.wants_reason):
        tell(model_admin, request, action, run_action(action, jobs, by=user_of(request), reason=reason))
        return HttpResponseRedirect(back)
    forecast = preview(action, jobs)
    count = forecast.fitting
    confirmation = Confirmation(
        title=f"{action.title}: are you sure?",
        template="admin/jobs/job/confirm.html",
        crumbs=(
            ("Jobs", reverse("admin:app_list", args=["jobs"])),
            ("Jobs", reverse("admin:jobs_job_changelist")),
        ),
        crumb=action.title,
        back=back,
        button=f"{action.title} {count} job{pluralize(count)}" if count else "",
        hidden=_hidden(request, action, jobs),
        is_deletion=action.is_deletion,
        error="Give a reason. It is recorded in the ledger." if is_confirmed(request) else "",
    )
    return render_confirmation(
        model_admin.admin_site,
        request,
        confirmation,
        opts=Job._meta,
        action=action,
        forecast=forecast,
        examples=jobs.filter(action.fits).select_related("user")[:EXAMPLES],
        max_reason=MAX_REASON,
    )


def chosen(request: HttpRequest, listed: QuerySet[Job]) -> QuerySet[Job]:
    """Return all jobs of the list, or the ticked ones, even if these have changed meanwhile."""
    if request.POST.get("select_across") == "1":
        return _first(_until(request, listed))
    ids = map(row_id, request.POST.getlist(ACTION_CHECKBOX_NAME))
    return Job.objects.filter(id__in=[id for id in ids if id is not None]).order_by("-id")


def _first(listed: QuerySet[Job]) -> QuerySet[Job]:
    """Return the first MAX_ACROSS jobs of the list."""
    edge = listed.values_list("created_at", flat=True)[MAX_ACROSS : MAX_ACROSS + 1].first()
    if edge is None:
        return listed
    goes_back = cast(OrderBy, listed.query.order_by[0]).descending
    return listed.filter(**{"created_at__gt" if goes_back else "created_at__lt": edge})


def _until(request: HttpRequest, jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Exclude jobs that were created after the page with their count was shown."""
    last = row_id(request.POST.get("last", ""))
    return jobs if last is None else jobs.filter(id__lte=last)


def _hidden(request: HttpRequest, action: JobAction, jobs: QuerySet[Job]) -> tuple[tuple[str, str], ...]:
    """Return the hidden fields that select the same jobs again. For a whole list: one tick, which Django
    requires, and where the list ended."""
    fields = selection_fields(request, action.name)
    if request.POST.get("select_across") != "1":
        return fields
    last = str(jobs.order_by().aggregate(last=Max("id"))["last"] or 0)
    return (*fields[:3], ("last", last))


def tell(
    model_admin: ModelAdmin[Job], request: HttpRequest, action: JobAction, outcome: ActionOutcome
) -> None:
    """Report what was done, what was refused and why, and what is left."""
    if outcome.done or not outcome.refusals:
        jobs = "1 job was" if outcome.done == 1 else f"{outcome.done:,} jobs were"
        model_admin.message_user(request, f"{jobs} {action.done}.")
    for refusal, count in outcome.refusals.most_common(SHOWN_REFUSALS):
        sentence = refusal if count == 1 else f"{refusal} ({count:,})"
        model_admin.message_user(request, sentence, messages.WARNING)
    if outcome.refused > SHOWN_REFUSALS:
        model_admin.message_user(request, f"{outcome.refused:,} were refused in total.", messages.WARNING)
    if outcome.left:
        sentence = f"{outcome.left:,} are left: the request reached its time limit. Select them again."
        model_admin.message_user(request, sentence, messages.WARNING)


def action_of(action: JobAction) -> Any:
    """Return the action as a change list action."""

    def act(model_admin: ModelAdmin[Job], request: HttpRequest, listed: QuerySet[Job]) -> HttpResponseBase:
        return confirm(model_admin, request, action, chosen(request, listed), back=request.get_full_path())

    act.__name__ = action.name
    act.short_description = f"{action.title}…"  # type: ignore[attr-defined]
    return act


ACTIONS = {name: action_of(action) for name, action in JOB_ACTIONS.items()}
