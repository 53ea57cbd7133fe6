"""The picture of a song in templates."""

from __future__ import annotations

from django import template

from jobs.models import Job
from jobs.storage.links import COVER_KIND, THUMB_KIND, cover_url

register = template.Library()


@register.filter
def cover_src(job: Job, size: str = "small") -> str:
    """Where the picture is that its owner gave it; "" where it has only the drawn one, which a page draws
    by itself. One that was sent comes before a link."""
    if job.cover_version:
        return cover_url(job, base_url="", kind=COVER_KIND if size == "large" else THUMB_KIND)
    return job.thumbnail_url
