"""Worker side of external audio: fetch, store and analyze it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import numpy as np
import numpy.typing as npt

from audiomusic.engines.base import CancelCheck, Cancelled, EngineError, ReworkEngine
from audiomusic.engines.encoding import read_pcm24
from audiomusic.engines.foreign.analyser import analyse_file
from audiomusic.engines.foreign.bounds import SourceUnusable
from audiomusic.engines.foreign.decoding import decode
from audiomusic.engines.foreign.findings import NothingFound
from audiomusic.engines.registry import load_engine
from jobs.models import Job, SourceFile
from jobs.specs.refusals import JobRefused
from jobs.storage.budgets import StorageBudgetReached
from jobs.storage.files import StorageRefused, local_copy
from jobs.tools.foreign import source_facts
from jobs.uploads.fetching import source_fetch
from jobs.uploads.limits import decode_bounds
from jobs.uploads.services import UploadsFull, source_use_create

URL_NAMES = ("src_audio_url", "audio_url", "reference_audio_url")
UNREADABLE = "The file could not be read from the storage. You were not charged."


def heard_song(job: Job, is_cancelled: CancelCheck) -> bytes:
    """Return the analysis of the job's source, in the engine's format for songs, and complete
    `effective.source`. Raises EngineError with an error code, Cancelled."""
    with source_errors_explained():
        source = kept_file(job)
        if is_cancelled():
            raise Cancelled
        with local_copy(source.storage_name) as path:
            found = analyse_file(path, decode_bounds())
    engine = cast(ReworkEngine, load_engine(job.engine))
    return engine.sketch_source(json.loads(json.dumps(found)))


@contextmanager
def source_errors_explained() -> Iterator[None]:
    """Turn every error of external audio into an EngineError with its code."""
    try:
        yield
    except SourceUnusable as error:
        raise EngineError(str(error), error.code) from error
    except NothingFound as error:
        raise EngineError(str(error), "analysis_failed") from error
    except UploadsFull as error:
        raise EngineError(str(error), "upload_quota_reached") from error
    except StorageBudgetReached as error:
        raise EngineError(str(error), "storage_full") from error
    except JobRefused as error:
        raise EngineError(str(error), "source_not_found") from error
    except (FileNotFoundError, StorageRefused) as error:
        raise EngineError(UNREADABLE, "source_not_found") from error


def kept_file(job: Job) -> SourceFile:
    """Return the file stored for the job and describe it in `effective.source`. A file at a URL is fetched on
    the first attempt. Raises the errors that `source_errors_explained` handles."""
    source = _source_of(job)
    job.effective["source"] = source_facts(source)
    return source


def origin_samples(job: Job) -> npt.NDArray[np.float32]:
    """Return the samples of the external audio that the job, or an earlier song, was made from. Raises
    EngineError."""
    source = SourceFile.objects.filter(uses__job=job).first()
    if source is None:
        raise EngineError(UNREADABLE, "source_not_found")
    with (
        source_errors_explained(),
        local_copy(source.storage_name) as path,
        TemporaryDirectory(prefix="audiomusic-") as folder,
    ):
        return read_pcm24(decode(path, Path(folder) / "sound.wav", decode_bounds()).path)


def _source_of(job: Job) -> SourceFile:
    known = SourceFile.objects.filter(uses__job=job).first()
    if known is not None:
        return known
    urls = [str(job.params[name]) for name in URL_NAMES if job.params.get(name)]
    source = source_fetch(user=job.user, url=urls[0] if urls else "")
    source_use_create(job=job, source=source)
    return source
