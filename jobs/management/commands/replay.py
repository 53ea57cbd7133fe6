"""`manage.py replay JOB`: check that a finished song can be made again, sample by sample."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audiomusic.engines.base import EngineError
from jobs.models import Job
from jobs.storage.files import StorageRefused
from jobs.worker.replay import NotReplayable, ReplayComparison, Replayed, replay_job


class Command(BaseCommand):
    help = "Makes a job's audio again from what is stored, and compares hashes; exits with 1 if they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", type=int, metavar="JOB", help="the number of a finished job")
        parser.add_argument("--take", type=int, metavar="N", help="only this take, from 1")

    def handle(self, *args: Any, job: int, take: int | None, **options: Any) -> None:
        found = Job.objects.filter(id=job).first()
        if found is None:
            raise CommandError(f"There is no job {job}.")
        try:
            replayed = replay_job(job=found, take_index=take, on_progress=lambda stage, share: None)
        except (NotReplayable, EngineError, LookupError, StorageRefused) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Job {found}, by the {found.engine} engine:")
        for again in replayed:
            self._tell(again)
        if not all(again.is_same for again in replayed):
            raise SystemExit(1)

    def _tell(self, again: Replayed) -> None:
        for name, (then, now) in again.differences.items():
            self.stdout.write(f"  made with another {name}: {then} then, {now} now")
        for proof in again.proofs:
            self.stdout.write(f"  take {again.index}, {proof.name}: {_verdict(proof)}")
            self.stdout.write(f"    kept {proof.kept or 'none'}")
            self.stdout.write(f"    made {proof.made or 'none'}")
        versions = again.differences.get("engine_version")
        if versions and not again.is_same:
            self.stdout.write(
                f"  take {again.index} was made by version {versions[0]} of the engine. Version "
                f"{versions[1]} has different sounds, so the take cannot be reproduced. Stored files stay "
                "as they are."
            )


def _verdict(proof: ReplayComparison) -> str:
    return "the same" if proof.is_same else "different"
