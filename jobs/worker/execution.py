"""Run the engine for a job's task: generate a song, or make parts of one again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from audiomusic.engines.base import (
    BUILT_IN_WRITER,
    CancelCheck,
    Cancelled,
    EngineError,
    ProgressReport,
    ReworkEngine,
    ReworkRequest,
    SongResult,
    StemEngine,
    StemRequest,
    TakeResult,
    TakeSink,
)
from audiomusic.engines.registry import find_engine, load_engine
from audiomusic.engines.studio.lyric_timing import kept_lrc
from audiomusic.engines.studio.rework.kept_score import can_be_composed_on
from jobs.models import Job, Take, Task
from jobs.specs.build import song_request, with_adapters
from jobs.specs.parameters import TASKS
from jobs.specs.score_tasks import is_silent
from jobs.specs.tool_parameters import TOOLS
from jobs.storage.files import StorageRefused
from jobs.storage.scores import kept_curves, kept_score, kept_source
from jobs.storage.takes import master_samples, stored_sha256
from jobs.worker.foreign_sources import heard_song, origin_samples
from jobs.worker.separation import separated_takes
from jobs.worker.sound_tools import make_from_sound

#: Tasks that start from an existing score, as tools start from a song.
DERIVED_SCORES = (Task.REVISE, Task.RECORD)
SOURCE_GONE = (
    "source_not_found",
    "The source song or its score no longer exists. You were not charged.",
)


def make_takes(
    job: Job,
    *,
    on_progress: ProgressReport,
    is_cancelled: CancelCheck,
    on_take: TakeSink,
    is_replay: bool = False,
) -> SongResult:
    """Make every take of the job, with the same result each time. A replay rates no quality and calls no
    language model. Raises what the engine raises, and EngineError if the source song is gone."""
    if job.task in TOOLS and find_engine(job.engine).works_on == "sound":
        return make_from_sound(
            job, on_progress=on_progress, is_cancelled=is_cancelled, on_take=on_take, is_replay=is_replay
        )
    if job.task == Task.EXTRACT and job.effective["source"]["kind"] != "job":
        return separated_takes(job, on_progress=on_progress, is_cancelled=is_cancelled, on_take=on_take)
    if job.task == Task.EXTRACT:
        return _extract(job, on_progress=on_progress, is_cancelled=is_cancelled, on_take=on_take)
    if job.task in (*TOOLS, *DERIVED_SCORES):
        return _rework(
            job, on_progress=on_progress, is_cancelled=is_cancelled, on_take=on_take, is_replay=is_replay
        )
    request = song_request(job)
    if is_replay:
        request = replace(request, calculate_quality=False, written=request.written or BUILT_IN_WRITER)
    return load_engine(job.engine).generate(
        with_adapters(request), on_progress=on_progress, is_cancelled=is_cancelled, on_take=on_take
    )


def _rework(
    job: Job, *, on_progress: ProgressReport, is_cancelled: CancelCheck, on_take: TakeSink, is_replay: bool
) -> SongResult:
    """Rework a song. A replay uses only the data of the source song that the job's own take stores."""
    effective = job.effective
    engine = cast(ReworkEngine, load_engine(job.engine))
    own = job.takes.first()
    is_foreign = effective["source"]["kind"] != "job"
    take = own
    if own is None and not is_foreign:
        source = effective["source"]
        take = Take.objects.filter(job=source.get("job_id"), index=source["take"]).first()
    packed, master = None, None
    try:
        if own is not None:
            packed = kept_source(own)
        elif is_foreign:
            packed = heard_song(job, is_cancelled)
        elif take is not None and (score := kept_score(take)) is not None:
            curves = kept_curves(take)
            if curves is None or not can_be_composed_on(score):
                score, curves = _made_again(take, is_cancelled)
            packed = engine.pack_source(score, curves, kept_source(take), _written(effective))
            master = None if is_silent(job) or is_silent(take.job) else master_samples(take)
    except (FileNotFoundError, StorageRefused):
        packed = None
    if packed is None:
        code, message = SOURCE_GONE
        raise EngineError(message, code)
    request = ReworkRequest(
        operation=effective.get("asked_operation") or effective["operation"],
        source=packed,
        seeds=tuple(effective["seeds"]),
        master=master,
        origin=lambda: origin_samples(job),
        parents=_parents(effective["source"]),
        title=effective.get("title") or "",
        generate_lrc=effective.get("generate_lrc", False),
        calculate_quality=effective.get("calculate_quality", True) and not is_replay,
    )
    result = engine.rework(request, on_progress=on_progress, is_cancelled=is_cancelled, on_take=on_take)
    if is_foreign:  # the facts of a fetched file were unknown before
        result.effective["source"] = effective["source"]
    return result


