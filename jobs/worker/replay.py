"""Replay: make a take again from its stored data and compare the hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db.models import QuerySet

from audiomusic.engines.base import Cancelled, ProgressReport, TakeResult
from audiomusic.engines.cpu_info import machine_type
from audiomusic.engines.encoding import encode, samples_sha256, transcode
from audiomusic.engines.file_metadata import LAYOUT, read_tags, write_tags
from audiomusic.engines.registry import load_engine
from jobs.models import AudioFile, AudioFormat, Job, Status, Take
from jobs.specs.score_tasks import is_silent
from jobs.storage.files import is_stored, local_copy
from jobs.storage.takes import MASTER_FORMAT
from jobs.worker.execution import make_takes

LOSSLESS = (AudioFormat.FLAC, AudioFormat.WAV)
UNKNOWN = "unknown"


class NotReplayable(Exception):
    """The job cannot be made again; the message says why."""


@dataclass(frozen=True)
class ReplayComparison:
    """One stored hash and its new value. An empty value means there is nothing to hash."""

    name: str  # "samples", "flac file"
    kept: str
    made: str

    @property
    def is_same(self) -> bool:
        return bool(self.kept) and self.kept == self.made


@dataclass(frozen=True)
class Replayed:
    """A take that was made again. `differences`: name of a version or machine part -> (then, now), if they
    differ."""

    index: int
    differences: dict[str, tuple[str, str]]
    proofs: list[ReplayComparison]

    @property
    def is_same(self) -> bool:
        return all(proof.is_same for proof in self.proofs)


def replay_job(*, job: Job, take_index: int | None = None, on_progress: ProgressReport) -> list[Replayed]:
    """Make the job's takes again, or only the one of `take_index`, and compare each. Writes nothing.

    An engine makes takes in order, so those before `take_index` are made too, and discarded. Raises
    NotReplayable if there is no such take or no finished song, LookupError if the engine no longer exists,
    EngineError if it refuses.
    """
    takes = _takes(job, take_index)
    engine = load_engine(job.engine)
    replayed: list[Replayed] = []

    def prove(result: TakeResult) -> None:
        if take := takes.get(result.index):
            result.made_with["engine_version"] = engine.version
            replayed.append(_replayed(take, result))

    with suppress(Cancelled):  # raised when all requested takes exist
        make_takes(
            job,
            is_replay=True,
            on_progress=on_progress,
            is_cancelled=lambda: len(replayed) == len(takes),
            on_take=prove,
        )
    if missing := takes.keys() - {take.index for take in replayed}:
        raise NotReplayable(f"The engine made no take {min(missing)} this time.")
    return replayed


def _takes(job: Job, take_index: int | None) -> dict[int, Take]:
    if job.status != Status.COMPLETED:
        raise NotReplayable(f"Only a COMPLETED job can be made again; job {job.id} is {job.status}.")
    if is_silent(job):
        raise NotReplayable(f"Job {job.id} is a score without audio; replay its recording.")
    takes = {take.index: take for take in job.takes.select_related("job")}
    if take_index is None:
        return takes
    if take_index not in takes:
        raise NotReplayable(
            f"Job {job.id} has the takes {', '.join(map(str, takes))}; expected take {take_index}."
        )
    return {take_index: takes[take_index]}


def _replayed(take: Take, result: TakeResult) -> Replayed:
    with TemporaryDirectory(prefix="audiomusic-") as folder:
        master = Path(folder) / f"master.{MASTER_FORMAT}"
        encode(result.samples, master, MASTER_FORMAT)
        proofs = [ReplayComparison("samples", _kept_samples(take), samples_sha256(master))]
        for file in _comparable(take):
            proofs.append(
                ReplayComparison(f"{file.format} file", file.sha256, _made_file(take, file, result, master))
            )
    now = result.made_with | machine_type() | {"file_layout": LAYOUT}
    return Replayed(take.index, _differences(take.made_with, now), proofs)


def _comparable(take: Take) -> QuerySet[AudioFile]:
    """Return the files in formats that are still written the same way. For others, only the audio can be the
    same."""
    is_same_layout = take.made_with.get("file_layout") == LAYOUT
    return take.files.filter(format__in=LOSSLESS if is_same_layout else ()).order_by("format")


def _kept_samples(take: Take) -> str:
    """Return the hash of the samples: as recorded when the take was stored, or for older takes computed from
    the master."""
    if take.samples_sha256:
        return take.samples_sha256
    master = take.files.filter(format=MASTER_FORMAT).first()
    if master is None or not is_stored(master.storage_name):
        return ""
    with local_copy(master.storage_name) as path:
        return samples_sha256(path)


def _made_file(take: Take, file: AudioFile, result: TakeResult, master: Path) -> str:
    """Return the hash of the file as it would be stored now, with the tags of the stored one."""
    if not is_stored(file.storage_name):
        return ""
    path = master.with_name(f"again.{file.format}")
    if file.format in (MASTER_FORMAT, take.job.format):
        encode(result.samples, path, file.format)
    else:  # formats made from the master on request
        transcode(master, path, file.format)
    with local_copy(file.storage_name) as kept:
        write_tags(path, read_tags(kept))
    with path.open("rb") as made:
        return hashlib.file_digest(made, "sha256").hexdigest()


def _differences(then: Mapping[str, str], now: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return dict(_differing(then, now))


def _differing(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    for name in sorted({*then, *now}):
        pair = then.get(name, UNKNOWN), now.get(name, UNKNOWN)
        if pair[0] != pair[1]:
            yield name, pair
