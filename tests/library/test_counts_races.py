"""Several processes create, finish, cancel, delete and like at once: counts and ledger add up, and no process
fails because of another."""

import multiprocessing
import random
import traceback
from contextlib import suppress

import pytest
from django.db import connections

from audiomusic.accounts.credits.ledger import credits_grant
from audiomusic.accounts.credits.statements import ledger_problems
from jobs.models import Job, JobCount
from jobs.services import JobNotCancellable, JobNotRetryable, job_cancel, job_delete, job_retry
from jobs.storage.takes import StoredTake
from jobs.worker.claims import job_claim, job_fail, job_finish, job_progress
from library.integrity import counts_problems
from library.models import Reaction
from library.services import NoSuchJob, reaction_clear, reaction_set

pytestmark = pytest.mark.django_db(transaction=True)
PROCESSES = 4
STEPS = 30
CAPTIONS = ["calm jazz for a wedding", "sad lo-fi beats to study", "angry metal", "happy pop party"]


class Actor:
    """One process: random actions on existing jobs, mostly the newest."""

    def __init__(self, seed, users, make_job, result):
        self.chance, self.users = random.Random(seed), users
        self.make_job, self.result = make_job, result

    def run(self):
        actions = [self.create, self.make, self.react] * 2 + [self.stop, self.delete]
        for _ in range(STEPS):
            with suppress(Job.DoesNotExist, JobNotCancellable, JobNotRetryable, NoSuchJob):
                self.chance.choice(actions)()

    def job(self):
        return self.chance.choice(list(Job.objects.order_by("-id")[:5]) or [None])

    def create(self):
        caption = self.chance.choice(CAPTIONS)
        self.make_job(user=self.chance.choice(self.users), caption=caption, vocal_language="en")

    def make(self):
        job = job_claim()
        if job is None:
            return
        held = {"job": job, "lease_owner": job.lease_owner}
        job_progress(**held, stage="rendering", share=0.5)
        if self.chance.random() < 0.3:
            job_fail(**held, code="x", message="It broke.")
        else:
            job_finish(**held, result=self.result, takes=[StoredTake(1, 7, 8.0, 0.8, "", [0.5], [])])

    def react(self):
        job, value = self.job(), self.chance.choice([*Reaction.Value.values, None])
        if job and value:
            reaction_set(user=job.user, job_id=job.id, value=value)
        elif job:
            reaction_clear(user=job.user, job_id=job.id)

    def stop(self):
        job = self.job()
        if job:
            self.chance.choice([job_cancel, job_retry])(job=job)

    def delete(self):
        job = self.job()
        if job:
            job_delete(job=job)


def together(*acts):
    """Run each function in its own process, all at once; return a list with one traceback if any failed."""
    fork = multiprocessing.get_context("fork")
    gate, faults = fork.Barrier(len(acts)), fork.SimpleQueue()

    def run(act):
        try:
            gate.wait()
            act()
        except BaseException:
            faults.put(traceback.format_exc())
        finally:
            connections.close_all()

    connections.close_all()  # processes cannot share a connection
    processes = [fork.Process(target=run, args=[act]) for act in acts]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [] if faults.empty() else [faults.get()]


def test_nothing_drifts(owner, other, make_job, result, settings):
    settings.CREDITS = "0"
    for user in (owner, other):
        credits_grant(user=user, amount=1_000_000)
    actors = [Actor(seed, [owner, other], make_job, result) for seed in range(PROCESSES)]
    assert together(*(actor.run for actor in actors)) == []
    assert Job.objects.exists() and JobCount.objects.exists()
    assert counts_problems() == []
    assert ledger_problems() == []
    for job in Job.objects.all():
        job_delete(job=job)
    assert counts_problems() == []
