"""Worker side of stems of external audio: fetch, read and separate the file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

from audiomusic.engines.base import (
    CancelCheck,
    Cancelled,
    EngineError,
    ProgressReport,
    SongResult,
    TakeResult,
    TakeSink,
)
from audiomusic.engines.encoding import read_pcm24
from audiomusic.engines.foreign.decoding import decode
from audiomusic.engines.foreign.stems.methods import StemsUnavailable
from audiomusic.engines.foreign.stems.separator import separate
from jobs.models import Job
from jobs.storage.files import local_copy
from jobs.tools.foreign_stems import stem_model
from jobs.uploads.limits import decode_bounds
from jobs.worker.foreign_sources import kept_file, source_errors_explained

FAILED = "separation_failed"
NO_MODEL = "The separation model of this server is missing. You were not charged."


def separated_takes(
    job: Job, *, on_progress: ProgressReport, is_cancelled: CancelCheck, on_take: TakeSink
) -> SongResult:
    """Make one take for each of the job's parts. Raises EngineError with an error code, Cancelled."""

    def tick() -> None:
        if is_cancelled():
            raise Cancelled
        on_progress("rendering", 0.1)

    parts = [part for [part] in job.effective["stems"]]
    model = stem_model() if "vocals" in parts else None
    if "vocals" in parts and model is None:
        raise EngineError(NO_MODEL, "engine_cannot")
    with TemporaryDirectory(prefix="audiomusic-") as name:
        folder = Path(name)
        with source_errors_explained():
            source = kept_file(job)
            tick()
            with local_copy(source.storage_name) as path:
                audio = decode(path, folder / "sound.wav", decode_bounds())
        try:
            separate(audio.path, folder, parts, model, audio.duration_s, tick)
        except StemsUnavailable as error:
            raise EngineError(str(error), FAILED) from error
        made_with = {"numpy": np.__version__, **({"model": _digest(model)} if model else {})}
        for index, part in enumerate(parts, start=1):
            samples = soundfile.read(folder / f"{part}.wav", dtype="float32", always_2d=True)[0].T
            if job.effective["operation"]["mode"] == "without":
                samples = read_pcm24(audio.path) - samples
            # The remainder can be louder than the whole for a moment.
            samples = np.ascontiguousarray(np.clip(samples, -1, 1), np.float32)
            on_take(TakeResult(index=index, seed=0, samples=samples, made_with=made_with))
    operation = {**job.effective["operation"], "charged_s": audio.duration_s / len(parts)}
    return SongResult(
        effective={"operation": operation, "source": job.effective["source"]},
        caption="",
        lyrics="",
        bpm=None,
        keyscale=None,
        timesignature=None,
        vocal_language=None,
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
