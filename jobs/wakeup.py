"""The doorbell between web and workers: a message says "look at the Job table" and nothing more, so a
lost one costs a few seconds (the sweep rings again) and a doubled one costs nothing."""

from __future__ import annotations

import logging

from django_q.brokers import get_broker
from django_q.tasks import async_task

from jobs.worker.brokers import MAKE_NEXT, MESSAGE_OPTIONS, TASK_NAME

log = logging.getLogger(__name__)


def wake_workers() -> None:
    """Tell a worker that a job waits. Never raises: without the message the sweep finds the job."""
    try:
        async_task(MAKE_NEXT, task_name=TASK_NAME, q_options=dict(MESSAGE_OPTIONS))
    except Exception:
        log.warning("The queue took no message; the next sweep will find the job.", exc_info=True)


def wake_if_idle() -> None:
    """As `nudge`, where no message is on its way already."""
    try:
        is_ringing = get_broker().queue_size() > 0
    except Exception:
        log.warning("The queue does not answer.", exc_info=True)
        return
    if not is_ringing:
        wake_workers()


def queue_answers() -> bool:
    """Whether messages can be sent at all. Never raises."""
    try:
        get_broker().queue_size()
    except Exception:
        return False
    return True
