"""Creating jobs that separate parts of external audio, estimated from its sound.

They are not true parts: `effective.operation.method` says how each is found. A refusal says what would make
the request possible.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from audiomusic.accounts.credits.pricing import credits_for
from audiomusic.accounts.models import User
from audiomusic.engines.foreign.stems.methods import METHODS, WITHOUT_MODEL
from audiomusic.engines.foreign.stems.settings_file import ModelUnusable, model_file
from jobs.models import Job, Task
from jobs.services import job_submit
from jobs.specs.build import clean_title
from jobs.specs.params import StemParams
from jobs.storage.budgets import bytes_to_reserve, disk_check
from jobs.tools.extraction import DURATION_TOLERANCE_S, stem_not_applied
from jobs.tools.foreign import foreign_engine_for, foreign_source_facts, foreign_title
from jobs.tools.operations import unfit
from jobs.tools.sources import ForeignSource
from jobs.uploads.services import source_use_create

CANNOT = (
    "Of other audio {able} can be extracted, but not {asked}. Songs that this server made have all their "
    "true stems."
)
NO_MODEL = (
    "Extracting vocals from other audio needs a separation model, and this server has none: its operator "
    "can install one (`make stems MODEL=FILE.onnx`, AUDIOMUSIC_STEM_MODEL). Without one, {able} can be "
    "extracted."
)


def stem_model() -> Path | None:
    """Return the separation model that the operator installed; None if there is no usable one."""
    if not settings.STEM_MODEL:
        return None
    try:
        return model_file(Path(settings.STEM_MODEL))
    except ModelUnusable:
        return None


def foreign_stem_job_create(
    *, user: User, source: ForeignSource, wishes: StemParams, params: Mapping[str, Any]
) -> Job:
    """Create a waiting job and reserve its credits. Raises SourceUnfit, or another JobRefused."""
    disk_check()
    entry = foreign_engine_for("extract", wishes.get("model_version", ""))
    parts = _parts(wishes)
    length_s = source.file.duration_s if source.file else float(settings.SOURCE_MAX_S)
    asked_s = wishes.get("duration_s")
    if asked_s is not None and source.file and abs(asked_s - length_s) > DURATION_TOLERANCE_S:
        raise unfit("duration", f"Expected -1 or the audio's own {length_s:.2f} s, got {asked_s:g}.")
    return _create(user, source, wishes, params, entry.name, entry.version, parts, length_s)


def _parts(wishes: StemParams) -> list[str]:
    """Return the part of each take. Raises SourceUnfit."""
    able = [*WITHOUT_MODEL, *(["vocals"] if stem_model() else [])]
    if wishes.get("all_stems"):
        return [part for part in able if part != "percussion"]  # another name of the drums
    asked = wishes["track_name"]
    if asked in able:
        return [asked]
    if asked == "vocals":
        raise unfit("track_name", NO_MODEL.format(able=_listed(able)), "engine_cannot")
    sentence = CANNOT.format(able=_listed(able), asked=asked.replace("_", " "))
    raise unfit("track_name", sentence, "engine_cannot")


def _listed(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


@transaction.atomic
def _create(
    user: User,
    source: ForeignSource,
    wishes: StemParams,
    params: Mapping[str, Any],
    engine: str,
    version: str,
    parts: list[str],
    length_s: float,
) -> Job:
    format, mode = wishes.get("format", "flac"), wishes.get("mode", "stem")
    what = "stems" if len(parts) > 1 else f"without {parts[0]}" if mode == "without" else parts[0]
    title = clean_title(wishes.get("display_name", "")) or foreign_title(source, what)
    effective = {
        "kind": "instrumental",
        "caption": "",
        "lyrics": "",
        "engine": engine,
        "engine_version": version,
        "format": format,
        "seeds": [0] * len(parts),
        "duration_s": length_s,
        "max_duration_s": length_s,
        "title": title,
        "not_applied": stem_not_applied(params),
        "source": foreign_source_facts(source),
        "operation": {
            "name": "extract",
            "mode": "all" if wishes.get("all_stems") else mode,
            "track_name": wishes.get("track_name"),
            "method": {part: METHODS[part] for part in parts},  # type: ignore[index]
        },
        "stems": [[part] for part in parts],
    }
    job = Job(
        user=user,
        task=Task.EXTRACT,
        song_type="edits",
        display_name=title,
        thumbnail_url=wishes.get("thumbnail_url", ""),
        format=format,
        batch_size=len(parts),
        model_version=wishes.get("model_version", "audiomusic-v2"),
        engine=engine,
        params=dict(params),
        effective=effective,
        duration_s=length_s,
        credits_reserved=credits_for(length_s),  # separated once, whatever the number of parts
        bytes_reserved=bytes_to_reserve(duration_s=length_s, takes=len(parts), format=format),
    )
    job = job_submit(job=job)
    if source.file:
        source_use_create(job=job, source=source.file)
    return job
