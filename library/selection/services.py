"""Bulk operations on songs. Missing songs and those of other users are skipped: a page may be older than the
library, and one such song should not reject five hundred likes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from audiomusic.accounts.models import User
from jobs.models import Job
from library.models import Reaction
from library.playlists.models import Playlist
from library.playlists.services import SongRef, playlist_items_add, songs_found

MOST_SONGS = 500  # per call


class TooManySongs(Exception):
    """Too many songs at once; the message says so."""


def selection_ids(job_ids: Iterable[int]) -> list[int]:
    """Return the ids without duplicates, in order. Raises TooManySongs."""
    ids = list(dict.fromkeys(job_ids))
    if len(ids) > MOST_SONGS:
        raise TooManySongs(f"Expected at most {MOST_SONGS} songs at once, got {len(ids)}.")
    return ids


@transaction.atomic
def jobs_react(*, user: User, job_ids: Iterable[int], value: str | None) -> list[int]:
    """Like or dislike the songs, or clear (None): all of them or, on an error, none. Repeatable. Returns the
    existing ones. Raises TooManySongs."""
    own = Job.objects.of_user(user).filter(id__in=selection_ids(job_ids)).order_by("id")
    jobs = list(
        own.select_for_update(no_key=True).only("created_at")
    )  # locked before their reactions, as in a deletion
    if value is None:
        Reaction.objects.filter(user=user, job__in=jobs).delete()
    else:
        now = timezone.now()
        Reaction.objects.bulk_create(
            [
                Reaction(user=user, job=job, value=value, created_at=now, job_created_at=job.created_at)
                for job in jobs
            ],
            update_conflicts=True,
            unique_fields=["job", "user"],
            update_fields=["value", "created_at"],
        )
    return [job.pk for job in jobs]


@transaction.atomic
def jobs_add_to_playlist(*, playlist: Playlist, job_ids: Sequence[int]) -> list[int]:
    """Append the first takes of the songs, in order. Unfinished songs and those without audio are skipped.
    Returns the added ones. Raises TooManySongs, PlaylistFull."""
    songs = [SongRef(job_id) for job_id in selection_ids(job_ids)]
    found = songs_found(user=playlist.user, items=songs)
    wanted = [song for song in songs if song in found]
    playlist_items_add(playlist=playlist, items=wanted)
    return [song.job_id for song in wanted]