def _written(effective: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the score to record, if it belongs to another job than the audio to keep. Raises
    FileNotFoundError if it is gone, StorageRefused."""
    named = effective.get("written")
    if named is None:
        return None
    take = Take.objects.filter(job=named["job_id"], index=named["take"]).first()
    score = kept_score(take) if take is not None else None
    if score is None:
        raise FileNotFoundError("the written score is gone")
    return score


def _parents(source: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    return ({name: source[name] for name in ("job_id", "take", "source_id", "sha256") if name in source},)


def _extract(
    job: Job, *, on_progress: ProgressReport, is_cancelled: CancelCheck, on_take: TakeSink
) -> SongResult:
    score, curves, source = _kept_source(job, is_cancelled)
    stems = tuple(tuple(each) for each in job.effective["stems"])
    texts = kept_lrc(score)

    def finish(take: TakeResult) -> None:
        if texts and "vocals" in stems[take.index - 1]:
            take.lrc, take.enhanced_lrc = texts
        on_take(take)

    engine = cast(StemEngine, load_engine(job.engine))
    engine.extract_stems(
        StemRequest(score, curves, stems, job.effective["seeds"][0], source),
        on_progress=on_progress,
        is_cancelled=is_cancelled,
        on_take=finish,
    )
    return SongResult(
        effective={},
        caption=job.effective.get("caption", ""),
        lyrics=job.lyrics,
        bpm=job.bpm,
        keyscale=job.keyscale or None,
        timesignature=job.timesignature or None,
        vocal_language=job.vocal_language or None,
    )


def _made_again(take: Take, is_cancelled: CancelCheck) -> tuple[dict[str, Any], bytes]:
    """Recreate the lost score and curves of a take from its recipe. Raises EngineError if the result is not
    identical."""
    found: list[TakeResult] = []

    def keep(result: TakeResult) -> None:
        if result.index == take.index:
            found.append(result)

    request = song_request(take.job)
    request = replace(request, calculate_quality=False, written=request.written or BUILT_IN_WRITER)
    with suppress(Cancelled):  # raised once the take exists
        load_engine(take.job.engine).generate(
            with_adapters(request),
            on_progress=lambda stage, share: None,
            is_cancelled=lambda: bool(found) or is_cancelled(),
            on_take=keep,
        )
    if not found:
        raise Cancelled
    [result] = found
    if result.score is None or result.curves is None or stored_sha256(result) != take.samples_sha256:
        raise EngineError(
            "This song can no longer be reproduced exactly, so it cannot be edited. Make it again with the "
            "same seed.",
            "source_too_old",
        )
    return result.score, result.curves


def _kept_source(job: Job, is_cancelled: CancelCheck) -> tuple[dict[str, Any], bytes, bytes | None]:
    """Return the score and the curves of the song and, if it combines old and new audio, its sources. They
    come from the job's own takes if it has any, because its song may be gone. Raises EngineError."""
    source = job.effective["source"]
    own = job.takes.first()
    take = own or Take.objects.filter(job=job.source_job_id, index=source["take"]).first()
    try:
        score, curves = (kept_score(take), kept_curves(take)) if take else (None, None)
        if take and curves is None and not own and take.job.task in TASKS:
            score, curves = _made_again(take, is_cancelled)
        of = kept_source(take) if take and score and score.get("is_pieced") else None
    except FileNotFoundError:
        score = curves = of = None
    if score is None or curves is None:
        code, message = SOURCE_GONE
        raise EngineError(message, code)
    parents = [{name: source[name] for name in ("job_id", "take", "sha256")}]
    return {**score, "parents": parents}, curves, of
