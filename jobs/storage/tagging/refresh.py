"""Refreshing the tags of files when they are downloaded.

After a file was written, its song may be renamed, get timed lyrics, or its ancestor another name. So a
download from the start gets the current tags. If they differ, the file is stored again beside the old one and
its row changes over, so ranges, ETag and a bucket's links stay correct. The old file stays until no response
or link can still be reading it.
"""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import Error as DatabaseTrouble
from django.utils import timezone

from audiomusic.engines.encoding import STREAM_FORMATS
from audiomusic.engines.file_metadata import TrackTags, write_tags
from jobs.models import AudioFile, OrphanFolder, Take
from jobs.storage.files import delete_files, local_copy
from jobs.storage.tagging.track_tags import take_tags, with_picture
from jobs.storage.takes import NewAudio, job_folder, put_audio

log = logging.getLogger(__name__)

#: Longer than a bucket's own links last (storage.media.responses), and than a slow client takes for a song.
OLD_FILE_TIME = timedelta(minutes=30)


def has_true_tags(*, take: Take, file: AudioFile) -> bool:
    """Whether the file's tags match the take's rows. Streams have no tags."""
    return file.format in STREAM_FORMATS or file.tags_sha256 == take_tags(take).fingerprint()


def file_refresh(*, take: Take, file: AudioFile) -> AudioFile:
    """Return the take's file with current tags. Safe in many processes at once: the first row wins.

    A storage that refuses does not block the download: then the file is returned unchanged.
    """
    tags = take_tags(take)
    if file.tags_sha256 == tags.fingerprint():
        return file
    try:
        return _moved(take, file, tags)
    except DatabaseTrouble:
        raise
    except Exception:  # each storage has its own errors
        log.exception("the tags of %s could not be written again", file.storage_name)
        return file


def _moved(take: Take, file: AudioFile, tags: TrackTags) -> AudioFile:
    look_at = timezone.now() + OLD_FILE_TIME
    OrphanFolder.objects.create(job_id=take.job_id, folder=job_folder(take.job), look_at=look_at)
    stored = _retagged(take, file, tags)
    is_ours = AudioFile.objects.filter(pk=file.pk, storage_name=file.storage_name).update(
        storage_name=stored.storage_name,
        byte_count=stored.byte_count,
        sha256=stored.sha256,
        tags_sha256=stored.tags_sha256,
        created_at=timezone.now(),
    )
    if not is_ours:  # another process was faster, or the job was deleted meanwhile
        delete_files([stored.storage_name])
    return AudioFile.objects.filter(pk=file.pk).first() or file


def _retagged(take: Take, file: AudioFile, tags: TrackTags) -> NewAudio:
    with (
        local_copy(file.storage_name) as kept,
        TemporaryDirectory(prefix="audiomusic-") as folder,
    ):
        path = Path(folder) / kept.name
        shutil.copyfile(kept, path)
        write_tags(path, with_picture(tags))
        return put_audio(take.job, path, file.format, tags)
