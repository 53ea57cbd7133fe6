"""Writes of reactions and share links."""

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
    """The job does not exist, or belongs to another user."""


class NotShareable(Exception):
    """The job has no audio yet."""


@transaction.atomic
def reaction_set(*, user: User, job_id: int, value: str) -> None:
    """Like or dislike the user's own job. Repeatable. Raises NoSuchJob."""
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
    """Remove a like or dislike. Repeatable. Raises NoSuchJob."""
    _lock_job(user, job_id)
    Reaction.objects.filter(user=user, job=job_id).delete()


TOKEN_BYTES = 18  # 24 characters, impossible to guess


def share_create(*, job: Job, days: int | None) -> ShareLink:
    """Create a link at which anyone can hear the song, for a number of days or (None) until it is revoked.
    Raises NotShareable unless the job is COMPLETED and has audio."""
    if is_silent(job):
        raise NotShareable("A score has no audio to share. Record it first.")
    if job.status != Status.COMPLETED:
        raise NotShareable(f"Only a finished song can be shared; this one is {job.status}.")
    return ShareLink.objects.create(job=job, **_token(days))


def playlist_share_create(*, playlist: Playlist, days: int | None) -> PlaylistLink:
    """Create a link at which anyone can hear the playlist's songs, for a number of days or (None) until it
    is revoked."""
    return PlaylistLink.objects.create(playlist=playlist, **_token(days))


def share_revoke(*, link: ShareLink | PlaylistLink) -> None:
    """Revoke the link. The row stays as a record. Repeatable."""
    links = type(link)._default_manager.filter(pk=link.pk, revoked_at=None)
    links.update(revoked_at=timezone.now())


def _token(days: int | None) -> dict[str, Any]:
    expires_at = None if days is None else timezone.now() + timedelta(days=days)
    return {"token": secrets.token_urlsafe(TOKEN_BYTES), "expires_at": expires_at}


def _lock_job(user: User, job_id: int) -> Job:
    """Lock the job before its reaction, in the same order as a deletion, so that they cannot deadlock."""
    job = (
        Job.objects.of_user(user).select_for_update(no_key=True).only("created_at").filter(id=job_id).first()
    )
    if job is None:
        raise NoSuchJob
    return job
