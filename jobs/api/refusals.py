"""Refusals of the job services as API errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from audiomusic.accounts.credits.ledger import NotEnoughCredits
from audiomusic.http.exceptions import (
    DiskFull,
    PaymentRequired,
    SourceMissing,
    SourceRefused,
    StorageFull,
    StorageUnavailable,
    TooManyWaiting,
)
from jobs.specs.refusals import SourceNotFound, SourceUnfit, WaitingLimitReached
from jobs.storage.budgets import DiskAlmostFull, StorageBudgetReached
from jobs.storage.files import StorageRefused


@contextmanager
def refusals_answered() -> Iterator[None]:
    """Convert each refusal of a new or retried job into an API error with its status and code."""
    try:
        yield
    except NotEnoughCredits as error:
        raise PaymentRequired(required=error.required, available=error.available) from None
    except WaitingLimitReached as error:
        raise TooManyWaiting(str(error)) from None
    except StorageBudgetReached as error:
        raise StorageFull(str(error)) from None
    except DiskAlmostFull as error:
        raise DiskFull(str(error)) from None
    except SourceNotFound as error:
        raise SourceMissing(str(error)) from None
    except SourceUnfit as error:
        errors = {name: list(sentences) for name, sentences in error.errors.items()}
        raise SourceRefused(str(error), error.code, errors) from None
    except StorageRefused:
        raise StorageUnavailable from None
