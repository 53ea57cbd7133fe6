"""Building engine requests from values, storing them in `Job.effective`, and reading them back."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings

from audiomusic.engines.acestep.folder import has_weights
from audiomusic.engines.base import MAX_DURATION_S, EngineError, Kind, SongRequest, SongResult
from audiomusic.engines.captions.reader import read_wishes
from audiomusic.engines.estimate import MAX_SAMPLES_S, reserved_duration_s
from audiomusic.engines.lyrics.pasted import read_pasted
from audiomusic.engines.registry import EngineEntry, find_engine
from jobs.specs.parameters import FIELD_NAMES, MODEL_VERSIONS
from jobs.specs.params import GenerationParams
from presets.selectors import adapters_asked, preset_parameters

if TYPE_CHECKING:
    from jobs.models import Job

AUTO_ENGINE = "studio"  # the engine that runs anywhere
SEED_COUNT = 2**32
TITLE_CHARS = 60
UNTITLED = "Untitled"

#: What each task makes, and the list it belongs to. Tasks not named here make songs and are edits.
KINDS: dict[str, Kind] = {
    "prompt2instrumental": "instrumental",
    "text2rap": "rap",
    "lyric2vocals": "vocals",
    "text2samples": "samples",
}
SONG_TYPES: dict[str, str] = {
    **dict.fromkeys(("text2music", "simple", "plan", "score_song"), "song"),
    **KINDS,
}
MAY_BE_INSTRUMENTAL = ("text2music", "simple", "text2rap", "plan", "score_song")
VOICED: tuple[Kind, ...] = ("song", "rap", "vocals")

PARAM_NAMES = frozenset(GenerationParams.__annotations__)
#: Adapters are stored by name; only the engine knows their location.
REQUEST_FIELDS = frozenset(field.name for field in fields(SongRequest)) - {"adapters"}
#: Fields of the result that stay part of the request: the language model is called only once.
KEPT_FIELDS = frozenset({"written"})
PLANNED_FIELDS = ("caption", "lyrics", "bpm", "keyscale", "timesignature", "vocal_language")


def resolve_engine(model_version: str | None, task: str = "") -> EngineEntry:
    """Return the engine of a model version: the server's default, unless that cannot make the task. Raises
    LookupError for an unknown name."""
    if model_version and model_version not in MODEL_VERSIONS:
        return find_engine(model_version)
    entry = find_engine(_auto_engine() if settings.ENGINE == "auto" else settings.ENGINE)
    return entry if not task or task in entry.tasks else find_engine(AUTO_ENGINE)


def _auto_engine() -> str:
    return "acestep" if has_weights(settings.ACESTEP_DIR, settings.ACESTEP_VARIANT) else AUTO_ENGINE


def apply_preset(values: GenerationParams) -> GenerationParams:
    """Complete the values from their genre preset; values in the request take precedence. From here on
    `genre` is the preset's style, which engines know."""
    name = values.get("genre")
    if not name:
        return values
    preset = {FIELD_NAMES.get(key, key): value for key, value in preset_parameters(name).items()}
    style = preset.pop("genre", None)
    known = {key: value for key, value in preset.items() if key in PARAM_NAMES}
    options = {key: value for key, value in preset.items() if key not in PARAM_NAMES}
    merged: dict[str, Any] = {**known, **values, "genre": style}
    merged["options"] = {**options, **values.get("options", {})}
    return cast(GenerationParams, merged)


def is_instrumental(task: str, values: GenerationParams) -> bool:
    return task in MAY_BE_INSTRUMENTAL and values.get("instrumental", False)


def kind_of(task: str, values: GenerationParams) -> Kind:
    return "instrumental" if is_instrumental(task, values) else KINDS.get(task, "song")


def song_type_of(task: str, values: GenerationParams) -> str:
    """Return the list that the job belongs to. A rap without a voice is still a rap."""
    song_type = SONG_TYPES.get(task, "edits")
    return "instrumental" if song_type == "song" and is_instrumental(task, values) else song_type


def draw_seeds(seed: int | None, count: int) -> tuple[int, ...]:
    """Return one seed per take: `seed` and the following numbers, or random ones."""
    if seed is None:
        return tuple(secrets.randbelow(SEED_COUNT) for _ in range(count))
    return tuple((seed + take) % SEED_COUNT for take in range(count))


