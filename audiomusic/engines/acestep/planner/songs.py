"""Turns a job's request into a planned song: selects the planner's answer and fills in what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from audiomusic.engines.acestep.planner.base import (
    INSTRUMENTAL,
    PlanAnswer,
    Planner,
    PlanRequest,
    RoomError,
    TokenSampling,
)
from audiomusic.engines.base import Kind, Monitor, SongRequest
from audiomusic.engines.lyrics.pasted import read_pasted
from audiomusic.engines.studio.lyric_settings import with_lyric_settings
from audiomusic.engines.studio.lyrics import parse_lyrics
from audiomusic.engines.studio.plan import Plan, make_plan
from audiomusic.engines.studio.titles import song_title

#: How simple mode names a kind of music that the query does not name.
KIND_WORDS: Mapping[Kind, str] = {"rap": "rap", "vocals": "a cappella vocals", "samples": "short sample"}
SILENT_KINDS = ("instrumental", "samples")
_SHARE = 0.3  # of the duration: words and metas; the rest is for the takes' codes
#: The fields of `TokenSampling` -> the language model's options.
SAMPLING_OPTIONS = {
    "temperature": "lm_temperature",
    "top_k": "lm_top_k",
    "top_p": "lm_top_p",
    "guidance": "lm_cfg_scale",
    "negative_prompt": "lm_negative_prompt",
}
#: Options that only affect the codes.
CODE_OPTIONS = ("lm_cfg_scale", "lm_negative_prompt")
NO_CODES = "it steers audio codes, and none are made for this job"
#: Options for fields that the model writes between the metas.
BESIDE_METAS = ("use_cot_caption", "use_cot_language")
NO_METAS = "the language model writes this only together with tempo and key, and use_cot_metas is off"
ALL_GIVEN = "length, tempo, key and metre are all given, and then the language model adds nothing to the song"
#: The fields of a plan -> the contract's names.
PARAMETERS = {"language": "vocal_language"}


@dataclass(frozen=True)
class PlannedSong:
    """A planned song, in the contract's terms. What is None is left to the diffusion model."""

    caption: str
    lyrics: str  # empty if instrumental
    duration_s: float
    bpm: float | None = None
    keyscale: str | None = None
    timesignature: str | None = None
    language: str | None = None
    title: str | None = None
    codes: tuple[str, ...] = ()  # the codes of each take, if any
    not_applied: Mapping[str, str] = field(default_factory=dict)


