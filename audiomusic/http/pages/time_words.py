"""Times in everyday words in the active time zone, with the full time as a tooltip.

`static/site/preferences.js` rewrites them in the same words on a browser's very first page, which is rendered
before the browser has sent its zone.
"""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()
NEAR_DAYS = {0: "today", -1: "yesterday", 1: "tomorrow"}
WEEK_DAYS = 7


def day_words(moment: datetime, now: datetime | None = None) -> str:
    """Return "today", "yesterday", "Monday" (of the last week), "5 Nov" or "5 Nov 2025"."""
    local, today = timezone.localtime(moment), timezone.localtime(now)
    days = (local.date() - today.date()).days
    if days in NEAR_DAYS:
        return NEAR_DAYS[days]
    if -WEEK_DAYS < days < 0:
        return f"{local:%A}"
    return f"{local.day} {local:%b}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def moment_words(moment: datetime, now: datetime | None = None) -> str:
    """Return the day and the time: "today 14:05", "5 Nov 14:05"."""
    return f"{day_words(moment, now)} {timezone.localtime(moment):%H:%M}"


def moment_in_full(moment: datetime) -> str:
    """Return the full time: "Sunday 29 November 2026, 14:05:09, Europe/Berlin"."""
    local = timezone.localtime(moment)
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M:%S}, {timezone.get_current_timezone_name()}"


@register.simple_tag
def day(moment: datetime | None, default: str = "never") -> SafeString | str:
    """Render `{% day key.expiry %}`: the day as a <time>."""
    return _time(moment, "day", day_words(moment)) if moment else default


@register.simple_tag
def moment(moment: datetime | None, default: str = "never") -> SafeString | str:
    """Render `{% moment key.last_used_at %}`: the day and the time as a <time>."""
    return _time(moment, "moment", moment_words(moment)) if moment else default


@register.filter
def in_full(moment: datetime) -> str:
    """Return the full time, for `title="{{ upload.expires_at|in_full }}"`."""
    return moment_in_full(moment)


@register.filter
def said(moment: datetime) -> str:
    """Return the words of `{% moment %}` where no <time> is allowed, such as in a label."""
    return moment_words(moment)


def _time(moment: datetime, said: str, words: str) -> SafeString:
    exact = moment.astimezone(timezone.get_default_timezone()).isoformat(timespec="seconds")
    return format_html(
        '<time datetime="{}" data-said="{}" title="{}">{}</time>', exact, said, moment_in_full(moment), words
    )
