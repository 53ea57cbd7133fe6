"""Signals about a job's lifecycle, for other apps."""

from __future__ import annotations

from django.dispatch import Signal

#: Sent with `job` when it is COMPLETED, FAILED or CANCELLED, inside the transaction that ends it, so a
#: receiver's row is committed exactly when the end is.
job_ended = Signal()

#: Sent by each worker in each sweep, every few seconds, for work that is due whether or not there are
#: requests. Receivers must be short and may run in several workers at once.
swept = Signal()
