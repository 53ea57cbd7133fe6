"""What other rooms may hear of a job's life."""

from __future__ import annotations

from django.dispatch import Signal

#: Sent with `job` when it is COMPLETED, FAILED or CANCELLED, inside the transaction that ends it:
#: a row that a receiver writes is kept exactly when the end is.
job_ended = Signal()

#: Sent by each worker in each of its sweeps, every few seconds: the place for what is due whether or not
#: anybody looks. Receivers are short, and may run in several workers at once.
swept = Signal()
