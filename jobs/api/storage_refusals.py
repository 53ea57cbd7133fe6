"""Refusals of storing external files as API errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from audiomusic.http.exceptions import DecodersBusy, DiskFull, StorageFull, StorageUnavailable
from jobs.storage.budgets import DiskAlmostFull, StorageBudgetReached
from jobs.storage.copies import EncodersBusy
from jobs.storage.files import StorageRefused


@contextmanager
def storage_refusals_answered() -> Iterator[None]:
    """Convert storage errors into StorageFull, DiskFull, DecodersBusy and StorageUnavailable."""
    try:
        yield
    except StorageBudgetReached as error:
        raise StorageFull(str(error)) from None
    except DiskAlmostFull as error:
        raise DiskFull(str(error)) from None
    except EncodersBusy:
        raise DecodersBusy from None
    except StorageRefused:
        raise StorageUnavailable from None
