"""Turns a request into the model's input: lyrics, tempo, key, length and sampling settings.

A planner may fill in what the request leaves open. Without a language model, the studio's planner writes
lyrics and takes language and length from the caption; tempo, key and metre stay open for the diffusion model
to choose.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol, cast, runtime_checkable

from audiomusic.engines.acestep.model_input import Method, Sampling
from audiomusic.engines.acestep.planner.base import Planner
from audiomusic.engines.acestep.planner.songs import PlannedSong
from audiomusic.engines.acestep.variants import Trial, Variant
from audiomusic.engines.base import Kind, Monitor, SongRequest
from audiomusic.engines.studio.lyric_settings import with_lyric_settings
from audiomusic.engines.studio.plan import make_plan

NO_VOICE = "[Instrumental]"
UNKNOWN_LANGUAGE = "unknown"

#: How a caption names a kind of music that it does not name itself.
KIND_WORDS: dict[Kind, str] = {
    "rap": "rap",
    "instrumental": "instrumental",
    "vocals": "a cappella, solo vocals without instruments",
}
#: Options that only a language model can apply.
PLANNER_OPTIONS = (
    "thinking", "use_cot_caption", "use_cot_language", "use_cot_lyrics", "use_constrained_decoding",
    "lm_temperature", "lm_cfg_scale", "lm_top_k", "lm_top_p", "lm_negative_prompt",
)  # fmt: skip
NO_PLANNER = "No language model is set up; the studio's planner wrote the lyrics and chose the length."
UNTIMED_LYRICS = "These weights do not tell which of their attention heads follow the lyrics."


class SongPlanner(Protocol):
    """Decides what a request leaves open. The same request gives the same plan."""

    def plan_song(self, request: SongRequest, monitor: Monitor, *, codes: bool = True) -> PlannedSong:
        """Plan the song. `codes` False: the song follows a source and needs no outline in audio codes."""
        ...


@runtime_checkable
class HearingPlanner(Protocol):
    """A planner whose language model can also describe audio."""

    def listening(self) -> AbstractContextManager[Planner]:
        """Return a context in which the language model can be used."""
        ...


class StudioPlanner:
    """The studio engine's planner; needs no weights."""

    def plan_song(self, request: SongRequest, monitor: Monitor, *, codes: bool = True) -> PlannedSong:
        monitor.tick(0.0)
        request, notes = with_lyric_settings(request)
        plan = make_plan(request, request.seeds[0])
        # Unless requested, they are left to the diffusion model, which knows better what fits the caption.
        uses_plan = request.options.get("use_cot_metas", bool(request.query))
        return PlannedSong(
            caption=plan.caption,
            lyrics=plan.lyrics,
            duration_s=min(request.duration_s or plan.duration_s, request.max_duration_s),
            bpm=request.bpm or (plan.bpm if uses_plan else None),
            keyscale=request.keyscale or (plan.key.name if uses_plan else None),
            timesignature=request.timesignature or (plan.metre.name if uses_plan else None),
            language=request.vocal_language or plan.language,
            title=plan.title,
            not_applied=notes | {name: NO_PLANNER for name in PLANNER_OPTIONS if name in request.options},
        )


def prompt_caption(request: SongRequest, caption: str) -> str:
    """Return the caption, with the preset's style and the kind of music added unless it names them."""
    words = [request.genre or "", KIND_WORDS.get(request.kind, "")]
    missing = [word for word in words if word and word.lower() not in caption.lower()]
    return ", ".join([*missing, caption])


def prompt_bpm(bpm: float | None) -> int | None:
    return None if bpm is None else round(bpm)


def prompt_key(keyscale: str | None) -> str | None:
    """Return the key in the form the model was trained on: "F# minor"."""
    if keyscale is None:
        return None
    tonic, _, mode = keyscale.partition(" ")
    return f"{tonic} {mode.lower()}".strip()


def prompt_metre(timesignature: str | None) -> str | None:
    """Return only the beats per bar: "6" for "6/8"."""
    return None if timesignature is None else timesignature.partition("/")[0]


def sampling_of(
    request: SongRequest, variant: Variant, notes: dict[str, str], trials: tuple[Trial, ...] = ()
) -> Sampling:
    """Return the sampling settings, using the variant's defaults for what was not requested. What cannot be
    applied is explained in `notes`. `trials`: as the server is configured."""
    options = request.options
    steps = int(options.get("inference_steps", variant.steps))
    if steps > variant.most_steps:
        notes["inference_steps"] = f"{variant.name} weights make at most {variant.most_steps} steps."
        steps = variant.most_steps
    guidance_scale = variant.guidance_scale
    if variant.is_guided:
        guidance_scale = float(options.get("guidance_scale", guidance_scale))
    else:
        reason = f"{variant.name} weights were trained without guidance."
        asked = {"guidance_scale", "cfg_interval_start", "cfg_interval_end", "use_adg"} & options.keys()
        notes.update(dict.fromkeys(sorted(asked), reason))
    guided = guidance_scale > 1.0
    return Sampling(
        steps=steps,
        shift=float(options.get("shift", variant.shift)),
        guidance_scale=guidance_scale,
        method=cast(Method, options.get("infer_method", "ode")),
        guided_from=float(options.get("cfg_interval_start", 0.0)) if guided else 0.0,
        guided_to=float(options.get("cfg_interval_end", 1.0)) if guided else 1.0,
        by_angle=guided and bool(options.get("use_adg", False)),
        adapters=request.adapters,
        trials=trials,
    )


def sampling_facts(sampling: Sampling) -> dict[str, Any]:
    """Return the same under the contract's names, for `effective`."""
    facts: dict[str, Any] = {
        "inference_steps": sampling.steps,
        "shift": sampling.shift,
        "guidance_scale": sampling.guidance_scale,
        "infer_method": sampling.method,
        "cfg_interval_start": sampling.guided_from,
        "cfg_interval_end": sampling.guided_to,
        "use_adg": sampling.by_angle,
        **({"trials": list(sampling.trials)} if sampling.trials else {}),
    }
    if len(sampling.adapters) == 1:
        [adapter] = sampling.adapters
        facts |= {"lora_name_or_path": adapter.name, "lora_weight": adapter.weight}
    elif sampling.adapters:
        facts["lora_name_or_path"] = ", ".join(f"{each.name}:{each.weight:g}" for each in sampling.adapters)
    return facts
