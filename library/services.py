"""Every write of what users think of their jobs, and of whom they let hear them."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from audiomusic.accounts.models import User
from jobs.models import Job, Status
from jobs.specs.score_tasks import is_silent
from library.models import PlaylistLink, Reaction, ShareLink
from library.playlists.models import Playlist


class NoSuchJob(Exception):
    """There is no such job, or it is somebody else's."""


class NotShareable(Exception):
    """There is nothing to hear yet."""


@transaction.atomic
def reaction_set(*, user: User, job_id: int, value: str) -> None:
    """Like or dislike one's own job. Repeatable. Raises NoSuchJob."""
    job = _lock_job(user, job_id)
    reaction = Reaction(
        user=user, job_id=job_id, value=value, created_at=timezone.now(), job_created_at=job.created_at
    )
    Reaction.objects.bulk_create(
        [reaction],
        update_conflicts=True,
        unique_fields=["job", "user"],
        update_fields=["value", "created_at"],
    )


@transaction.atomic
def reaction_clear(*, user: User, job_id: int) -> None:
    """Neither like nor dislike any more. Repeatable. Raises NoSuchJob."""
    _lock_job(user, job_id)
    Reaction.objects.filter(user=user, job=job_id).delete()


TOKEN_BYTES = 18  # 24 letters, not to be guessed


def share_create(*, job: Job, days: int | None) -> ShareLink:
    """An address at which anybody hears the song, for so many days or (None) until it is revoked.
    Raises NotShareable unless the job is COMPLETED and can be heard."""
    if is_silent(job):
        raise NotShareable("A score makes no sound yet, so there is nothing to share; record it first.")
    if job.status != Status.COMPLETED:
        raise NotShareable(f"Only a finished song can be shared; this one is {job.status}.")
    return ShareLink.objects.create(job=job, **_token(days))


def playlist_share_create(*, playlist: Playlist, days: int | None) -> PlaylistLink:
    """An address at which anybody hears the playlist's songs, for so many days or (None) until it is
    revoked."""
    return PlaylistLink.objects.create(playlist=playlist, **_token(days))


def share_revoke(*, link: ShareLink | PlaylistLink) -> None:
    """From now on the address opens nothing; the row stays, to tell what it was. Repeatable."""
    links = type(link)._default_manager.filter(pk=link.pk, revoked_at=None)
    links.update(revoked_at=timezone.now())


def _token(days: int | None) -> dict[str, Any]:
    expires_at = None if days is None else timezone.now() + timedelta(days=days)
    return {"token": secrets.token_urlsafe(TOKEN_BYTES), "expires_at": expires_at}


def _lock_job(user: User, job_id: int) -> Job:
    """Before its reaction, as its deletion does: neither then waits for the other."""
    job = (
        Job.objects.of_user(user).select_for_update(no_key=True).only("created_at").filter(id=job_id).first()
    )
    if job is None:
        raise NoSuchJob
    return job
