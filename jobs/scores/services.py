"""Creating jobs that write, revise or record a score, with their credits reserved. What cannot be done is
refused first; then nothing is stored or charged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.db import transaction

from audiomusic.accounts.models import User
from audiomusic.engines.base import MAX_DURATION_S, SAMPLE_RATE_HZ
from audiomusic.engines.notation.tune import WrittenTune, changed_bars
from audiomusic.engines.notation.words import lyrics_of_tune
from audiomusic.engines.registry import find_engine
from audiomusic.engines.studio.notated.options import SCORE_ONLY, WRITTEN_ABC
from jobs.covers.services import cover_inherit
from jobs.models import Job, Status, Task
from jobs.scores.refusals import ScoreRefused, job_missing
from jobs.scores.revising import Revision, revision_of
from jobs.scores.sources import WrittenScore, check_sung, performed_s, score_of_job, tune_sent, written_score
from jobs.services import job_create, job_submit
from jobs.specs.build import AUTO_ENGINE, REQUEST_FIELDS, clean_title, draw_seeds
from jobs.specs.params import GenerationParams
from jobs.specs.refusals import SourceNotFound
from jobs.specs.score_tasks import RECORDING_TASKS, record_credits, score_credits
from jobs.specs.tags import PLURALS
from jobs.storage.budgets import TAKE_BYTES, bytes_to_reserve, disk_check
from jobs.tools.derived import derived_job, source_locked

TITLES = {Task.REVISE: "revised", Task.RECORD: "recording"}
SLACK_S = 1.0  # added to the reserved length: a recording ends where its last chord does


def plan_job_create(*, user: User, wishes: Mapping[str, Any], params: Mapping[str, Any]) -> Job:
    """Create a waiting job that writes a score without audio."""
    return _written(user, Task.PLAN, wishes, params)


def song_job_create(*, user: User, wishes: Mapping[str, Any], params: Mapping[str, Any]) -> Job:
    """Create a waiting job that writes a score, or takes the submitted one, and records it. Raises
    ScoreRefused for an invalid score."""
    abc = wishes.get("abc")
    tune = tune_sent(abc, sings=bool(wishes.get("lyrics"))) if abc else None
    return _written(user, Task.SCORE_SONG, wishes, params, tune)


def _written(
    user: User,
    task: Task,
    wishes: Mapping[str, Any],
    params: Mapping[str, Any],
    tune: WrittenTune | None = None,
) -> Job:
    options: dict[str, Any] = {SCORE_ONLY: True} if task == Task.PLAN else {}
    values: dict[str, Any] = {
        "caption": wishes.get("style", ""),
        "lyrics": wishes.get("lyrics", ""),
        "display_name": wishes.get("display_name", ""),
        "model_version": AUTO_ENGINE,
        "options": options,
    }
    if description := wishes.get("description"):
        style = wishes.get("style", "")
        values["query"] = description if style in ("", description) else f"{style}. {description}"
        values |= {"duration_s": float(wishes["target_seconds"])} if "target_seconds" in wishes else {}
        values |= {"vocal_language": wishes["language"]} if "language" in wishes else {}
    is_sung = bool(description or values["lyrics"].strip() or (tune and tune.vocal))
    if not is_sung:
        values["instrumental"] = True
    if "seed" in wishes:
        values["seed"] = wishes["seed"]
    if tune is not None:
        options[WRITTEN_ABC] = wishes["abc"]
        values["duration_s"] = max(1.0, min(MAX_DURATION_S, tune.duration_s))
        values["lyrics"] = values["lyrics"] or (lyrics_of_tune(tune) if is_sung else "")
    notes = {
        "cot": wishes.get("cot", "full"),
        "lyrics_source": "audiopod" if description else "user" if is_sung else None,
        "target_seconds": wishes.get("target_seconds"),
    }
    return job_create(
        user=user,
        task=task,
        values=cast(
            GenerationParams, {name: value for name, value in values.items() if value not in ("", None)}
        ),
        params=params,
        notes=notes,
    )


def revise_job_create(*, user: User, wishes: Mapping[str, Any], params: Mapping[str, Any]) -> Job:
    """Create a waiting job that revises another job's score. Raises ScoreRefused."""
    disk_check()
    source = written_score(user=user, job_id=wishes["source_job_id"])
    if waiting := _same_in_progress(source.job, Task.REVISE, params):
        raise ScoreRefused(
            "REVISE_IN_FLIGHT", f"Job {waiting} is making this very change.", {"job_id": waiting}
        )
    revision = revision_of(source, wishes)
    operation: dict[str, Any] = {
        "name": "revise",
        "abc": revision.abc,
        "lyrics": revision.lyrics,
        "style": None,
    }
    if revision.wish:  # the worker asks the language model, and applies its answer
        limits = {name: wishes.get(name) for name in ("section", "bars", "allow_tempo_change")}
        operation |= {"abc": None, "instruction": revision.wish, **limits}
    return _derived(user, Task.REVISE, source, wishes, params, operation, revision=revision)


