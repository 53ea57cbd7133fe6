"""The recipe of a take: enough to make the same audio again, on this server or another one."""

from __future__ import annotations

import base64
from typing import Any

from audiomusic.engines.encoding import FORMATS
from jobs.models import Take, Task
from jobs.specs.build import request_to_json, song_request
from jobs.storage.scores import kept_curves, kept_score, kept_source

FORMAT, VERSION = "audiomusic-recipe", 1


def recipe_of(take: Take) -> dict[str, Any]:
    """Return the recipe as JSON (docs/score.md). `request` is what the engine was asked, `effective` what it
    made of it. A song made from another one includes what is needed of that song, which may be deleted by
    now. Raises StorageRefused."""
    job = take.job
    return {
        "format": FORMAT,
        "version": VERSION,
        "job_id": job.id,
        "task": job.task,
        "take": take.index,
        "seed": take.seed,
        "engine": job.engine,
        "engine_version": take.made_with.get("engine_version"),
        "request": request_to_json(song_request(job)),
        "effective": job.effective,
        "made_with": take.made_with,
        "samples_sha256": take.samples_sha256,
        "files": {
            file.format: file.sha256 for file in take.files.order_by("format") if file.format in FORMATS
        },
        **_source_of(take),
    }


def _source_of(take: Take) -> dict[str, Any]:
    """Return the source of the take. For a stem: the score and the mastering curves of its song. For a song
    made from another one: that song, with everything it was made from. For a stem of such a combined song:
    both."""
    if "operation" not in take.job.effective:
        return {}
    try:
        score, curves, source = kept_score(take), kept_curves(take), kept_source(take)
    except FileNotFoundError:
        return {}
    song = {} if source is None else {"song_gzip_base64": base64.b64encode(source).decode()}
    if song and take.job.task != Task.EXTRACT:
        return {"source": song}
    kept = None if curves is None else base64.b64encode(curves).decode()
    return {"source": {"score": score, "curves_npz_base64": kept, **song}}
