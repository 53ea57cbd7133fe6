"""Cells that several admin lists share: a user, a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audiomusic.db.periods import ago
from audiomusic.http.pages.time_words import day_words, moment_in_full


@lru_cache(maxsize=1024)  # a list has fifty rows, and resolving URLs is slow
def user_address(user_id: int) -> str:
    return reverse("admin:accounts_user_change", args=[user_id])


def user_cell(user: Any) -> SafeString | str:
    """Return the user's name, linked to their page in the admin."""
    if user is None:
        return "–"
    return format_html('<a href="{}">{}</a>', user_address(user.pk), user.get_username())


def moment_cell(moment: datetime | None, *, empty: str = "never", beside: str = "") -> SafeString:
    """Return a moment as its age, or its day if it is in the future, with the exact time as a tooltip."""
    below = format_html('<span class="below">{}</span>', beside) if beside else ""
    if moment is None:
        return format_html("{}{}", empty, below)
    exact, full = moment.isoformat("T", "seconds"), moment_in_full(moment)
    return format_html('<time datetime="{}" title="{}">{}</time>{}', exact, full, words_of(moment), below)


def words_of(moment: datetime) -> str:
    """Return "5 minutes ago", or the day if the moment is a week or more ago, or in the future."""
    passed = timezone.now() - moment
    return ago(moment) if timedelta(0) <= passed < timedelta(days=7) else day_words(moment)
