"""Template filter for a song's picture."""

from __future__ import annotations

from django import template

from jobs.models import Job
from jobs.storage.links import COVER_KIND, THUMB_KIND, cover_url

register = template.Library()


@register.filter
def cover_src(job: Job, size: str = "small") -> str:
    """Return the URL of the owner's picture; "" if there is only the generated one, which the page draws
    itself. An uploaded picture takes precedence over a link."""
    if job.cover_version:
        return cover_url(job, base_url="", kind=COVER_KIND if size == "large" else THUMB_KIND)
    return job.thumbnail_url
