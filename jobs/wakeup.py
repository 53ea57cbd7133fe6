"""Wake workers from the web side. A message only says "look at the Job table", so a lost one costs a few
seconds (the sweep wakes workers again) and a duplicate costs nothing."""

from __future__ import annotations

import logging

from django_q.brokers import get_broker
from django_q.tasks import async_task

from jobs.worker.brokers import MAKE_NEXT, MESSAGE_OPTIONS, TASK_NAME

log = logging.getLogger(__name__)


def wake_workers() -> None:
    """Wake a worker for a waiting job. Never raises: without the message, the sweep finds the job."""
    try:
        async_task(MAKE_NEXT, task_name=TASK_NAME, q_options=dict(MESSAGE_OPTIONS))
    except Exception:
        log.warning("The queue took no message; the next sweep will find the job.", exc_info=True)


def wake_if_idle() -> None:
    """Like `wake_workers`, but only if no message is already on its way."""
    try:
        is_ringing = get_broker().queue_size() > 0
    except Exception:
        log.warning("The queue does not respond.", exc_info=True)
        return
    if not is_ringing:
        wake_workers()


def queue_answers() -> bool:
    """Whether messages can be sent. Never raises."""
    try:
        get_broker().queue_size()
    except Exception:
        return False
    return True
