"""Interpreting the search box of the staff's job list."""

from __future__ import annotations

from dataclasses import replace

from audiomusic.accounts.models import User
from audiomusic.http.ids import row_id
from jobs.models import Job, Status
from jobs.staff.changelist_query import ChangelistFilters, also

HELP = (
    "A job's number, a user's name, an error code, or words of a song's name, prompt, lyrics or tags "
    '(use "quotes" to search only these)'
)


def with_search(filters: ChangelistFilters, query: str) -> ChangelistFilters:
    """Return the filters extended by the query, interpreted as the first kind in HELP that exists."""
    words = query.replace("\0", "").strip()
    if not words:
        return filters
    if len(words) > 2 and words[0] == words[-1] == '"':
        return replace(filters, words=words)
    if (job_id := row_id(words)) is not None:
        return replace(filters, columns=also(filters.columns, "ids", [job_id]))
    if Job.objects.filter(status=Status.FAILED, error_code=words[:64]).exists():
        return replace(filters, columns=also(filters.columns, "error_code", words))
    user_id = User.objects.filter(username=words[:150]).values_list("id", flat=True).first()
    if user_id is not None:
        return replace(filters, columns=also(filters.columns, "user", user_id))
    return replace(filters, words=words)
