"""Drafting: plan a song as its worker would, and find the request that makes it.

Planning belongs to the studio engine, is fast and imports no torch, so the web process does it itself. It
plans twice: first the wish, then the request that it returns. It reports the second plan, which is therefore
accurate whatever the request omits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict, cast

from audiomusic.engines.base import BUILT_IN_WRITER, SongRequest
from audiomusic.engines.captions.reader import read_wishes
from audiomusic.engines.language_model.filling import needs_words
from audiomusic.engines.lyrics.pasted import read_pasted
from audiomusic.engines.registry import find_engine
from audiomusic.engines.studio.plan import Plan, make_plan
from audiomusic.engines.theory import METRE_NAMES
from jobs.drafts.readings import UnderstoodBody, understood_bodies
from jobs.specs.build import apply_preset, build_song_request
from jobs.specs.params import GenerationParams
from jobs.specs.spelling import LANGUAGES

ENGINE = "studio"


class DraftedRequestBody(TypedDict):
    """A body for `POST /api/v1/music/text2music`. Sent unchanged, it makes the song of the draft."""

    caption: str
    lyrics: NotRequired[str]
    instrumental: NotRequired[bool]
    display_name: str
    bpm: float
    keyscale: str
    timesignature: NotRequired[str]
    vocal_language: NotRequired[str]
    duration: NotRequired[float]
    genre_preset: NotRequired[str]
    seed: int


@dataclass(frozen=True)
class SongDraft:
    """A planned song, and the request that makes it."""

    request: DraftedRequestBody
    plan: Plan
    understood: list[UnderstoodBody]
    not_understood: list[str]
    not_applied: dict[str, str]
    written_by: str | None  # who wrote the lyrics; None if they were sent, or no one sings


def song_request_of(wishes: GenerationParams) -> SongRequest:
    """Return the request to the studio for these wishes."""
    task = "simple" if wishes.get("query") else "text2music"
    return build_song_request(task, apply_preset(wishes), find_engine(ENGINE))


def draft_make(*, wishes: GenerationParams, request: SongRequest, notes: Mapping[str, str]) -> SongDraft:
    """Plan the song of `request`, which is the engine request of `wishes`, and find the request that makes
    it. `notes`: what is already known not to apply."""
    seed = request.seeds[0]
    plan = make_plan(request, seed)
    body, made = _with_shape_of(plan, _body(plan, wishes, seed), is_asked="duration_s" in wishes)
    not_applied = {**plan.not_applied, **_unsung(made), **notes}
    return SongDraft(
        request=body,
        plan=made,
        understood=understood_bodies(read_wishes(request.query or request.caption)),
        not_understood=list(plan.not_understood),
        not_applied=not_applied,
        written_by=_writer(request),
    )


def _writer(request: SongRequest) -> str | None:
    if not needs_words(request):
        return None
    return (request.written or BUILT_IN_WRITER)["by"]


def _body(plan: Plan, wishes: GenerationParams, seed: int) -> DraftedRequestBody:
    body: dict[str, Any] = {
        "caption": plan.caption,
        "lyrics": _lyrics(plan, wishes),
        "instrumental": not plan.lyrics.strip(),
        "display_name": plan.title,
        "bpm": plan.bpm,
        "keyscale": plan.key.name,
        # The caption, which is sent too, says what no parameter can.
        "timesignature": plan.metre.name if plan.metre.name in METRE_NAMES else None,
        "vocal_language": plan.language if plan.language in LANGUAGES else None,
        "duration": plan.duration_s,
        "genre_preset": wishes.get("genre"),
        "seed": seed,
    }
    kept = {name: value for name, value in body.items() if value not in (None, "", False)}
    return cast(DraftedRequestBody, kept | {"seed": seed})  # a seed of 0 is valid too


def _lyrics(plan: Plan, wishes: GenerationParams) -> str:
    """Return the lyrics as sung; or as sent, if parsing them again would change them."""
    sent, read = wishes.get("lyrics", ""), read_pasted(plan.lyrics)
    is_stable = read.text == plan.lyrics and read.sections == read_pasted(sent).sections
    return sent if sent and plan.lyrics and not is_stable else plan.lyrics


def _planned(body: DraftedRequestBody) -> Plan:
    """Return the plan of the request, as its worker will make it."""
    names = {"duration": "duration_s", "genre_preset": "genre"}
    wishes = {names.get(name, name): value for name, value in body.items()}
    if read_pasted(body.get("lyrics", "")).is_form:
        wishes["instrumental"] = True
    request = song_request_of(cast(GenerationParams, wishes))
    return make_plan(request, body["seed"])


def _with_shape_of(
    plan: Plan, body: DraftedRequestBody, *, is_asked: bool
) -> tuple[DraftedRequestBody, Plan]:
    """Return the body with its plan. Omit an unrequested duration if stating it would change the bars and
    omitting it would not."""
    made = _planned(body)
    if is_asked or _shape(made) == _shape(plan):
        return body, made
    shorter = cast(DraftedRequestBody, {name: value for name, value in body.items() if name != "duration"})
    other = _planned(shorter)
    return (shorter, other) if _shape(other) == _shape(plan) else (body, made)


def _shape(plan: Plan) -> tuple[Any, ...]:
    return plan.metre, plan.sections, plan.duration_s


def _unsung(plan: Plan) -> dict[str, str]:
    return {name: reason for name, reason in plan.not_applied.items() if name == "lyrics"}
