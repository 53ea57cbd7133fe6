"""Storing takes as files in Django's default storage: a FLAC master, the requested format and, if the engine
provides them, the score as JSON and as MIDI and the mastering curves."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files.storage import default_storage
from django.db import Error as DatabaseTrouble
from django.db import IntegrityError, close_old_connections, transaction
from django.utils import timezone

from audiomusic.engines.base import TakeResult
from audiomusic.engines.cpu_info import machine_type
from audiomusic.engines.encoding import (
    STREAM_FORMATS,
    Samples,
    encode,
    find_codec,
    peaks,
    read_pcm24,
    samples_sha256,
    transcode,
)
from audiomusic.engines.file_metadata import LAYOUT, TrackTags, write_tags
from audiomusic.engines.midi import midi_file
from jobs.models import (
    FILE_MODELS,
    STORED_MODELS,
    AudioFile,
    Job,
    OrphanFolder,
    ScoreFile,
    ScoreFormat,
    Take,
)
from jobs.storage.files import StorageRefused, asking_storage, atomic_copy, delete_files, is_older, local_copy
from jobs.storage.tagging.track_tags import tags_of, take_tags, with_picture

log = logging.getLogger(__name__)

#: Stored for every take: lossless, so that any other format can be made from it later.
MASTER_FORMAT = "flac"
COPY_TIME = timedelta(minutes=10)  # more than any conversion of a take needs
SCORE_EXTENSIONS = {
    ScoreFormat.JSON: ".json",
    ScoreFormat.MIDI: ".mid",
    ScoreFormat.CURVES: ".npz",
    ScoreFormat.SOURCE: ".json.gz",
    ScoreFormat.SOUND: ".flac",
}


class AudioMissing(Exception):
    """A take has no file to serve or to convert."""


@dataclass(frozen=True)
class NewFile:
    """A file in the storage without a row yet."""

    format: str
    storage_name: str
    byte_count: int
    sha256: str


@dataclass(frozen=True)
class NewAudio(NewFile):
    """An audio file, and the hash of its tags."""

    tags_sha256: str


@dataclass(frozen=True)
class StoredTake:
    """A take whose files are stored; `job_finish` turns it into rows."""

    index: int
    seed: int
    duration_s: float
    quality_score: float | None
    lrc_content: str
    peaks: list[float]
    files: list[NewAudio]
    score_files: list[NewFile] = field(default_factory=list)
    enhanced_lrc: str = ""
    samples_sha256: str = ""  # of the master, decoded
    made_with: dict[str, str] = field(default_factory=dict)

    @property
    def storage_names(self) -> list[str]:
        return [file.storage_name for file in [*self.files, *self.score_files]]


def store_take(*, job: Job, take_result: TakeResult, tags: TrackTags | None = None) -> StoredTake:
    """Store a take's master, the job's format and its score; no row is written. `tags` are the job's own
    (`tags_of`) unless given. Either every file is stored or none."""
    index, lrc = take_result.index, take_result.lrc or ""
    tags = tags or tags_of(job, index=index, seed=take_result.seed, lrc=lrc)
    files: list[NewAudio] = []
    scores: list[NewFile] = []
    digests: list[str] = []
    try:
        is_silent = not take_result.samples.size  # a score that has not been played yet
        for format in dict.fromkeys([] if is_silent else [MASTER_FORMAT, job.format]):
            write = partial(encode, take_result.samples, format=format)
            look = digests.append if format == MASTER_FORMAT else None
            files.append(_store(job, take_result.index, format, tags, write, look))
        for score_format, content in _scores(take_result):
            scores.append(_store_score(job, take_result.index, score_format, content))
    except BaseException:
        delete_files([file.storage_name for file in [*files, *scores]])
        raise
    return StoredTake(
        index=take_result.index,
        seed=take_result.seed,
        duration_s=float((take_result.score or {})["duration_s"]) if is_silent else take_result.duration_s,
        quality_score=take_result.quality_score,
        lrc_content=take_result.lrc or "",
        peaks=[] if is_silent else peaks(take_result.samples),
        files=files,
        score_files=scores,
        enhanced_lrc=take_result.enhanced_lrc or "",
        samples_sha256="".join(digests),
        made_with=take_result.made_with | machine_type() | {"file_layout": LAYOUT},
    )


def master_samples(take: Take) -> Samples:
    """Return the take's master, float32 [2, n], each sample a multiple of one 24-bit step. Raises
    FileNotFoundError if it is gone, StorageRefused."""
    master = take.files.filter(format=MASTER_FORMAT).first()
    if master is None:
        raise FileNotFoundError(f"{take} has no master")
    with local_copy(master.storage_name) as path:
        return read_pcm24(path)


def stored_sha256(result: TakeResult) -> str:
    """Return what `Take.samples_sha256` would be if the take were stored."""
    with TemporaryDirectory(prefix="audiomusic-") as folder:
        path = Path(folder) / f"master.{MASTER_FORMAT}"
        encode(result.samples, path, MASTER_FORMAT)
        return samples_sha256(path)


def takes_create(*, job: Job, takes: Iterable[StoredTake]) -> None:
    """Create the rows of stored takes."""
    for take in takes:
        kept = Take.objects.create(
            job=job,
            index=take.index,
            seed=take.seed,
            duration_s=take.duration_s,
            quality_score=take.quality_score,
            lrc_content=take.lrc_content,
            enhanced_lrc=take.enhanced_lrc,
            has_score=any(file.format == ScoreFormat.JSON for file in take.score_files),
            peaks=take.peaks,
            samples_sha256=take.samples_sha256,
            made_with=take.made_with,
        )
        AudioFile.objects.bulk_create(AudioFile(take=kept, **asdict(file)) for file in take.files)
        ScoreFile.objects.bulk_create(ScoreFile(take=kept, **asdict(file)) for file in take.score_files)


def ensure_format(*, take: Take, format: str) -> AudioFile:
    """Return the take's file in `format`, made from its master on first request.

    Safe in many processes at once: each makes a file under a name of its own, the one whose row comes first
    wins, the others delete theirs. Raises AudioMissing if there is no master (any more), StorageRefused,
    ValueError for an unknown format.
    """
    if found := take.files.filter(format=format).first():
        return found
    find_codec(format)
    with noted(take.job):
        stored = _store_copy(take, format)
        try:
            with transaction.atomic():
                return AudioFile.objects.create(take=take, **asdict(stored))
        except IntegrityError:  # another process was faster, or the job was deleted meanwhile
            delete_files([stored.storage_name])
    if winner := take.files.filter(format=format).first():
        return winner
    raise AudioMissing(f"{take} was deleted while its {format} file was made")


def stray_names(*, older_than: timedelta, folder: str = "") -> Iterator[str]:
    """Yield files without a row, left by a worker that was killed between storing and finishing. Files
    younger than `older_than` may still get their row and are skipped. Raises StorageRefused."""
    return _strays(folder, timezone.now() - older_than)


def _strays(folder: str, youngest: datetime) -> Iterator[str]:
    try:
        with asking_storage():
            folders, leaves = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing was stored yet, or it was deleted meanwhile
        return
    for name in folders:
        yield from _strays(f"{folder}{name}/", youngest)
    names = [f"{folder}{leaf}" for leaf in leaves]
    known = _kept_names(names)
    yield from (name for name in names if name not in known and is_older(name, youngest))


def names_of_job(job: Job) -> list[str]:
    """Return every stored file that belongs to the job."""
    of_takes = (model.objects.filter(take__job=job) for model in FILE_MODELS)
    return sorted(
        name
        for files in (*of_takes, job.cover_files.all())
        for name in files.values_list("storage_name", flat=True)
    )


def _kept_names(names: Iterable[str]) -> set[str]:
    """Return those of the files that have a row of any kind."""
    return {
        name
        for model in STORED_MODELS
        for name in model._default_manager.filter(storage_name__in=names).values_list(
            "storage_name", flat=True
        )
    }


def delete_strays(folder: str, *, stored_before: datetime) -> bool:
    """Delete the files in a folder that have no row (see `stray_names`). Return False if one could not be
    deleted."""
    return delete_files(list(_strays(folder, stored_before)))


def delete_unkept(names: Iterable[str]) -> None:
    """Delete those of the files that have no row. A caller that sees a commit fail cannot know whether it
    succeeded: the rows tell."""
    wanted = set(names)
    if wanted:
        delete_files(sorted(wanted - _kept_names(wanted)))


def discard_takes(*, job: Job, takes: Iterable[StoredTake]) -> None:
    """Delete the files of takes that did not become the job's."""
    try:
        close_old_connections()
        delete_unkept(name for take in takes for name in take.storage_names)
    except DatabaseTrouble:
        log.warning("job %s: its files stay until its end, the database does not answer", job.id)


