"""Finished songs of the studio engine as rows and files, without rendering audio."""

import json

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from audiomusic.engines.registry import ENGINES
from audiomusic.engines.studio.score_json import score_outline
from jobs.models import AudioFile, Job, ScoreFile, Status, Take
from jobs.storage.takes import job_folder
from tests.engines.studio.bandstand import bass, beat, chords, score_of
from tests.engines.studio.voice_scores import vocal_line

WORDS = [(1.0, 1.2, "river"), (1.25, 1.6, "runs")]


def band_score(*, is_sung=True):
    """Return a score of bass, piano and drums, with a lead vocal unless `is_sung` is false."""
    score = score_of([bass(1), chords(1)], beat(1))
    score.vocals = [vocal_line("river runs")] if is_sung else []
    return score


def kept_document(score=None, *, words=WORDS, **head):
    """Return the score document as the storage keeps it. `words`: the sung words of each line."""
    document = score_outline(score or band_score())
    for line in document["vocals"]:
        line["words"] = [list(word) for word in words]
    return {"title": "Rainy Day", **head, **document}


def studio_song(user, *, document=None, curves=b"curves", takes=1, has_score=True, **values):
    """Create a COMPLETED job of the studio engine whose takes have a score and mix curves."""
    defaults = {
        "task": "text2music", "song_type": "song", "status": Status.COMPLETED, "display_name": "Rainy Day",
        "prompt": "slow pop", "lyrics": "river runs", "model_version": "audiomusic-v2", "engine": "studio",
        "batch_size": takes, "duration_s": 8.0, "completed_at": timezone.now(), "progress": 100,
        "effective": {
            "kind": "song", "caption": "slow pop", "seeds": [7], "max_duration_s": 8.0, "genres": ["pop"],
        },
    }  # fmt: skip
    job = Job.objects.create(user=user, **defaults | values)
    for index in range(1, takes + 1):
        take = Take.objects.create(
            job=job, index=index, seed=6 + index, duration_s=8.0, has_score=has_score,
            samples_sha256="a" * 64, made_with={"engine_version": ENGINES["studio"].version},
        )  # fmt: skip
        AudioFile.objects.create(take=take, format="flac", **_file(job, f"take-{index}.flac", b"fLaC"))
        text = json.dumps(kept_document() if document is None else document).encode()
        contents = {"json": text, "npz": curves} if has_score else {}
        for format, content in contents.items():
            if content is not None:
                ScoreFile.objects.create(take=take, format=format, **_file(job, f"{index}.{format}", content))
    return job


def _file(job, leaf, content):
    name = default_storage.save(f"{job_folder(job)}{leaf}", ContentFile(content))
    return {"storage_name": name, "byte_count": len(content), "sha256": "0" * 64}
