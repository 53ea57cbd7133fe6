"""All writes of playlists, for the API, pages, admin and music players."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from audiomusic.accounts.credits.ledger import account_lock
from audiomusic.accounts.models import User
from jobs.models import Status, Take
from jobs.specs.score_tasks import SILENT_TASKS
from library.playlists.models import COMMENT_CHARS, NAME_CHARS, Playlist, PlaylistItem

MOST_PLAYLISTS = 500  # per user
MOST_ITEMS = 5000  # per playlist
LOOKED_UP_AT_ONCE = 500


class SongRef(NamedTuple):
    """A song: a take of a finished job."""

    job_id: int
    take: int = 1


class NoSuchSong(Exception):
    """The user has no such finished song; the message says which."""


class PlaylistFull(Exception):
    """Too many songs or playlists; the message says which."""


class PlaylistNameInvalid(Exception):
    """The name is empty or too long; the message says so."""


@transaction.atomic
def playlist_create(*, user: User, name: str, comment: str = "", items: Sequence[SongRef] = ()) -> Playlist:
    """Create a playlist. Raises PlaylistNameInvalid, PlaylistFull, NoSuchSong."""
    name = _checked_name(name)
    account_lock(user=user)  # one at a time, so that the count is correct
    if Playlist.objects.of_user(user).count() >= MOST_PLAYLISTS:
        raise PlaylistFull(f"Expected at most {MOST_PLAYLISTS} playlists, got one more: delete one first.")
    playlist = Playlist.objects.create(user=user, name=name, comment=comment[:COMMENT_CHARS])
    _append(playlist, items, start=0)
    return playlist


@transaction.atomic
def playlist_update(*, playlist: Playlist, name: str | None = None, comment: str | None = None) -> Playlist:
    """Change the name or comment; None keeps it. Raises PlaylistNameInvalid."""
    changes = {
        "name": None if name is None else _checked_name(name),
        "comment": None if comment is None else comment[:COMMENT_CHARS],
    }
    for field, value in changes.items():
        if value is not None:
            setattr(playlist, field, value)
    playlist.changed_at = timezone.now()
    playlist.save(update_fields=["name", "name_key", "comment", "changed_at"])
    return playlist


def playlist_delete(*, playlist: Playlist) -> None:
    """Delete the playlist but not its songs. Repeating this is harmless."""
    Playlist.objects.filter(pk=playlist.pk).delete()


@transaction.atomic
def playlist_items_replace(*, playlist: Playlist, items: Sequence[SongRef]) -> None:
    """Replace all songs with these, in this order. Raises NoSuchSong, PlaylistFull."""
    _lock(playlist)
    PlaylistItem.objects.filter(playlist=playlist).delete()
    _append(playlist, items, start=0)


@transaction.atomic
def playlist_items_add(*, playlist: Playlist, items: Sequence[SongRef]) -> None:
    """Append these songs. Raises NoSuchSong, PlaylistFull."""
    _lock(playlist)
    last = PlaylistItem.objects.filter(playlist=playlist).order_by("-position").first()
    _append(playlist, items, start=last.position + 1 if last else 0)


@transaction.atomic
def playlist_items_change(
    *, playlist: Playlist, remove: Collection[int] = (), add: Sequence[SongRef] = ()
) -> None:
    """Remove the songs at these current positions, counted from 0, and append others. Raises NoSuchSong and
    PlaylistFull."""
    _lock(playlist)
    if remove:
        rows = PlaylistItem.objects.filter(playlist=playlist).order_by("position")
        ids = list(rows.values_list("id", flat=True))
        gone = [ids[place] for place in set(remove) if 0 <= place < len(ids)]
        for batch in _batches(gone):
            PlaylistItem.objects.filter(id__in=batch).delete()
        _note_change(playlist)
    if add:
        playlist_items_add(playlist=playlist, items=add)


def songs_found(*, user: User, items: Sequence[SongRef]) -> dict[SongRef, int]:
    """Map those songs that belong to the user, are finished and have audio to the ids of their takes."""
    job_ids = list(dict.fromkeys(item.job_id for item in items))
    found: dict[SongRef, int] = {}
    for batch in _batches(job_ids):
        takes = Take.objects.filter(job__in=batch, job__user=user, job__status=Status.COMPLETED)
        rows = takes.exclude(job__task__in=SILENT_TASKS).values_list("job_id", "index", "id")
        found |= {SongRef(job_id, index): take_id for job_id, index, take_id in rows}
    return found


def _append(playlist: Playlist, items: Sequence[SongRef], *, start: int) -> None:
    found = songs_found(user=playlist.user, items=items)
    for item in items:
        if item not in found:
            raise NoSuchSong(f"Expected finished songs of yours, got job {item.job_id}, take {item.take}.")
    if items and PlaylistItem.objects.filter(playlist=playlist).count() + len(items) > MOST_ITEMS:
        raise PlaylistFull(f"Expected at most {MOST_ITEMS} songs in a playlist, got more.")
    PlaylistItem.objects.bulk_create(
        PlaylistItem(playlist=playlist, position=start + place, take_id=found[item])
        for place, item in enumerate(items)
    )
    _note_change(playlist)


def _note_change(playlist: Playlist) -> None:
    playlist.changed_at = timezone.now()
    playlist.save(update_fields=["changed_at"])


def _lock(playlist: Playlist) -> None:
    """Lock the playlist, so that only one request at a time writes its positions."""
    Playlist.objects.select_for_update(no_key=True).get(pk=playlist.pk)


def _checked_name(name: str) -> str:
    stripped = name.strip()
    if not stripped or len(stripped) > NAME_CHARS:
        raise PlaylistNameInvalid(f"Expected a name of 1 to {NAME_CHARS} characters, got {len(stripped)}.")
    return stripped


def _batches(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + LOOKED_UP_AT_ONCE] for start in range(0, len(ids), LOOKED_UP_AT_ONCE))