def delete_previous_attempt(job: Job) -> None:
    """Delete what a worker that died on the job has stored; this worker might die too, before the end cleans
    up. A storage that refuses does not stop the song: the folder is recorded (jobs.storage.orphans)."""
    if job.attempts > 1 and job.started_at:
        try:
            delete_strays(job_folder(job), stored_before=job.started_at)
        except DatabaseTrouble:
            raise
        except Exception:  # each storage has its own errors
            log.exception("job %s: its folder could not be looked through", job.id)


def job_folder(job: Job) -> str:
    """Return the folder of a job's files, with a trailing slash."""
    return f"{job.created_at:%Y/%m}/{job.id}/"


def stored_names(folder: str = "") -> Iterator[str]:
    """Yield the name of every file in the storage."""
    try:
        folders, leaves = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing was stored yet, or it was deleted meanwhile
        return
    yield from (f"{folder}{leaf}" for leaf in leaves)
    for name in folders:
        yield from stored_names(f"{folder}{name}/")


@contextmanager
def noted(job: Job) -> Iterator[None]:
    """Record for the duration of the context that a file of the job may be orphaned (jobs.storage.orphans): a
    process that makes another format may be killed before its row is written."""
    look_at = timezone.now() + COPY_TIME
    note = OrphanFolder.objects.create(job_id=job.id, folder=job_folder(job), look_at=look_at)
    try:
        yield
    except AudioMissing:
        note.delete()
        raise
    note.delete()


