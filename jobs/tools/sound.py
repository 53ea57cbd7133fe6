"""Creating jobs for an engine that works on audio, from an own song or external audio.

The job's worker reads an own song's audio when it starts, so the song may not be deleted before the job is
finished; the job's first take stores that audio, so that it can be made again without the song. External
audio is kept as long as the job.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.db import transaction

from audiomusic.accounts.credits.pricing import credits_for
from audiomusic.accounts.models import User
from audiomusic.engines.registry import EngineEntry
from jobs.covers.services import cover_inherit
from jobs.models import Job, Task
from jobs.services import job_submit
from jobs.specs.build import REQUEST_FIELDS, apply_preset, clean_title, draw_seeds
from jobs.specs.parameters import TASKS
from jobs.specs.params import GenerationParams, ReworkParams, StemParams
from jobs.specs.refusals import SourceUnfit
from jobs.specs.tags import tags_as_made
from jobs.storage.budgets import bytes_to_reserve, disk_check
from jobs.tools.derived import derived_job, source_locked, wished
from jobs.tools.foreign import foreign_source_facts
from jobs.tools.operations import OWN_NAMES, ToolOrder, unfit
from jobs.tools.rework import KEPT_OF_SONG, ONLY_FOR, SEEDS_SAID, TITLES, own_source_facts
from jobs.tools.sound_operations import sound_operation, stem_operation
from jobs.tools.sources import ForeignSource, Source
from jobs.uploads.services import source_use_create

NOT_APPLIED = {
    "quality": "There is only one quality: the engine's best.",
    "edit_n_min": "The engine has no edits.",
    "edit_n_max": "The engine has no edits.",
}
PLAIN_RETAKES = (
    "The {engine} engine can retake only songs that were made from a request; this one was made from "
    "another song."
)
Wishes = Mapping[str, Any]  # of a rework or of a stem


@dataclass(frozen=True)
class SoundWish:
    """A request for an engine that works on audio, before it becomes a job."""

    user: User
    task: str
    source: Source | ForeignSource
    wishes: Wishes
    params: Mapping[str, Any]
    entry: EngineEntry
    asked: ToolOrder
    seeds: tuple[int, ...]


def sound_job_create(
    *,
    user: User,
    task: str,
    source: Source | ForeignSource,
    wishes: Wishes,
    params: Mapping[str, Any],
    entry: EngineEntry,
) -> Job:
    """Create a waiting job and reserve its credits. `params`: the request as sent. Raises SourceUnfit,
    SourceNotFound for a source that was deleted meanwhile, NotEnoughCredits, or another JobRefused."""
    disk_check()
    wishes = _with_preset(wishes)
    asked = _operation(task, source, wishes)
    if task == Task.RETAKE:
        _check_retake(source, wishes, entry)
    seeds = tuple(wishes.get("retake_seeds") or draw_seeds(wishes.get("seed"), wishes.get("batch_size", 1)))
    return _create(SoundWish(user, task, source, wishes, params, entry, asked, seeds))


def _with_preset(wishes: Wishes) -> Wishes:
    """Replace a genre preset by its values; values in the request take precedence."""
    if "genre" not in wishes:
        return wishes
    known: Any = {name: wishes[name] for name in (*OWN_NAMES, "options") if name in wishes}
    completed = apply_preset(cast(GenerationParams, known))
    names = (*OWN_NAMES, "options")
    return {**wishes, **{name: made for name in names if (made := completed.get(name)) is not None}}


def _length_s(source: Source | ForeignSource) -> float | None:
    """Return the length of the source; None if unknown until it is fetched."""
    if isinstance(source, Source):
        return source.take.duration_s
    return source.file.duration_s if source.file else None


def _operation(task: str, source: Source | ForeignSource, wishes: Wishes) -> ToolOrder:
    known_s = _length_s(source)
    length_s = float(settings.SOURCE_MAX_S) if known_s is None else known_s
    if task == Task.EXTRACT:
        return stem_operation(cast(StemParams, wishes), length_s)
    return sound_operation(task, cast(ReworkParams, wishes), length_s, is_length_known=known_s is not None)


def _check_retake(source: Source | ForeignSource, wishes: Wishes, entry: EngineEntry) -> None:
    """Check that the song was made by this engine, and from a request alone: a retake draws its noise
    again."""
    seeds, count = wishes.get("retake_seeds"), wishes.get("batch_size")
    if seeds and count and count != len(seeds):
        raise unfit(
            "batch_size",
            f"Expected {len(seeds)}, one take for each of retake_seeds, or none; got {count}.",
        )
    job = source.job if isinstance(source, Source) else None
    if job is None or job.engine != entry.name or job.task not in TASKS:
        raise SourceUnfit(PLAIN_RETAKES.format(engine=entry.name), "engine_cannot")


@transaction.atomic
def _create(wish: SoundWish) -> Job:
    source, entry, seeds = wish.source, wish.entry, wish.seeds
    format = wish.wishes.get("format", "flac")
    own = None
    if isinstance(source, Source):
        own = source_locked(user=wish.user, job_id=source.take.job_id)
    title = clean_title(wish.wishes.get("display_name", "")) or _title(wish)
    effective = _effective(wish, own, title) | {"format": format}
    longest_s = wish.asked.longest_s
    reserved = bytes_to_reserve(duration_s=longest_s, takes=len(seeds), format=format)
    if own is not None:  # the first take stores its audio
        reserved += bytes_to_reserve(duration_s=source.take.duration_s, takes=1, format="flac")  # type: ignore[union-attr]
    values: dict[str, Any] = {
        "task": wish.task,
        "prompt": effective["caption"],
        "batch_size": len(seeds),
        "engine": entry.name,
        "duration_s": longest_s,
        "credits_reserved": credits_for(wish.asked.charged_s) * len(seeds),
        "bytes_reserved": reserved,
    }
    if own is not None:
        values |= {
            "bpm": effective.get("bpm"), "keyscale": effective.get("keyscale") or "",
            "timesignature": effective.get("timesignature") or "",
        }  # fmt: skip
        job = derived_job(
            user=wish.user, source=own, title=title, wishes=cast(ReworkParams, wish.wishes),
            params=wish.params, effective=effective, **values,
        )  # fmt: skip
    else:
        job = Job(
            user=wish.user, song_type="edits", display_name=title, lyrics=effective["lyrics"],
            thumbnail_url=wish.wishes.get("thumbnail_url", ""), format=format,
            model_version=wish.wishes.get("model_version", "audiomusic-v2"), params=dict(wish.params),
            effective=effective, **values,
        )  # fmt: skip
    job = job_submit(job=job)
    if own is not None:
        cover_inherit(job=job, source=own)
    if isinstance(source, ForeignSource) and source.file:
        source_use_create(job=job, source=source.file)
    return job


def _title(wish: SoundWish) -> str:
    """Return a title such as "Rainy Day – cover"."""
    if wish.task == Task.EXTRACT:
        what = wish.asked.operation["track_name"].replace("_", " ")
        mode = wish.asked.operation["mode"]
        what = what if mode == "stem" else f"{mode} {what}"
    else:
        what = TITLES[wish.task]
    ending = f" – {what}"
    return clean_title(_name_of(wish.source), 200 - len(ending)) + ending


def _name_of(source: Source | ForeignSource) -> str:
    if isinstance(source, Source):
        return source.job.display_name
    return (source.file.file_name.rpartition(".")[0] if source.file else "") or "Other audio"


def _words(wish: SoundWish, own: Job | None) -> tuple[str, bool]:
    """Return (the lyrics, as far as known; whether the planner is to write them)."""
    operation = wish.asked.operation
    said = operation.get("lyrics")
    if wish.task == "reference":
        return said or "", not said and not operation["instrumental"]
    before = own.lyrics if own else ""
    if wish.task == "extend":
        return "\n\n".join(filter(None, (operation["left_lyrics"], before, said))), False
    if wish.task == Task.EXTRACT and operation["mode"] == "stem" and "vocals" not in operation["track_name"]:
        return "", False
    return before if said is None else said, False


def _effective(wish: SoundWish, own: Job | None, title: str) -> dict[str, Any]:
    """Return the song's own request merged with the new one, and the operation applied to its audio."""
    operation = wish.asked.operation
    wishes = wish.wishes
    kept: dict[str, Any] = {}
    if own is not None and wish.task == Task.RETAKE:  # exactly the request, as it was made
        asked = {**own.effective, **own.effective.get("asked", {})}
        kept = {name: asked[name] for name in REQUEST_FIELDS & asked.keys()}
        seeds: tuple[int, ...] = tuple(kept["seeds"])
        lyrics, writes = kept.get("lyrics", ""), kept.get("write_lyrics", False)
        caption = kept.get("caption", "")
        operation = {**operation, "take": wish.source.take.index, "seeds": list(wish.seeds)}  # type: ignore[union-attr]
    else:
        seeds = wish.seeds
        lyrics, writes = _words(wish, own)
        caption = operation.get("caption") or (own.prompt if own and wish.task == Task.EXTRACT else "")
        kept = _plan_of(wish, own)
    is_sung = bool(lyrics) or writes
    return {
        **kept,
        "kind": kept.get("kind") or ("song" if is_sung else "instrumental"),
        "caption": caption,
        "lyrics": lyrics,
        "lyrics_source": "request" if operation.get("lyrics") else "song" if lyrics else "none",
        "write_lyrics": writes,
        "engine": wish.entry.name,
        "engine_version": wish.entry.version,
        "seeds": list(seeds),
        "duration_s": kept.get("duration_s"),
        "max_duration_s": kept.get("max_duration_s") or wish.asked.longest_s,
        "generate_lrc": wishes.get("generate_lrc", False),
        "calculate_quality": wishes.get("calculate_quality", True),
        "options": kept.get("options") or wishes.get("options", {}),
        "title": title,
        "not_applied": _not_applied(wish),
        "source": own_source_facts(wish.source.take)
        if isinstance(wish.source, Source)
        else foreign_source_facts(wish.source),
        "operation": operation,
        "asked_operation": operation,
        **({"window": operation["window"]} if "window" in operation else {}),
        **tags_as_made(caption, lyrics, kept.get("genre")),
    }


