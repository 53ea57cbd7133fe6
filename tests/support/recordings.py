"""Finished jobs with real sound, created directly through the ORM."""

import json

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from audiomusic.engines.base import TakeResult
from jobs.models import Job, ScoreFile, Status
from jobs.storage.takes import job_folder, store_take, takes_create

REQUEST = {"kind": "song", "caption": "a slow train", "seeds": [101], "max_duration_s": 1.0}
#: The `effective` of a job that extracted every stem of a song; the song has only one.
ALL_STEMS = {"operation": {"name": "extract", "mode": "all"}, "stems": [["keyboard"]], "source": {"take": 1}}
SCORE = {
    "format": "audiomusic-score", "version": 1, "title": "Night Train", "duration_s": 1.0,
    "key": "A Minor", "keys": [{"start_s": 0.0, "name": "A Minor"}],
    "bpm": 120.0, "quarter_s": 0.5, "timesignature": "4/4",
    "sections": [], "chords": [], "drums": None, "vocals": [],
    "tracks": [
        {"role": "lead", "instrument": "piano", "program": 0, "notes": [[0.0, 0.5, 69.0, 0.8, 0.0, 1.0]]}
    ],
}  # fmt: skip


def tone(duration_s=1.0, hz=440.0):
    time_s = np.arange(int(48_000 * duration_s)) / 48_000
    return np.stack([0.4 * np.sin(2 * np.pi * hz * time_s), 0.3 * np.sin(3 * np.pi * hz * time_s)]).astype(
        "f"
    )


def new_job(owner, **fields):
    return Job.objects.create(
        **{
            "user": owner,
            "task": "text2music",
            "song_type": "song",
            "status": Status.COMPLETED,
            "display_name": "Night Train",
            "prompt": "a slow train",
            "bpm": 92.0,
            "keyscale": "A Minor",
            "model_version": "audiomusic-v2",
            "effective": REQUEST,
        }
        | fields
    )


def stored(job, index=1, **fields):
    """Store one take of `job` without creating database rows."""
    result = {"index": index, "seed": 100 + index, "samples": tone(), "lrc": "[00:00.50]la\n"}
    result |= {"enhanced_lrc": "[00:00.50]<00:00.50>la <00:01.00>\n"} | fields
    return store_take(job=job, take_result=TakeResult(**result))


def recorded(job, index=1, **fields):
    """Create one take of `job` with its files, in storage and database."""
    takes_create(job=job, takes=[stored(job, index, **fields)])
    return job.takes.get(index=index)


def with_score(take, score=SCORE):
    """Add a score's row and file to a take that has no sound."""
    content = json.dumps(score).encode()
    name = default_storage.save(f"{job_folder(take.job)}{take.index}.json", ContentFile(content))
    type(take).objects.filter(pk=take.pk).update(has_score=True)
    return ScoreFile.objects.create(
        take=take, format="json", storage_name=name, byte_count=len(content), sha256="0" * 64
    )