def record_job_create(*, user: User, wishes: Mapping[str, Any], params: Mapping[str, Any]) -> Job:
    """Create a waiting job that records a score. Raises ScoreRefused."""
    disk_check()
    source = written_score(user=user, job_id=wishes["source_job_id"])
    if waiting := _same_in_progress(source.job, Task.RECORD, params):
        raise ScoreRefused(
            "SCORE_ALREADY_RECORDING", f"Job {waiting} is recording this score.", {"job_id": waiting}
        )
    abc = wishes.get("abc") or source.abc
    is_own = abc.strip() == source.abc.strip()
    tune = checked_abc(source, abc, allow_tempo_change=wishes.get("allow_tempo_change", False))
    style = wishes.get("style") or None
    if style and style.strip() == str(source.document.get("caption", "")).strip():
        style = None
    lyrics = wishes.get("lyrics") or None
    if lyrics and lyrics.strip() == source.job.lyrics.strip():
        lyrics = None
    seed = wishes.get("seed")
    is_own_seed = seed is None or seed in source.job.effective.get("seeds", ())
    sound = None if style or not is_own_seed else _sound_to_keep(user, source, wishes.get("keep_audio_of"))
    operation = {
        "name": "record",
        "abc": None if is_own else abc,
        "lyrics": lyrics,
        "style": style,
        "performance_seed": None if is_own_seed else seed,
        "cot": wishes.get("cot", "melody"),
        "keeps_audio": sound is not None,
    }
    return _derived(user, Task.RECORD, source, wishes, params, operation, tune=tune, sound=sound, seed=seed)


def checked_abc(source: WrittenScore, abc: str, *, allow_tempo_change: bool) -> WrittenTune:
    """Parse an edited score text for recording. Raises ScoreRefused."""
    before = source.tune
    if abc.strip() == source.abc.strip():
        return before
    after = tune_sent(abc, sings=bool(before.vocal), before=before)
    if after.metre != before.metre:
        sentence = f"M: Expected the song's own metre, {before.metre}, got {after.metre}."
        raise ScoreRefused("INVALID_SCORE", sentence)
    if after.quarter_bpm != before.quarter_bpm and not allow_tempo_change:
        raise ScoreRefused(
            "INVALID_SCORE",
            f"Q: Expected 1/4={before.quarter_bpm}, the song's own tempo, or allow_tempo_change; got"
            f" 1/4={after.quarter_bpm}.",
        )
    check_sung(before, after)
    return after


def _same_in_progress(source: Job, task: Task, params: Mapping[str, Any]) -> int | None:
    """Return the id of an unfinished job that does the same to this song."""
    for job in source.derived_jobs.filter(task=task).unfinished().only("id", "params"):
        if job.params == dict(params):
            return job.id
    return None


