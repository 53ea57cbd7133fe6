"""How many bytes each user stores, read from running totals instead of adding up the files of songs. Uploaded
and fetched files are counted each time, because AUDIOMUSIC_UPLOADS_COUNT limits them to a few; so are the
pictures of songs, from an index by user."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from audiomusic.accounts.models import User
from audiomusic.db.triggers import TriggerSet
from jobs.models import CoverFile, SourceFile
from jobs.storage.byte_sizes import parse_size
from jobs.storage.usage_triggers import TABLES, TOTALS, TRIGGERS, kept_bytes, triggers_replace

MB = 1_000_000


@dataclass(frozen=True)
class StorageUse:
    """A user's storage. `kept`: songs, their pictures and uploads. `reserved`: upper limit for songs that
    wait or are being made. `allowed`: None means no limit."""

    kept: int
    reserved: int
    allowed: int | None

    @property
    def used(self) -> int:
        return self.kept + self.reserved

    @property
    def percent(self) -> int:
        """Percentage of the allowed bytes; 0 without a limit."""
        if self.allowed is None:
            return 0
        return min(100, 100 * self.used // self.allowed) if self.allowed else 100


def storage_use(user: User) -> StorageUse:
    """Read the user's storage in one statement, so that a song that finishes meanwhile counts once: as
    reserved or as kept."""
    sent = f"SELECT SUM(byte_count) FROM {SourceFile._meta.db_table} WHERE user_id = %s"
    covers = f"SELECT SUM(byte_count) FROM {CoverFile._meta.db_table} WHERE user_id = %s"
    reserved = "(SELECT SUM(bytes_reserved) FROM jobs_job WHERE user_id = %s AND status = '{}')"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT SUM(byte_count) FROM {TOTALS} WHERE user_id = %s), ({sent}), ({covers}),"
            f" {reserved.format('PENDING')}, {reserved.format('PROCESSING')}",
            [user.pk] * 5,
        )
        kept, uploaded, pictures, waiting, being_made = (int(total or 0) for total in cursor.fetchone())
    return StorageUse(kept + uploaded + pictures, waiting + being_made, bytes_allowed(user))


def bytes_allowed(user: User) -> int | None:
    """Return how many bytes the user may store: their own limit, else the server's; None: unlimited."""
    if user.storage_limit_mb is not None:
        return user.storage_limit_mb * MB
    return parse_size(settings.STORAGE_PER_USER)


def storage_use_problems() -> list[str]:
    """Return a sentence for each user whose total differs from their files. Reads the row of every file."""
    return [*_missing(), *_differences()]


def _missing() -> Iterator[str]:
    for name in STORAGE_TRIGGERS.missing(connection):
        yield f"The trigger {name} is missing, so the totals of stored bytes are not updated."


def _differences() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"""
            SELECT user_id, SUM(counted), SUM(kept) FROM (
                SELECT user_id, byte_count AS counted, 0 AS kept FROM ({kept_bytes()}) AS files
                UNION ALL SELECT user_id, 0, byte_count FROM {TOTALS}
            ) AS both_sides
            GROUP BY user_id HAVING SUM(counted) <> SUM(kept) ORDER BY user_id
        """)
        for user_id, counted, kept in cursor.fetchall():
            yield f"User {user_id} has {counted} bytes in stored files, but their total says {kept}."


@transaction.atomic
def storage_use_rebuild() -> None:
    """Add up every file again, while no one else can add or remove one."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"LOCK TABLE {', '.join(TABLES)} IN SHARE MODE")
        cursor.execute(f"DELETE FROM {TOTALS}")
        cursor.execute(
            f"INSERT INTO {TOTALS} (user_id, byte_count) "
            f"SELECT user_id, SUM(byte_count) FROM ({kept_bytes()}) AS files GROUP BY user_id"
        )


STORAGE_TRIGGERS = TriggerSet(
    names={"sqlite": TRIGGERS, "postgresql": TRIGGERS},
    made_by=("jobs", "0010_total_stored_bytes_by_user"),
    replace=triggers_replace,
    rebuild=storage_use_rebuild,
)