class LanguageModelSongs:
    """Plans a job's song with a planner. The studio's planner decides what that leaves open."""

    def __init__(
        self,
        planner: Planner,
        *,
        codes: bool = True,
        at_work: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """`codes`: whether the diffusion model can follow audio codes. `at_work`: a context in which the
        language model can be used."""
        self.planner = planner
        self.codes = codes and planner.writes_codes
        self._at_work = at_work

    def plan_song(self, request: SongRequest, monitor: Monitor, *, codes: bool = True) -> PlannedSong:
        """Plan the song; the same request gives the same song. `codes=False` if it follows a source anyway.

        Raises Cancelled, or PlannerError with a message for the user.
        """
        with self._at_work():
            return self._plan_song(request, monitor, codes)

    @contextmanager
    def listening(self) -> Iterator[Planner]:
        """Yield the language model, to describe audio."""
        with self._at_work():
            yield self.planner

    def _plan_song(self, request: SongRequest, monitor: Monitor, codes: bool) -> PlannedSong:
        thinking = bool(request.options.get("thinking", True))
        codes = codes and self.codes and thinking
        titled = read_pasted(request.lyrics).settings.title
        request, notes = with_lyric_settings(request)
        request = replace(request, lyrics=read_pasted(request.lyrics).text)
        studio = make_plan(request, request.seeds[0])
        plan_request = _plan_request(request, studio)
        notes |= _unused(request, codes)
        try:
            answer = self._answer(
                request, plan_request, monitor.span(monitor.stage, 0.0, _SHARE if codes else 1.0)
            )
        except RoomError as error:
            answer, codes = PlanAnswer(caption=plan_request.caption, lyrics=plan_request.lyrics), False
            notes["thinking"] = str(error)
        song = _song(request, answer, studio, notes, titled)
        if not codes:
            return song
        try:
            return replace(song, codes=self._codes(request, plan_request, answer, song, monitor))
        except RoomError as error:
            return replace(song, not_applied={**song.not_applied, "thinking": str(error)})

    def _answer(self, request: SongRequest, plan_request: PlanRequest, monitor: Monitor) -> PlanAnswer:
        """Use simple mode if words are wanted, `format` if a rewrite was requested, otherwise `plan`."""
        if not _is_written(request):
            return self.planner.plan(plan_request, monitor)
        if request.query or request.write_lyrics:
            return self.planner.create(plan_request, monitor)
        return self.planner.format(plan_request, monitor)

    def _codes(
        self,
        request: SongRequest,
        plan_request: PlanRequest,
        answer: PlanAnswer,
        song: PlannedSong,
        monitor: Monitor,
    ) -> tuple[str, ...]:
        """Return each take's codes, for the song as it will be generated."""
        answer = replace(
            answer,
            caption=song.caption,
            duration_s=song.duration_s,
            bpm=round(song.bpm) if song.bpm else None,
            keyscale=song.keyscale,
            timesignature=song.timesignature,
        )
        words = replace(
            plan_request, caption=request.caption or song.caption, lyrics=song.lyrics or INSTRUMENTAL
        )
        part = monitor.span(monitor.stage, _SHARE, 1.0)
        takes = self.planner.write_takes(words, answer, request.seeds, part)
        return tuple(replace(answer, codes=codes).code_text for codes in takes)


def _is_written(request: SongRequest) -> bool:
    """Return whether the language model writes the lyrics, and with them everything else."""
    if request.kind in SILENT_KINDS:
        return bool(request.query)
    rewrites = bool(request.options.get("use_cot_lyrics") and request.lyrics.strip())
    return bool(request.query) or request.write_lyrics or rewrites


def _is_all_given(request: SongRequest) -> bool:
    """Return whether nothing is left to plan; as in ACE-Step itself, the caption then stays unchanged too."""
    facts = (request.duration_s, request.bpm, request.keyscale, request.timesignature)
    return all(facts) and not _is_written(request)


def _plan_request(request: SongRequest, studio: Plan) -> PlanRequest:
    """Convert the job's request to the planner's."""
    options = request.options
    silent = request.kind in SILENT_KINDS
    sample = request.kind == "samples"
    is_open = not _is_all_given(request)
    chosen = {name: options[option] for name, option in SAMPLING_OPTIONS.items() if option in options}
    return PlanRequest(
        seed=request.seeds[0],
        caption=request.caption,
        lyrics=request.lyrics if request.lyrics.strip() and not silent else INSTRUMENTAL,
        query=_query(request),
        instrumental=silent,
        bpm=request.bpm,
        # The model knows songs; the studio counts how many bars a loop needs.
        duration_s=request.duration_s or (studio.duration_s if sample else None),
        keyscale=request.keyscale,
        language=request.vocal_language,
        timesignature=request.timesignature,
        max_duration_s=request.max_duration_s,
        plan_metas=bool(options.get("use_cot_metas", True)),
        plan_caption=is_open and bool(options.get("use_cot_caption", True)),
        plan_language=is_open and bool(options.get("use_cot_language", True)) and not silent,
        constrained=bool(options.get("use_constrained_decoding", True)),
        sampling=TokenSampling(**chosen),
    )


def _query(request: SongRequest) -> str:
    """Return the query for simple mode: the request's query, or the caption for which lyrics are wanted."""
    query = request.query or request.caption
    word = KIND_WORDS.get(request.kind, "")
    return query if word.casefold() in query.casefold() else f"{query}, {word}"


def _unused(request: SongRequest, codes: bool) -> dict[str, str]:
    """Return notes on requested options that have no effect."""
    options = request.options
    notes: dict[str, str] = {}
    if not codes:
        notes |= {name: NO_CODES for name in CODE_OPTIONS if name in options}
    if not options.get("use_cot_metas", True):
        notes |= {name: NO_METAS for name in BESIDE_METAS if options.get(name)}
    elif _is_all_given(request):
        notes |= {name: ALL_GIVEN for name in BESIDE_METAS if options.get(name)}
    return notes


def _song(
    request: SongRequest, answer: PlanAnswer, studio: Plan, notes: Mapping[str, str], titled: str
) -> PlannedSong:
    """Combine the request's values, then the planner's, then the studio's."""
    keeps_caption = bool(request.caption) and not request.options.get("use_cot_caption", True)
    caption = request.caption if keeps_caption else answer.caption or studio.caption
    lyrics = "" if answer.lyrics == INSTRUMENTAL else answer.lyrics
    if request.kind in SILENT_KINDS:
        lyrics = ""
    elif not lyrics and (request.query or request.write_lyrics):
        lyrics = studio.lyrics
    values: dict[str, Any] = {}
    if request.options.get("use_cot_metas", True):
        values = {
            "bpm": answer.bpm or studio.bpm,
            "keyscale": answer.keyscale or studio.key.name,
            "timesignature": answer.timesignature or studio.metre.name,
        }
    given = {name: getattr(request, name) for name in ("bpm", "keyscale", "timesignature")}
    values |= {name: value for name, value in given.items() if value}
    return PlannedSong(
        caption=caption,
        lyrics=lyrics,
        duration_s=min(request.duration_s or answer.duration_s or studio.duration_s, request.max_duration_s),
        language=request.vocal_language or answer.language or studio.language,
        title=titled or song_title(caption, parse_lyrics(lyrics)),
        not_applied={**{PARAMETERS.get(name, name): why for name, why in answer.unread.items()}, **notes},
        **values,
    )
