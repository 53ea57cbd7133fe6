"""Worker side of engines that edit audio: the request to the model, the source, the unchanged ranges."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from audiomusic.engines.analysis.sound_ranges import Span, closing_span, kept_ranges, opening_span
from audiomusic.engines.base import (
    SAMPLE_RATE_HZ,
    AudioTask,
    CancelCheck,
    Cancelled,
    EngineError,
    ProgressReport,
    Retake,
    SongResult,
    SoundEngine,
    TakeResult,
    TakeSink,
)
from audiomusic.engines.encoding import Samples, encode, read_pcm24
from audiomusic.engines.foreign.decoding import decode
from audiomusic.engines.registry import load_engine
from jobs.models import Job, Take
from jobs.specs.build import song_request, with_adapters
from jobs.specs.refusals import SourceUnfit
from jobs.storage.files import StorageRefused, local_copy
from jobs.storage.scores import kept_sound
from jobs.storage.takes import MASTER_FORMAT, master_samples
from jobs.tools.sound_operations import whole_of, window_of
from jobs.uploads.limits import decode_bounds
from jobs.worker.foreign_sources import kept_file, source_errors_explained

GONE = "The source song or its audio no longer exists. You were not charged."


@dataclass(frozen=True, eq=False)
class SoundOrder:
    """The request to the engine, and the new sample ranges in its result. `at`: where the source starts in
    it."""

    audio: AudioTask
    spans: tuple[Span, ...] | None = None
    at: int = 0


def make_from_sound(
    job: Job, *, on_progress: ProgressReport, is_cancelled: CancelCheck, on_take: TakeSink, is_replay: bool
) -> SongResult:
    """Make the takes with an engine that edits audio. A replay uses only the data of the source song that the
    job's own take stores. Raises what the engine raises, and EngineError if there is no source."""
    operation: Mapping[str, Any] = job.effective.get("asked_operation") or job.effective["operation"]
    is_retake = operation["name"] == "retake"
    source = None if is_retake else _source(job, is_cancelled)
    order = sound_order(operation, source)
    request = with_adapters(song_request(job))
    if source is not None and operation["name"] != "reference":
        length_s = (order.audio.source if order.audio.source is not None else source).shape[1]
        request = replace(request, duration_s=length_s / SAMPLE_RATE_HZ)
    request = replace(request, calculate_quality=request.calculate_quality and not is_replay)
    facts: dict[str, Any] = {"operation": dict(operation), "source": job.effective["source"]}
    if operation["name"] == "reference":
        facts["reference"] = {"timbre": "reference"}
    is_own = job.effective["source"]["kind"] == "job"

    def finish(take: TakeResult) -> None:
        if take.index == 1:
            if source is not None and is_own:
                take.sound = _flac(source)
            if order.spans is not None:
                facts["kept"] = kept_ranges(take.samples, order.spans, order.at)
        on_take(take)

    engine = cast(SoundEngine, load_engine(job.engine))
    result = engine.work_on_sound(
        request, order.audio, on_progress=on_progress, is_cancelled=is_cancelled, on_take=finish
    )
    if is_retake:  # from the song's own request, with its seeds
        facts["operation"] |= {"seeds": result.effective["seeds"]}
    result.effective |= facts
    return result


def sound_order(operation: Mapping[str, Any], source: Samples | None) -> SoundOrder:
    """Build the request to the engine. Raises EngineError if the operation does not fit a source whose length
    was unknown before."""
    name = operation["name"]
    if name == "retake":
        retake = Retake(operation["take"], operation["variance"], tuple(operation["seeds"]))
        return SoundOrder(AudioTask("text2music", retake=retake))
    assert source is not None
    if name == "reference":
        return SoundOrder(AudioTask("text2music", reference=source))
    if name == "cover":
        return SoundOrder(AudioTask("cover", source=source, cover_strength=operation["strength"]))
    if name == "extract":
        task: Any = {"stem": "extract"}.get(operation["mode"], operation["mode"])
        return SoundOrder(AudioTask(task, source=source, tracks=(operation["track_name"],)))
    try:
        return _repaint(operation, source) if name == "repaint" else _extend(operation, source)
    except SourceUnfit as error:
        raise EngineError(str(error), error.code) from None


def _repaint(operation: Mapping[str, Any], source: Samples) -> SoundOrder:
    length_s = source.shape[1] / SAMPLE_RATE_HZ
    start_s, end_s = window_of(operation["start_s"], operation["end_s"], length_s)
    span = round(start_s * SAMPLE_RATE_HZ), min(source.shape[1], round(end_s * SAMPLE_RATE_HZ))
    return _painted(source, (span,), operation["fade_ms"] / 1000)


def _extend(operation: Mapping[str, Any], source: Samples) -> SoundOrder:
    """Pad the source with silence that will be repainted, together with its own ending and opening."""
    left, right = (round(operation[side] * SAMPLE_RATE_HZ) for side in ("left_s", "right_s"))
    whole_of(operation["left_s"], operation["right_s"], source.shape[1] / SAMPLE_RATE_HZ)
    spans = []
    if left:
        spans.append((0, left + opening_span(source)))
    if right:
        spans.append((left + source.shape[1] - closing_span(source), left + source.shape[1] + right))
    padded = np.pad(source, ((0, 0), (left, right)))
    return _painted(padded, tuple(spans), AudioTask("repaint").fade_s, left)


def _painted(source: Samples, spans: tuple[Span, ...], fade_s: float, at: int = 0) -> SoundOrder:
    windows = tuple((start / SAMPLE_RATE_HZ, stop / SAMPLE_RATE_HZ) for start, stop in spans)
    return SoundOrder(AudioTask("repaint", source=source, windows_s=windows, fade_s=fade_s), spans, at)


def _source(job: Job, is_cancelled: CancelCheck) -> Samples:
    """Return the source in stereo at the engines' sample rate. Raises EngineError, Cancelled."""
    facts = job.effective["source"]
    if facts["kind"] != "job":
        return _foreign(job, is_cancelled)
    own = job.takes.first()
    try:
        if own is not None and (kept := kept_sound(own)) is not None:
            return kept
        take = Take.objects.filter(job=job.source_job_id, index=facts["take"]).first()
        if take is not None:
            return _stereo(master_samples(take))
    except (FileNotFoundError, StorageRefused):
        pass
    raise EngineError(GONE, "source_not_found")


def _foreign(job: Job, is_cancelled: CancelCheck) -> Samples:
    with source_errors_explained(), tempfile.TemporaryDirectory(prefix="audiomusic-") as folder:
        file = kept_file(job)
        if is_cancelled():
            raise Cancelled
        with local_copy(file.storage_name) as path:
            return _stereo(read_pcm24(decode(path, Path(folder) / "sound.wav", decode_bounds()).path))


def _stereo(samples: Samples) -> Samples:
    return np.ascontiguousarray(np.broadcast_to(samples, (2, samples.shape[1])))


def _flac(samples: Samples) -> bytes:
    with tempfile.TemporaryDirectory(prefix="audiomusic-") as folder:
        path = Path(folder) / f"source.{MASTER_FORMAT}"
        encode(samples, path, MASTER_FORMAT)
        return path.read_bytes()
