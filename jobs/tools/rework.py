"""Creating jobs that make a new song from an existing one: a retake, a repaint, an extension, an edit, a
cover, or a song in its sound.

The job's worker reads the song when it starts, so the song may not be deleted before the job is finished
(`jobs.services.job_delete` checks). From then on the job's own takes hold everything it was made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from django.db import transaction

from audiomusic.accounts.credits.pricing import credits_for
from audiomusic.accounts.models import User
from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.foreign.findings import HEARD
from audiomusic.engines.registry import ENGINES, EngineEntry, composing_engines, find_engine
from audiomusic.engines.studio.rework.edits.syllable_room import LineFit
from audiomusic.engines.studio.rework.kept_score import EXACT, can_be_composed_on
from jobs.covers.services import cover_inherit
from jobs.models import Job, Take, Task
from jobs.services import job_submit
from jobs.specs.build import REQUEST_FIELDS, apply_preset, clean_title, draw_seeds
from jobs.specs.parameters import TASKS
from jobs.specs.params import GenerationParams, ReworkParams
from jobs.specs.refusals import SourceNotFound, SourceUnfit
from jobs.specs.tags import PLURALS
from jobs.storage.budgets import bytes_to_reserve, disk_check
from jobs.storage.scores import kept_score
from jobs.tools.derived import derived_job, source_locked, wished
from jobs.tools.foreign_operations import CANNOT
from jobs.tools.operations import OWN_NAMES, ToolOrder, operation_of
from jobs.uploads.services import source_use_inherit

TITLES = {
    "retake": "retake", "repaint": "repaint", "extend": "extended", "edit": "edit", "cover": "cover",
    "reference": "in its sound",
}  # fmt: skip
#: Parameters that have no effect on the engine that works on a song, with the reason.
NOT_APPLIED = {
    "quality": "There is only one quality: the engine's best.",
    "edit_n_min": "The studio edits notes, not noise.",
    "edit_n_max": "The studio edits notes, not noise.",
}
KEPT_OF_SONG = "The song's own value is used."
SEEDS_SAID = "retake_seeds sets the seed of each take."
ONLY_FOR = {  # base parameters -> the tools that use them
    **dict.fromkeys(OWN_NAMES, ("cover", "reference")),
}


def rework_job_create(
    *, user: User, task: str, take: Take, wishes: ReworkParams, params: Mapping[str, Any]
) -> Job:
    """Create a waiting job that makes a new song from a finished take, and reserve its credits. `params`: the
    request as sent.

    Raises SourceUnfit, SourceNotFound for a song that was deleted meanwhile, NotEnoughCredits, or another
    JobRefused.
    """
    disk_check()
    checked = _checked(task, take, wishes)
    return _create(user, task, take, checked.wishes, params, checked.entry, checked.asked)


class Offer(NamedTuple):
    """What a request would cost and change: its credits, the new lines that need other notes than there are,
    and the range of a repaint if its edges moved."""

    credits: int
    fit: list[LineFit]
    moved: Mapping[str, Any] | None


def rework_offer(*, task: str, take: Take, wishes: ReworkParams) -> Offer:
    """Return what `rework_job_create` would reserve. Raises the same errors and stores nothing."""
    asked = _checked(task, take, wishes).asked
    takes = len(wishes.get("retake_seeds", ())) or wishes.get("batch_size", 1)
    window = asked.operation.get("window", {})
    return Offer(
        credits_for(asked.charged_s) * takes,
        asked.operation.get("fit", []),
        window if "moved_for" in window else None,
    )


class Checked(NamedTuple):
    """A checked request: the engine, the wishes completed by a preset, and the resulting order."""

    entry: EngineEntry
    wishes: ReworkParams
    asked: ToolOrder


def _checked(task: str, take: Take, wishes: ReworkParams) -> Checked:
    """Check the request. Raises SourceUnfit, SourceNotFound for a song that was deleted meanwhile,
    StorageRefused."""
    try:
        entry = engine_for(task, take, wishes.get("model_version", ""))
        wishes = with_preset(task, wishes)
        score = _score(take)
        if HEARD in score and task == "edit":
            raise SourceUnfit(CANNOT.format(task="Edit"), "engine_cannot")
        return Checked(entry, wishes, operation_of(task, score, take, wishes))
    except SourceUnfit:
        # A song that is being deleted may have lost its rows or files already; report it as missing, not as
        # unfit.
        if not Job.objects.filter(id=take.job_id).exists():
            raise SourceNotFound from None
        raise


def engine_for(task: str, take: Take, asked: str) -> EngineEntry:
    """Return the engine that made the take, if it can do this to it. Raises SourceUnfit."""
    job = take.job
    able = composing_engines(task, "own")
    if asked in ENGINES and asked not in able:
        raise SourceUnfit(
            f"The {asked} engine cannot do this ({task}); expected one of: {', '.join(able)}.",
            "engine_cannot",
            {"model_version": [f"Expected one of {', '.join(able)}, got {asked}."]},
        )  # fmt: skip
    if job.task == Task.EXTRACT:
        raise SourceUnfit("This is a stem; use the song it was made from.", "engine_cannot")
    if job.engine not in able or not take.has_score:
        raise SourceUnfit(
            f"Only songs made by this server's {' or '.join(able)} engine support this ({task}); this one "
            f"was made by {job.engine or 'another'}.{as_other_audio(task)}",
            "engine_cannot",
        )
    entry = find_engine(job.engine)
    made_by = take.made_with.get("engine_version", "")
    if made_by != entry.version:  # missing data is remade from the recipe, by the same version
        raise SourceUnfit(
            f"This song was made by version {made_by or 'unknown'} of the {entry.name} engine; version"
            f" {entry.version} cannot edit it. Make it again with the same seed.",
            "source_too_old",
        )
    return entry


def as_other_audio(task: str) -> str:
    """Return a sentence on what is still possible with a song without a score; "" if nothing is."""
    able = composing_engines(task, "foreign")
    return " If you upload its file, the server works from what it hears in it." if able else ""


def _score(take: Take) -> Mapping[str, Any]:
    """Return the take's score if it can be composed on. Raises SourceUnfit, StorageRefused."""
    try:
        kept = kept_score(take)
    except FileNotFoundError:
        kept = None
    is_whole = kept is not None and can_be_composed_on(kept)
    if kept is None or not (is_whole or (EXACT in kept and take.job.task in TASKS)):
        raise SourceUnfit(
            "This song was made before plans were stored, or its score is lost, so it cannot be edited. "
            "Make it again with the same seed.",
            "source_too_old",
        )
    return kept


