"""What the queue keeps of its messages, as far as it tells staff anything.

A message only says "look at the Job table" (jobs.wakeup). So a waiting one is no song that waits, and to
delete or to send it again changes nothing; one that was heard is not kept; and no schedule ever runs
(`Q_CLUSTER["scheduler"]`). But a worker that stumbles between two songs, over a database that is gone for
instance, leaves a failure here that no job tells of.
"""

from __future__ import annotations

import django_q.admin  # noqa: F401  (what it registers has to be there before it is taken away)
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.text import Truncator
from django_q.models import Failure, OrmQ, Schedule, Success

from audiomusic.adminkit.read_only import ReadOnlyAdmin

TITLE = "Errors of workers outside of a song"
SHORT_CHARS = 160

for model in (Failure, OrmQ, Schedule, Success):
    if admin.site.is_registered(model):  # OrmQ is not where the broker is Redis
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
