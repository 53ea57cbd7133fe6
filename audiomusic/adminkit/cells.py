"""Cells that several lists of the admin have: a user, a moment."""

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


@lru_cache(maxsize=1024)  # a list has fifty rows, and resolving is slow
def user_address(user_id: int) -> str:
    return reverse("admin:accounts_user_change", args=[user_id])


def user_cell(user: Any) -> SafeString | str:
    """The user's name, leading to their page in the admin."""
    if user is None:
        return "–"
    return format_html('<a href="{}">{}</a>', user_address(user.pk), user.get_username())


def moment_cell(moment: datetime | None, *, empty: str = "never", beside: str = "") -> SafeString:
    """How long ago, with the moment itself; what lies ahead by its day."""
    below = format_html('<span class="below">{}</span>', beside) if beside else ""
    if moment is None:
        return format_html("{}{}", empty, below)
    exact, full = moment.isoformat("T", "seconds"), moment_in_full(moment)
    return format_html('<time datetime="{}" title="{}">{}</time>{}', exact, full, words_of(moment), below)


def words_of(moment: datetime) -> str:
    """ "5 minutes ago", as the library says it; the day, where it is a week away or ahead."""
    passed = timezone.now() - moment
    return ago(moment) if timedelta(0) <= passed < timedelta(days=7) else day_words(moment)
