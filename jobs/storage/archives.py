"""All stems of a song as one ZIP, alone or as a project with the other files that a studio program needs.

The web process builds it from what is stored: decoding a few minutes of FLAC takes a second or two and needs
no engine. The archive is not kept: as WAV, a song's stems take hundreds of megabytes, and the stored files
hold the same. So only a few are open at once, each until its client has received it.
"""

from __future__ import annotations

import json
import shutil
import struct
import tempfile
import threading
import weakref
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from django.core.files.storage import default_storage

from audiomusic.engines.encoding import pcm24_chunks, probe
from audiomusic.engines.lrc import retitled
from audiomusic.engines.midi import midi_file
from audiomusic.engines.studio.rework.chord_sheet import chord_sheet
from jobs.models import Job, StoredFile, Take
from jobs.storage.copies import EncodersBusy, encoder_turn
from jobs.storage.files import asking_storage, is_stored, local_copy
from jobs.storage.scores import kept_score
from jobs.storage.takes import MASTER_FORMAT, AudioMissing

ArchiveKind = Literal["stems", "project"]
OPEN_AT_ONCE = 4  # per process
SPARE_BYTES = 500_000_000  # of the temporary folder's disk, beside the archive itself
MADE_AT = (2000, 1, 1, 0, 0, 0)  # timestamp of every file in it: the same stems give the same bytes

_open = threading.BoundedSemaphore(OPEN_AT_ONCE)


class NoRoomForArchive(Exception):
    """The disk for temporary files has too little room."""


@dataclass
class Archive:
    """A ZIP in an unnamed file. Its last user must call `close`."""

    file: IO[bytes]
    byte_count: int

    def __post_init__(self) -> None:
        self._release = weakref.finalize(self, _open.release)  # also runs if `close` is never called

    def close(self) -> None:
        self.file.close()
        self._release()


def stems_archive(takes: Sequence[Take], kind: ArchiveKind) -> Archive:
    """Return an archive of the takes of a job that made all stems. Raises EncodersBusy, AudioMissing,
    NoRoomForArchive, StorageRefused."""

    def write(file: IO[bytes]) -> None:
        with encoder_turn():
            _write(file, takes, kind)

    return _archive(write)


def files_archive(files: Sequence[tuple[str, StoredFile]]) -> Archive:
    """Return an archive of stored files, each under the given name, unchanged. Raises EncodersBusy if too
    many archives are open, AudioMissing, NoRoomForArchive, StorageRefused."""
    return _archive(lambda file: _write_files(file, files))


def _archive(write: Callable[[IO[bytes]], None]) -> Archive:
    if not _open.acquire(blocking=False):
        raise EncodersBusy
    file: IO[bytes] = tempfile.TemporaryFile(prefix="audiomusic-")  # noqa: SIM115  (the archive closes it)
    archive = Archive(file, 0)
    try:
        write(file)
    except BaseException:
        archive.close()
        raise
    archive.byte_count = file.seek(0, 2)
    file.seek(0)
    return archive


def is_whole_song(job: Job) -> bool:
    """Whether the job made every stem of its song."""
    operation = job.effective.get("operation") or {}
    return bool(operation.get("name") == "extract" and operation.get("mode") == "all")


def _write(file: IO[bytes], takes: Sequence[Take], kind: ArchiveKind) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for number, take in enumerate(takes, start=1):
            stems = " and ".join(take.job.stems_of_take(take.index)).replace("_", " ")
            _add_sound(archive, f"{number:02d} {stems}.wav", take)
        if kind == "project":
            for name, content in _documents(takes):
                archive.writestr(_entry(name), content, zipfile.ZIP_DEFLATED)


def _write_files(file: IO[bytes], files: Sequence[tuple[str, StoredFile]]) -> None:
    _check_free(sum(stored.byte_count for _, stored in files))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, stored in files:
            if not is_stored(stored.storage_name):
                raise AudioMissing(f"{stored} is gone")
            with (
                asking_storage(),
                default_storage.open(stored.storage_name) as source,
                archive.open(_entry(name), "w") as entry,
            ):
                shutil.copyfileobj(source, entry)


def _add_sound(archive: zipfile.ZipFile, name: str, take: Take) -> None:
    master = take.files.filter(format=MASTER_FORMAT).first()
    if master is None or not is_stored(master.storage_name):
        raise AudioMissing(f"{take} has no {MASTER_FORMAT} master")
    with local_copy(master.storage_name) as path:
        _check_room(path)
        with archive.open(_entry(name), "w") as entry:
            for piece in _wav(path):
                entry.write(piece)


def _check_room(path: Path) -> None:
    info = probe(path)
    _check_free(info.frames * info.channels * 3)


def _check_free(byte_count: int) -> None:
    if shutil.disk_usage(tempfile.gettempdir()).free < byte_count + SPARE_BYTES:
        raise NoRoomForArchive


def _wav(path: Path) -> Iterator[bytes]:
    """Convert a lossless file to 24-bit WAV, sample for sample."""
    info = probe(path)
    frame_bytes = info.channels * 3
    byte_count = info.frames * frame_bytes
    yield struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + byte_count, b"WAVE", b"fmt ", 16, 1, info.channels,
        info.sample_rate_hz, info.sample_rate_hz * frame_bytes, frame_bytes, 24, b"data", byte_count,
    )  # fmt: skip
    for chunk in pcm24_chunks(path):
        yield np.ascontiguousarray(chunk).tobytes()


def _documents(takes: Sequence[Take]) -> Iterator[tuple[str, str | bytes]]:
    """Yield the other files of a project: MIDI with tempo and markers, lyrics, score and chord sheet."""
    job = takes[0].job
    name = (job.source_job or job).display_name  # the song's own name, not that of its stems
    score: dict[str, Any] | None = kept_score(takes[0])
    if score is not None:
        score |= {"title": name}
        yield "song.mid", midi_file(score)
        yield "score.json", json.dumps(score, ensure_ascii=False)
        yield "chords.cho", chord_sheet(score)
    sung = next((take for take in takes if take.lrc_content), None)
    if sung is not None:
        yield "lyrics.lrc", retitled(sung.lrc_content, name)
        yield "lyrics by word.lrc", retitled(sung.enhanced_lrc, name)


def _entry(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, MADE_AT)
