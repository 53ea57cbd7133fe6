"""The queue's stored messages, as far as they are useful to staff.

A message only says "look at the Job table" (jobs.wakeup). So a waiting message is not a waiting song, and
deleting or resending it changes nothing; a received one is not kept; and no schedule ever runs
(`Q_CLUSTER["scheduler"]`). But a worker that fails between two songs, for example because the database is
gone, leaves a failure here that no job shows.
"""

from __future__ import annotations

import django_q.admin  # noqa: F401  (must register its models before they are unregistered)
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.text import Truncator
from django_q.models import Failure, OrmQ, Schedule, Success

from audiomusic.adminkit.read_only import ReadOnlyAdmin

TITLE = "Worker errors outside songs"
SHORT_CHARS = 160

for model in (Failure, OrmQ, Schedule, Success):
    if admin.site.is_registered(model):  # OrmQ is not registered if the broker is Redis
        admin.site.unregister(model)


@admin.register(Failure)
class FailureAdmin(ReadOnlyAdmin):
    list_display = ("stopped", "func", "reason")
    sortable_by = ()
    ordering = ("-stopped",)
    fields = readonly_fields = ("func", "started", "stopped", "attempt_count", "result")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, str] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": TITLE, **(extra_context or {})})

    @admin.display(description="reason")
    def reason(self, failure: Failure) -> str:
        return Truncator(str(failure.result)).chars(SHORT_CHARS)