def _plan_of(wish: SoundWish, own: Job | None) -> dict[str, Any]:
    """Return tempo, key and so on: as requested, else the song's own if the tool works on the song itself."""
    wishes = wish.wishes
    song: dict[str, Any] = {}
    if own is not None and wish.task != "reference":
        song = {
            "bpm": own.bpm, "keyscale": own.keyscale or None, "timesignature": own.timesignature or None,
            "vocal_language": own.vocal_language or None,
        }  # fmt: skip
    heard = wishes if wish.task in ("cover", "reference") else {}
    plan = {name: heard.get(name) or song.get(name) for name in OWN_NAMES}
    duration_s = wishes.get("duration_s") if wish.task == "reference" else wish.asked.longest_s
    return {**plan, "duration_s": duration_s}


def _not_applied(wish: SoundWish) -> dict[str, str]:
    """Return the sent parameters that have no effect, each with the reason."""
    notes = {}
    for parameter, value in wished(wish.task, wish.params):
        key = parameter.key
        if key in NOT_APPLIED and not (key == "quality" and value != "premium"):
            notes[parameter.name] = NOT_APPLIED[key]
        elif key == "seed" and wish.params.get("retake_seeds"):
            notes[parameter.name] = SEEDS_SAID
        elif (key in ONLY_FOR and wish.task not in ONLY_FOR[key]) or (
            wish.task == Task.RETAKE and key == "caption"
        ):
            notes[parameter.name] = KEPT_OF_SONG
    return dict(sorted(notes.items()))
