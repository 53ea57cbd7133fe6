"""What is done with many songs at once. Songs that are gone, or another's, are passed over: a page may be
older than the library, and nobody wants five hundred likes refused for one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from audiomusic.accounts.models import User
from jobs.models import Job
from library.models import Reaction
from library.playlists.models import Playlist
from library.playlists.services import SongRef, playlist_items_add, songs_found

MOST_SONGS = 500  # in one call


class TooManySongs(Exception):
    """More songs at once than there may be; the text says so."""


def selection_ids(job_ids: Iterable[int]) -> list[int]:
    """Each once, in their order. Raises TooManySongs."""
    ids = list(dict.fromkeys(job_ids))
    if len(ids) > MOST_SONGS:
        raise TooManySongs(f"Expected at most {MOST_SONGS} songs at once, got {len(ids)}.")
    return ids


@transaction.atomic
def jobs_react(*, user: User, job_ids: Iterable[int], value: str | None) -> list[int]:
    """Like or dislike the songs, or neither (None): all of them or, on a fault, none. Repeatable. Returns
    those that there are. Raises TooManySongs."""
    own = Job.objects.of_user(user).filter(id__in=selection_ids(job_ids)).order_by("id")
    jobs = list(
        own.select_for_update(no_key=True).only("created_at")
    )  # before their reactions, as a deletion
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
    """The first takes of the songs, in their order, behind those that are there; what is not finished or
    makes no sound is passed over. Returns what was added. Raises TooManySongs, PlaylistFull."""
    songs = [SongRef(job_id) for job_id in selection_ids(job_ids)]
    found = songs_found(user=playlist.user, items=songs)
    wanted = [song for song in songs if song in found]
    playlist_items_add(playlist=playlist, items=wanted)
    return [song.job_id for song in wanted]
