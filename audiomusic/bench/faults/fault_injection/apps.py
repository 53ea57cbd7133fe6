"""Adds the points at which a worker may be killed to the path of a song."""

from __future__ import annotations

import faulthandler
import os
import signal
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.db import transaction

from audiomusic.bench.faults.fault_injection.points import (
    DOUBLE_MESSAGES,
    LOSE_MESSAGES,
    STAGES,
    die_at,
    is_on,
)
from audiomusic.bench.faults.lock_holders import STACK_SIGNAL

#: A song with this prompt kills the worker that makes it.
POISON = "poison"
PATCHED = ("jobs.tasks", "jobs.wakeup", "jobs.webhooks.sending", "jobs.worker.lease")


class FaultyConfig(AppConfig):
    name = "audiomusic.bench.faults.fault_injection"
    label = "faulty"

    def ready(self) -> None:
        faulthandler.register(STACK_SIGNAL, all_threads=True)  # for `who_holds_what`
        from jobs.signals import job_ended

        # Typed as Any, because a type checker does not allow assigning to a module's functions.
        tasks, wakeup, sending, lease = map(_module, PATCHED)
        report, store, send, ring = (
            lease.LeaseKeeper.report, tasks.store_take, sending.post, wakeup.async_task,
        )  # fmt: skip

        def report_or_die(keeper: Any, stage: Any, share: float) -> None:
            if keeper.job.prompt == POISON:
                os.kill(os.getpid(), signal.SIGKILL)
            if stage in STAGES:
                die_at(stage)
            report(keeper, stage, share)

        def store_and_die(**what: Any) -> Any:
            stored = store(**what)
            die_at("stored")
            return stored

        def send_and_die(*arguments: Any, **what: Any) -> Any:
            die_at("telling")
            answer = send(*arguments, **what)
            die_at("told")
            return answer

        def ring_amiss(*arguments: Any, **what: Any) -> Any:
            if is_on(LOSE_MESSAGES):
                return None
            if is_on(DOUBLE_MESSAGES):
                ring(*arguments, **what)
            return ring(*arguments, **what)

        lease.LeaseKeeper.report = report_or_die
        tasks.store_take = store_and_die
        sending.post = send_and_die
        wakeup.async_task = ring_amiss
        job_ended.connect(_die_at_the_end)


def _module(name: str) -> Any:
    return import_module(name)


def _die_at_the_end(sender: Any, **kwargs: Any) -> None:
    die_at("ending")  # before the commit
    transaction.on_commit(lambda: die_at("ended"))
