"""All writes of plays, ratings and player queues."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from audiomusic.accounts.models import User
from jobs.models import Take
from jobs.services import job_play_record
from library.listening.models import MOST_STARS, Listening, PlayQueue
from library.playlists.services import SongRef


class StarsInvalid(Exception):
    """The rating is not between 0 and MOST_STARS; the message says so."""


@transaction.atomic
def play_record(*, user: User, take: Take, at: datetime | None = None) -> None:
    """Count one play. `at`: its time, if not now."""
    now = timezone.now()
    moment = min(at, now) if at else now
    job_play_record(job_id=take.job_id)  # before the take's row, because a deletion locks in this order too
    if not _update(take, play_count=F("play_count") + 1):
        _create(user, take, play_count=1, last_played_at=moment)
    rows = Listening.objects.filter(take=take)
    rows.filter(last_played_at=None).update(last_played_at=moment)
    rows.filter(last_played_at__lt=moment).update(last_played_at=moment)


def stars_set(*, user: User, take: Take, stars: int) -> None:
    """Set a rating from 1 to 5; 0 removes it. Repeating this is harmless. Raises StarsInvalid."""
    if not 0 <= stars <= MOST_STARS:
        raise StarsInvalid(f"Expected a rating from 0 to {MOST_STARS}, got {stars}.")
    if not _update(take, stars=stars) and stars:
        _create(user, take, stars=stars)


def play_queue_save(
    *, user: User, songs: Sequence[SongRef], current: SongRef | None, position_ms: int, player: str
) -> None:
    """Replace the user's saved queue."""
    PlayQueue.objects.update_or_create(
        user=user,
        defaults={
            "songs": [list(song) for song in songs],
            "current": list(current) if current else None,
            "position_ms": position_ms,
            "changed_at": timezone.now(),
            "changed_by": player[:100],
        },
    )


def _update(take: Take, **changes: Any) -> bool:
    return bool(Listening.objects.filter(take=take).update(**changes))


def _create(user: User, take: Take, **values: Any) -> None:
    """Create the row, or update it if a concurrent call has created it."""
    try:
        with transaction.atomic():
            Listening.objects.create(user=user, take=take, **values)
    except IntegrityError:
        changes = {"play_count": F("play_count") + 1} if "play_count" in values else values
        _update(take, **changes)
