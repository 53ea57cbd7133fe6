"""A song's cover for anyone with a signed link: no key, no cookie."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from audiomusic.engines.covers.picture import cover_png
from audiomusic.http.errors import json_error
from jobs.covers.models import CoverFile, CoverSize
from jobs.models import Job
from jobs.storage.links import LinkExpired, LinkInvalid, read_token
from jobs.storage.media.responses import answer_content, answer_stored
from jobs.storage.takes import AudioMissing

DRAWN_PX = {CoverSize.LARGE: 512, CoverSize.SMALL: 256}


@require_safe
def cover_view(request: HttpRequest, token: str, file_name: str) -> HttpResponseBase:
    """Return the uploaded cover as JPEG, else the drawn one as PNG. `file_name` is only for people."""
    try:
        link = read_token(token)
        if link.kind not in CoverSize.values:
            raise LinkInvalid
        job = Job.objects.filter(id=link.job_id, user__is_active=True).only("cover_version").first()
        if job is None:
            raise LinkInvalid
        return answer_cover(request, job, CoverSize(link.kind))
    except LinkExpired:
        return json_error(410, "This link has expired. Get a new one from the job.", "link_expired")
    except (LinkInvalid, AudioMissing):
        return json_error(404, "This link leads to nothing.", "not_found")


def answer_cover(request: HttpRequest, job: Job, size: CoverSize) -> HttpResponseBase:
    """Return a job's cover; the caller has checked the permission. Raises AudioMissing if its file is
    gone."""
    file = CoverFile.objects.filter(job=job, format=size).first() if job.cover_version else None
    if file is not None:
        return answer_stored(request, file, {"Content-Type": "image/jpeg"})
    picture = cover_png(str(job.pk), DRAWN_PX[size])
    return answer_content(request, picture, {"Content-Type": "image/png"})