def with_preset(task: str, wishes: ReworkParams) -> ReworkParams:
    """Replace a genre preset by its values; values in the request take precedence. Tools that keep the song's
    own style ignore it."""
    if "genre" not in wishes or task not in ONLY_FOR["genre"]:
        return wishes
    known = {name: wishes[name] for name in OWN_NAMES if name in wishes}  # type: ignore[literal-required]
    completed = apply_preset(cast(GenerationParams, known))
    return cast(ReworkParams, {**wishes, **{name: completed.get(name) for name in OWN_NAMES}})


@transaction.atomic
def _create(
    user: User,
    task: str,
    take: Take,
    wishes: ReworkParams,
    params: Mapping[str, Any],
    entry: EngineEntry,
    asked: ToolOrder,
) -> Job:
    source = source_locked(user=user, job_id=take.job_id)
    format = wishes.get("format", "flac")
    seeds = tuple(wishes.get("retake_seeds") or draw_seeds(wishes.get("seed"), wishes.get("batch_size", 1)))
    effective = _effective(source, take, task, wishes, params, entry, asked, seeds) | {"format": format}
    job = derived_job(
        user=user,
        source=source,
        title=_title(source, task),
        wishes=wishes,
        params=params,
        effective=effective,
        task=task,
        prompt=wishes.get("caption", "") or source.prompt,
        batch_size=len(seeds),
        engine=entry.name,
        duration_s=asked.longest_s,
        credits_reserved=credits_for(asked.charged_s) * len(seeds),
        bytes_reserved=bytes_to_reserve(duration_s=asked.longest_s, takes=len(seeds), format=format),
    )
    job = job_submit(job=job)
    source_use_inherit(job=job, parent=source)
    cover_inherit(job=job, source=source)
    return job


def _title(source: Job, task: str) -> str:
    """Return a title such as "Rainy Day – cover"."""
    ending = f" – {TITLES[task]}"
    return clean_title(source.display_name, 200 - len(ending)) + ending


def _effective(
    source: Job,
    take: Take,
    task: str,
    wishes: ReworkParams,
    params: Mapping[str, Any],
    entry: EngineEntry,
    asked: ToolOrder,
    seeds: tuple[int, ...],
) -> dict[str, Any]:
    """Return the song's own request merged with the new one, and the operation applied to its result."""
    kept = {name: source.effective[name] for name in REQUEST_FIELDS & source.effective.keys()}
    is_instrumental = task == "reference" and asked.operation["instrumental"]
    lyrics = asked.operation.get("lyrics")
    return {
        **kept,
        "kind": "instrumental" if is_instrumental else kept.get("kind", "song"),
        "caption": wishes.get("caption", "") or kept.get("caption", ""),
        "lyrics": "" if is_instrumental else source.lyrics if lyrics is None else lyrics,
        "engine": entry.name,
        "engine_version": entry.version,
        "seeds": list(seeds),
        "duration_s": asked.longest_s,
        "max_duration_s": asked.longest_s,
        "generate_lrc": wishes.get("generate_lrc", False),
        "calculate_quality": wishes.get("calculate_quality", True),
        "title": clean_title(wishes.get("display_name", "")) or _title(source, task),
        "not_applied": not_applied_to(task, params, entry),
        "source": own_source_facts(take),
        "operation": asked.operation,
        "asked_operation": asked.operation,
        **({"window": asked.operation["window"]} if "window" in asked.operation else {}),
        **{plural: source.effective.get(plural, []) for plural in PLURALS.values()},
    }


def own_source_facts(take: Take) -> dict[str, Any]:
    """Return the facts for `effective.source`."""
    return {
        "kind": "job",
        "job_id": take.job_id,
        "take": take.index,
        "sha256": take.samples_sha256,
        "duration": take.duration_s,
        "sample_rate": SAMPLE_RATE_HZ,
    }


def not_applied_to(task: str, params: Mapping[str, Any], entry: EngineEntry) -> dict[str, str]:
    """Return the sent parameters that have no effect, each with the reason."""
    notes = {}
    for parameter, value in wished(task, params):
        key = parameter.key
        if parameter.is_option:
            notes[parameter.name] = f"The {entry.name} engine does not use it."
        elif key in NOT_APPLIED and not (key == "quality" and value != "premium"):
            notes[parameter.name] = NOT_APPLIED[key]
        elif key == "seed" and params.get("retake_seeds"):
            notes[parameter.name] = SEEDS_SAID
        elif key in ONLY_FOR and task not in ONLY_FOR[key] or task == "retake" and key == "caption":
            notes[parameter.name] = KEPT_OF_SONG
    return dict(sorted(notes.items()))
