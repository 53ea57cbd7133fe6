"""Creating jobs that extract the parts of a song: one, all but one, or all, each a take of a new job.

The job's worker reads the song's score and curves when it starts, so the song may not be deleted before the
job is finished (`jobs.services.job_delete` checks). From then on the job's own takes hold both, and it can be
made again without the song.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from audiomusic.accounts.credits.pricing import credits_for
from audiomusic.accounts.models import User
from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.registry import ENGINES, EngineEntry, composing_engines, find_engine
from audiomusic.engines.studio.rework.stem_names import STEM_NAMES, StemName, stems_present
from jobs.covers.services import cover_inherit
from jobs.models import Job, Take, Task
from jobs.services import job_submit
from jobs.specs.build import REQUEST_FIELDS, clean_title
from jobs.specs.params import StemParams
from jobs.specs.refusals import SourceNotFound, SourceUnfit
from jobs.specs.tags import PLURALS
from jobs.storage.budgets import bytes_to_reserve, disk_check
from jobs.storage.scores import kept_score
from jobs.tools.derived import derived_job, source_locked, wished

TOOL = "extract"
DURATION_TOLERANCE_S = 1.0
VOICES = ("vocals", "backing_vocals")
NOT_APPLIED = {
    "seed": "A stem is exact; nothing is random.",
    "caption": "A stem sounds the same as in its song.",
    "generate_lrc": "Only a stem with the lead vocals has the song's lyrics.",
    "calculate_quality": "Stems are not rated.",
    "genre_preset": "A stem has the genre of its song.",
    "quality": "There is only one quality: the engine's best.",
}


def stems_of(take: Take) -> dict[StemName, list[str]]:
    """Map each part of a take to the instruments in it; empty if its engine stored no score that can be
    played again, or if the take is itself a stem. Raises StorageRefused."""
    if not take.has_score or take.job.task == Task.EXTRACT:
        return {}
    try:
        return stems_present(kept_score(take) or {})
    except FileNotFoundError:
        return {}


def stem_job_create(*, user: User, take: Take, wishes: StemParams, params: Mapping[str, Any]) -> Job:
    """Create a waiting job that makes parts of a finished take, and reserve its credits. `params`: the
    request as sent.

    Raises SourceUnfit, SourceNotFound for a song that was deleted meanwhile, NotEnoughCredits, or another
    JobRefused.
    """
    disk_check()
    try:
        entry = _engine_for(take, wishes)
        stems = _wanted(take, wishes)
        _check_duration(take, wishes)
    except SourceUnfit:
        # A song that is being deleted may have lost its rows or files already; report it as missing, not as
        # unfit.
        if not Job.objects.filter(id=take.job_id).exists():
            raise SourceNotFound from None
        raise
    return _create(user, take, wishes, params, entry, stems)


@transaction.atomic
def _create(
    user: User,
    take: Take,
    wishes: StemParams,
    params: Mapping[str, Any],
    entry: EngineEntry,
    stems: list[list[StemName]],
) -> Job:
    source = source_locked(user=user, job_id=take.job_id)
    format = wishes.get("format", "flac")
    effective = _effective(source, take, wishes, params, entry, stems) | {"format": format}
    job = derived_job(
        user=user,
        source=source,
        title=_title(source, wishes),
        wishes=wishes,
        params=params,
        effective=effective,
        task=Task.EXTRACT,
        vocal_language=source.vocal_language if effective["lyrics"] else "",
        batch_size=len(stems),
        engine=entry.name,
        duration_s=take.duration_s,
        # The whole song is played once, whatever the number of stems.
        credits_reserved=credits_for(take.duration_s),
        bytes_reserved=bytes_to_reserve(duration_s=take.duration_s, takes=len(stems), format=format),
    )
    job = job_submit(job=job)
    cover_inherit(job=job, source=source)
    return job


def _engine_for(take: Take, wishes: StemParams) -> EngineEntry:
    """Return the engine that made the take, if it can split it. Raises SourceUnfit."""
    job, asked = take.job, wishes.get("model_version", "")
    able = composing_engines(TOOL, "own")
    if asked in ENGINES and asked not in able:
        raise SourceUnfit(
            f"The {asked} engine makes no stems; expected one of: {', '.join(able)}.", "engine_cannot",
            {"model_version": [f"Expected one of {', '.join(able)}, got {asked}."]},
        )  # fmt: skip
    if job.task == Task.EXTRACT:
        raise SourceUnfit("This is already a stem; use the song it was made from.", "engine_cannot")
    if job.engine not in able or (asked in able and asked != job.engine) or not take.has_score:
        sentence = (
            f"Only songs made by this server's {' or '.join(able)} engine have stems; this one was made by "
            f"{job.engine or 'another'}. If you upload its file, the server can separate drums and bass."
        )
        raise SourceUnfit(sentence, "engine_cannot")
    entry = find_engine(job.engine)
    made_by = take.made_with.get("engine_version", "")
    if made_by != entry.version:  # missing data is remade from the recipe, by the same version
        raise SourceUnfit(
            f"This song was made by version {made_by or 'unknown'} of the {entry.name} engine; version"
            f" {entry.version} cannot split it exactly. Make the song again with the same seed to get stems.",
            "source_too_old",
        )
    return entry


def _wanted(take: Take, wishes: StemParams) -> list[list[StemName]]:
    """Return, for each take, the stems it contains. Raises SourceUnfit."""
    present = list(stems_of(take))
    if not present:
        raise SourceUnfit("The score of this song is lost, so it has no stems.", "source_too_old")
    if wishes.get("all_stems"):
        return [[stem] for stem in present]
    asked = wishes["track_name"]
    if asked not in present:
        raise _absent(f"This song has: {', '.join(present)}.")
    if wishes.get("mode") != "without":
        return [[stem] for stem in present if stem == asked]
    others = [stem for stem in STEM_NAMES if stem in present and stem != asked]
    if not others:
        raise _absent(f"This song has only {asked}.")
    return [others]


def _absent(sentence: str) -> SourceUnfit:
    return SourceUnfit(f"track_name: {sentence}", "stem_absent", {"track_name": [sentence]})


def _check_duration(take: Take, wishes: StemParams) -> None:
    asked = wishes.get("duration_s")
    if asked is not None and abs(asked - take.duration_s) > DURATION_TOLERANCE_S:
        sentence = f"Expected -1 or the song's own {take.duration_s:.2f} s, got {asked:g}."
        raise SourceUnfit(f"duration: {sentence}", "validation_error", {"duration": [sentence]})


def _title(source: Job, wishes: StemParams) -> str:
    """Return a title such as "Rainy Day – bass"."""
    part = wishes.get("track_name", "").replace("_", " ")
    what = "stems" if wishes.get("all_stems") else part
    what = f"without {part}" if wishes.get("mode") == "without" else what
    ending = f" – {what}"
    return clean_title(source.display_name, 200 - len(ending)) + ending


def _effective(
    source: Job,
    take: Take,
    wishes: StemParams,
    params: Mapping[str, Any],
    entry: EngineEntry,
    stems: list[list[StemName]],
) -> dict[str, Any]:
    """Return the song's own request, and the operation applied to its result."""
    kept = {name: source.effective[name] for name in REQUEST_FIELDS & source.effective.keys()}
    is_sung = any(stem in VOICES for take_stems in stems for stem in take_stems)
    mode = "all" if wishes.get("all_stems") else wishes.get("mode", "stem")
    return {
        **kept,
        "kind": kept.get("kind", "song") if is_sung else "instrumental",
        "lyrics": source.lyrics if is_sung else "",
        "engine": entry.name,
        "engine_version": entry.version,
        "seeds": [take.seed] * len(stems),
        "duration_s": take.duration_s,
        "max_duration_s": take.duration_s,
        "not_applied": stem_not_applied(params),
        "source": {
            "kind": "job",
            "job_id": source.id,
            "take": take.index,
            "sha256": take.samples_sha256,
            "duration": take.duration_s,
            "sample_rate": SAMPLE_RATE_HZ,
        },
        "operation": {"name": TOOL, "mode": mode, "track_name": wishes.get("track_name"), "method": "exact"},
        "stems": stems,
        **{plural: source.effective.get(plural, []) for plural in PLURALS.values()},
    }


def stem_not_applied(params: Mapping[str, Any]) -> dict[str, str]:
    """Return the sent parameters that have no effect, each with the reason."""
    sent = {parameter.name for parameter, _ in wished(TOOL, params)}
    return {name: NOT_APPLIED[name] for name in sorted(sent & NOT_APPLIED.keys())}