def _sound_to_keep(user: User, source: WrittenScore, asked: int | None) -> WrittenScore | None:
    """Return the recording whose audio is kept where the score is unchanged: the requested one, else the
    song's own, else the newest of its score. Raises ScoreRefused if the requested job is no recording."""
    if asked is not None:
        found = written_score(user=user, job_id=asked)
        if not found.take.samples_sha256:
            raise ScoreRefused(
                "NO_SCORE", f"keep_audio_of: Expected a recording, got job {asked}, which has no sound."
            )
        return found
    if source.take.samples_sha256:
        return source
    newest = source.job.derived_jobs.filter(task=Task.RECORD, status=Status.COMPLETED).order_by("-id").first()
    if newest is None or newest.effective.get("operation", {}).get("style"):
        return None
    try:
        return score_of_job(newest)
    except ScoreRefused:
        return None


@transaction.atomic
def _derived(
    user: User,
    task: Task,
    source: WrittenScore,
    wishes: Mapping[str, Any],
    params: Mapping[str, Any],
    operation: dict[str, Any],
    *,
    revision: Revision | None = None,
    tune: WrittenTune | None = None,
    sound: WrittenScore | None = None,
    seed: int | None = None,
) -> Job:
    try:
        song = source_locked(user=user, job_id=source.job.id)
    except SourceNotFound:
        raise job_missing() from None
    tune = revision.tune if revision else tune or source.tune
    entry = find_engine(AUTO_ENGINE)
    is_recording = task in RECORDING_TASKS
    length_s = performed_s(source, tune)
    longest_s = min(MAX_DURATION_S, length_s + SLACK_S)
    own = song.effective.get("seeds") or [0]
    seeds = draw_seeds(seed, 1) if seed is not None else (int(own[0]),)
    base = sound or source
    kept = {name: song.effective[name] for name in REQUEST_FIELDS & song.effective.keys() - {"options"}}
    title = clean_title(str(wishes.get("display_name", "")))
    ending = f" – {TITLES[task]}"
    default_title = clean_title(song.display_name.removesuffix(ending), 200 - len(ending)) + ending
    effective = {
        **kept,
        "options": {},
        "caption": operation["style"] or kept.get("caption", ""),
        "lyrics": operation["lyrics"] or song.lyrics,
        "engine": entry.name,
        "engine_version": entry.version,
        "format": "flac",
        "seeds": list(seeds),
        "duration_s": length_s,
        "max_duration_s": longest_s,
        "title": title,
        "not_applied": {},
        "source": {
            "kind": "job",
            "job_id": base.job.id,
            "take": base.take.index,
            "sha256": base.take.samples_sha256,
            "duration": base.take.duration_s,
            "sample_rate": SAMPLE_RATE_HZ,
        },
        "written": {"job_id": song.id, "take": source.take.index}
        if sound and sound.job.id != song.id
        else None,
        "operation": operation,
        "note": (revision.note or None) if revision else None,
        "score_comparison": changed_bars(source.tune, tune),
        "cot": wishes.get("cot", "melody" if is_recording else song.effective.get("cot")),
        "lyrics_source": song.effective.get("lyrics_source", "user" if song.lyrics else None),
        **{plural: song.effective.get(plural, []) for plural in PLURALS.values()},
    }
    job = derived_job(
        user=user,
        source=song,
        title=default_title,
        wishes=cast(Any, {"display_name": title}),
        params=params,
        effective=effective,
        task=task,
        song_type=song.song_type,
        prompt=operation["style"] or song.prompt,
        batch_size=1,
        engine=entry.name,
        duration_s=length_s,
        credits_reserved=record_credits(longest_s) if is_recording else score_credits(),
        bytes_reserved=bytes_to_reserve(duration_s=longest_s, takes=1, format="flac")
        if is_recording
        else TAKE_BYTES * 50,
    )
    job = job_submit(job=job)
    cover_inherit(job=job, source=song)
    return job