def _store_copy(take: Take, format: str) -> NewAudio:
    master = take.files.filter(format=MASTER_FORMAT).first()
    tags = None if format in STREAM_FORMATS else take_tags(take)
    try:
        if master is not None and default_storage.exists(master.storage_name):
            with local_copy(master.storage_name) as source:
                return _store(take.job, take.index, format, tags, partial(transcode, source, format=format))
    except Exception as error:  # each storage has its own errors
        log.exception("%s could not be brought into %s", take, format)
        raise StorageRefused(f"{take} could not be brought into {format} now") from error
    raise AudioMissing(f"{take} has no {MASTER_FORMAT} master to make {format} of")


def _store(
    job: Job,
    index: int,
    format: str,
    tags: TrackTags | None,
    write: Callable[..., None],
    look: Callable[[str], None] | None = None,
) -> NewAudio:
    """Let `write(path=…)` make a local file, tag it (None: no tags) and store it. `look` is called with the
    hash of its samples."""
    leaf = f"take-{index}{find_codec(format).extension}"
    with TemporaryDirectory(prefix="audiomusic-") as folder:
        path = Path(folder) / leaf
        write(path=path)
        if tags is not None:
            write_tags(path, with_picture(tags))
        if look:
            look(samples_sha256(path))
        return put_audio(job, path, format, tags)


def put_audio(job: Job, path: Path, format: str, tags: TrackTags | None) -> NewAudio:
    """Store a local file that has these tags, beside the job's other files."""
    return NewAudio(**asdict(put_file(job, path, format)), tags_sha256=tags.fingerprint() if tags else "")


def _scores(take: TakeResult) -> Iterator[tuple[ScoreFormat, bytes]]:
    """Yield the files that describe what a take was made from; none if the engine provides neither score nor
    sound."""
    if take.sound is not None:
        yield ScoreFormat.SOUND, take.sound
    if take.score is None:
        return
    text = json.dumps(take.score, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    yield ScoreFormat.JSON, text.encode()
    yield ScoreFormat.MIDI, midi_file(take.score)
    if take.curves is not None:
        yield ScoreFormat.CURVES, take.curves
    if take.source is not None:
        yield ScoreFormat.SOURCE, take.source


def _store_score(job: Job, index: int, format: ScoreFormat, content: bytes) -> NewFile:
    with TemporaryDirectory(prefix="audiomusic-") as folder:
        path = Path(folder) / f"take-{index}{SCORE_EXTENSIONS[format]}"
        path.write_bytes(content)
        return put_file(job, path, format)


def put_file(job: Job, path: Path, format: str) -> NewFile:
    """Store a local file under an unguessable name."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    name = f"{job_folder(job)}{secrets.token_hex(16)}/{path.name}"
    atomic_copy(path, name)
    return NewFile(format, name, path.stat().st_size, sha256)
