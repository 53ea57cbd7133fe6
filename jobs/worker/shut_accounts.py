"""Cancel the waiting and running songs of closed accounts, and release their credits.

An account is closed if `is_active` is false, no matter how: in the admin, by a command, by SQL. So the
workers check in every sweep; if Django itself saves the user, it happens at once.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from django.db import transaction

from audiomusic.accounts.models import User
from jobs.lifecycle import finalize, lock_row
from jobs.managers import JobQuerySet
from jobs.models import Job, Status

log = logging.getLogger(__name__)

CHUNK = 200  # jobs read at once
TIME_S = 8.0  # then the caller continues, and the next sweep handles the rest


def shut_account_jobs_cancel(*, user: User | None = None, time_s: float = TIME_S) -> int:
    """Cancel the unfinished songs of closed accounts, or only of `user`, until none is left or `time_s` is
    over. Return how many were cancelled. A worker that makes one of them notices the lost lease and stops."""
    count, ends_at = 0, time.monotonic() + time_s
    for rows in (Job.objects.being_made(), Job.objects.waiting()):
        rows = rows.of_shut_accounts()
        if user is not None:
            rows = rows.of_user(user)
        while ids := list(rows.order_by().values_list("id", flat=True)[:CHUNK]):
            for job_id in ids:
                if time.monotonic() > ends_at:
                    _report(count, is_done=False)
                    return count
                count += _cancel(rows.filter(id=job_id))
    if count:
        _report(count, is_done=True)
    return count


@transaction.atomic
def _cancel(rows: JobQuerySet) -> bool:
    """End the one job of `rows`. Return False if it has already ended, or its account was reopened."""
    row = lock_row(rows)
    if row is None:
        return False
    finalize(row, Status.CANCELLED)
    return True


def _report(count: int, *, is_done: bool) -> None:
    log.info("%s songs of shut accounts were cancelled%s.", count, "" if is_done else "; more are left")


def cancel_jobs_of_shut_user(
    sender: Any, *, instance: User, created: bool, raw: bool, update_fields: Any = None, **kwargs: Any
) -> None:
    """Cancel the songs of a user whose account is now closed, without waiting for the sweep (`post_save`)."""
    may_have_changed = update_fields is None or "is_active" in update_fields
    if not (instance.is_active or created or raw) and may_have_changed:

        def cancel() -> None:
            shut_account_jobs_cancel(user=instance)

        transaction.on_commit(cancel, robust=True)