def build_song_request(task: str, values: GenerationParams, entry: EngineEntry) -> SongRequest:
    """Build the request to the engine, with everything decided that can be decided before planning."""
    kind = kind_of(task, values)
    pasted = read_pasted(values.get("lyrics", ""))
    lyrics = values.get("lyrics", "") if kind in VOICED or pasted.is_form else ""
    write_lyrics = kind in VOICED and not lyrics.strip()
    sample_type = cast(Any, values.get("sample_type", "loop"))
    duration_s = values.get("duration_s")
    options = values.get("options", {})
    reserved_s = reserved_duration_s(kind, pasted.text if lyrics else "", write_lyrics, sample_type)
    caption = values.get("caption", "") or values.get("query", "")
    return SongRequest(
        kind=kind,
        caption="" if values.get("query") else values.get("caption", ""),
        query=values.get("query", ""),
        lyrics=lyrics,
        write_lyrics=write_lyrics,
        seeds=draw_seeds(values.get("seed"), values.get("batch_size", 1)),
        duration_s=duration_s,
        max_duration_s=duration_s or max(reserved_s, length_in_words_s(caption, kind)),
        bpm=values.get("bpm"),
        keyscale=values.get("keyscale"),
        timesignature=values.get("timesignature"),
        vocal_language=values.get("vocal_language"),
        sample_type=sample_type,
        genre=values.get("genre"),
        title=clean_title(values.get("display_name", "")),
        generate_lrc=values.get("generate_lrc", False),
        calculate_quality=values.get("calculate_quality", True),
        options={key: value for key, value in options.items() if key not in entry.unused_parameters},
    )


def length_in_words_s(caption: str, kind: Kind) -> float:
    """Return the length that a caption asks for, within the task's limit; 0 if it asks for none."""
    limit_s = MAX_SAMPLES_S if kind == "samples" else MAX_DURATION_S
    asked = (wish.value for wish in read_wishes(caption).wishes if wish.aspect == "duration")
    return min(limit_s, cast(float, next(asked, 0.0)))


def parameters_not_applied(
    values: GenerationParams, request: SongRequest, params: Mapping[str, Any], entry: EngineEntry
) -> dict[str, str]:
    """Return the sent parameters that have no effect, each with the reason."""
    sent = {key for key, value in params.items() if value is not None}
    if "infer_step" in sent:
        sent.add("inference_steps")
    notes = dict.fromkeys(sent & {*entry.unused_parameters}, f"The {entry.name} engine does not use it.")
    if values.get("lyrics", "").strip() and not request.lyrics:
        notes["lyrics"] = "This music has no voice."
    if params.get("quality") == "premium":
        notes["quality"] = "There is only one quality: the engine's best."
    return dict(sorted(notes.items()))


def request_to_json(request: SongRequest) -> dict[str, Any]:
    """Return a request as JSON. `song_request` reads it back."""
    values = {name: value for name, value in asdict(request).items() if name in REQUEST_FIELDS}
    return {**values, "seeds": list(request.seeds)}


def effective_as_made(effective: Mapping[str, Any], result: SongResult) -> dict[str, Any]:
    """Return `effective` updated with the engine's plan. Requested values that differ are kept under "asked",
    so that the same request can be repeated."""
    made = {**result.effective, **{name: getattr(result, name) for name in PLANNED_FIELDS}}
    asked = {
        name: effective[name]
        for name in (REQUEST_FIELDS - KEPT_FIELDS) & made.keys() & effective.keys()
        if made[name] != effective[name]
    }
    not_applied = {**effective.get("not_applied", {}), **result.not_applied}
    unmet = {"not_applied": not_applied, "not_understood": list(result.not_understood)}
    return {**effective, **made, "asked": asked, **unmet}


def song_request(job: Job) -> SongRequest:
    """Return the request to the engine for this job: the same before and after it was made."""
    stored = {**job.effective, **job.effective.get("asked", {})}
    values = {name: stored[name] for name in REQUEST_FIELDS & stored.keys()}
    return SongRequest(**{**values, "seeds": tuple(stored["seeds"])})


def with_adapters(request: SongRequest) -> SongRequest:
    """Return the request with the adapters that it names. Raises EngineError if one no longer exists."""
    names = request.options.get("lora_name_or_path")
    if not names:
        return request
    try:
        uses = adapters_asked(names, float(request.options.get("lora_weight", 1.0)))
    except (LookupError, ValueError) as error:
        raise EngineError(str(error), "adapter_missing") from None
    return replace(request, adapters=tuple(row.as_engine_adapter(weight) for row, weight in uses))


def clean_title(text: str, limit: int = 200) -> str:
    """Return the text as one line without control characters, at most `limit` characters."""
    visible = "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)
    return " ".join(visible.split())[:limit].rstrip()


def title_from(text: str) -> str:
    """Return a song title from its prompt: its first words, cut at a word boundary if possible."""
    whole = clean_title(text, limit=len(text))
    if len(whole) <= TITLE_CHARS:
        return whole or UNTITLED
    head = whole[: TITLE_CHARS - 1].rpartition(" ")[0]
    cut = head if len(head) > TITLE_CHARS // 2 else whole[: TITLE_CHARS - 1]
    return cut.rstrip(" ,;:.-") + "…"
