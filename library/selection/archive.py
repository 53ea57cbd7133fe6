"""A ZIP of many songs."""

from __future__ import annotations

from collections.abc import Iterable

from audiomusic.accounts.models import User
from jobs.models import Status, Take
from jobs.specs.score_tasks import SILENT_TASKS
from jobs.storage.archives import Archive
from library.playlists.files import HEAVY_FIELDS, takes_archive
from library.selection.services import selection_ids

FILE_NAME = "AudioMusic songs.zip"


class NothingToHear(Exception):
    """None of the songs can be downloaded; the message says so."""


def songs_archive(*, user: User, job_ids: Iterable[int]) -> Archive:
    """Return every take of the user's finished songs among these, in order. Raises TooManySongs,
    NothingToHear, and whatever `takes_archive` raises."""
    ids = selection_ids(job_ids)
    own = Take.objects.filter(job__in=ids, job__user=user, job__status=Status.COMPLETED)
    takes = list(own.exclude(job__task__in=SILENT_TASKS).select_related("job").defer(*HEAVY_FIELDS))
    if not takes:
        raise NothingToHear("Expected at least one finished song with audio, got none.")
    place = {job_id: number for number, job_id in enumerate(ids)}
    return takes_archive(sorted(takes, key=lambda take: (place[take.job_id], take.index)))


def archive_headers(archive: Archive) -> dict[str, str]:
    return {
        "Content-Type": "application/zip",
        "Content-Length": str(archive.byte_count),
        "Content-Disposition": f'attachment; filename="{FILE_NAME}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
