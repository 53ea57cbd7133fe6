"""The planner on ACE-Step 1.5's 5 Hz language model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from audiomusic.engines.acestep.planner import prompts
from audiomusic.engines.acestep.planner.answers import lyrics_text, make_answer, thought_words
from audiomusic.engines.acestep.planner.base import (
    CODES_A_SECOND,
    INSTRUMENTAL,
    PlanAnswer,
    PlannerError,
    PlanRequest,
    RoomError,
    TokenSampling,
)
from audiomusic.engines.acestep.planner.decoder import Decoder
from audiomusic.engines.acestep.planner.fields import (
    ANSWER_NAMES,
    FIELDS,
    MAX_CAPTION_TOKENS,
    given_words,
)
from audiomusic.engines.acestep.planner.sampling import generator
from audiomusic.engines.acestep.planner.script import Scripts
from audiomusic.engines.acestep.planner.static_cache import StaticCaches
from audiomusic.engines.acestep.planner.vocabulary import TokenVocabulary
from audiomusic.engines.acestep.planner.writer import FORM_TOKENS, Tick, Writer, codes_of_takes, part
from audiomusic.engines.base import Monitor, silent_monitor

METAS = ("bpm", "duration", "keyscale", "timesignature")
MAX_LYRICS_TOKENS = 2048  # the diffusion model's limit
THOUGHT_TOKENS = MAX_CAPTION_TOKENS + FORM_TOKENS
UNDERSTANDING = TokenSampling(temperature=0.3)
THINKING, CODING = 0, 1  # phases, each with its own random numbers
TAKES_AT_ONCE = 4
_THINKING_SHARE = 0.1  # of the duration of a plan with codes


class LanguageModelPlanner:
    """See `Planner`. One model serves any number of songs, each with its own cache and generator."""

    name = "ACE-Step 5 Hz language model"
    writes_codes = True

    def __init__(
        self,
        model: Any,
        vocabulary: TokenVocabulary,
        context_tokens: int,
        device: torch.device | None = None,
        *,
        records: bool = False,
    ) -> None:
        """`device`: where the model runs; None: where its weights are. `records`: it stays on a card, and its
        decoding step is captured as a CUDA graph."""
        self.model = model
        self.caches = StaticCaches(model, records=True) if records else None
        self.vocabulary = vocabulary
        self.context_tokens = context_tokens
        self.takes_at_once = TAKES_AT_ONCE
        self.scripts = Scripts(vocabulary, device or model.lm_head.weight.device)

    @torch.inference_mode()
    def plan(self, request: PlanRequest, monitor: Monitor | None = None) -> PlanAnswer:
        """See `Planner`. Writes the think block, if anything is open, then the codes, if requested."""
        monitor = monitor or silent_monitor()
        thinking = monitor
        if request.plan_codes:
            request = self._fit_codes(request)
            thinking = monitor.span(monitor.stage, 0.0, _THINKING_SHARE)
        given, problems = given_words(request)
        fields = _planned_fields(request, given)
        if set(fields) <= set(given):
            answer = make_answer(request, given=given, found={}, unread=problems)
        else:
            prompt = prompts.plan(request.caption, request.lyrics)
            answer = self._think(request, prompt, fields, given, problems, thinking.tick)
        if request.plan_codes:
            answer = self._with_codes(request, answer, monitor.span(monitor.stage, _THINKING_SHARE, 1.0))
        return answer

    @torch.inference_mode()
    def write_codes(
        self, request: PlanRequest, answer: PlanAnswer, monitor: Monitor | None = None
    ) -> tuple[int, ...]:
        """See `Planner`. Exactly as long as the answer's length; without one, until the model ends."""
        least, most = _code_counts(request, answer)
        tokens = [self._codes_prompt(request, answer, least)]
        if request.sampling.guidance != 1:
            tokens.append(self.vocabulary.encode(prompts.no_codes(request.sampling.negative_prompt)))
        writer = self._writer(tokens, request, CODING)
        room = writer.decoder.room
        if room < least:
            raise self._too_long(writer.decoder.length, least)
        return writer.codes(least, min(most, room), (monitor or silent_monitor()).tick)

    @torch.inference_mode()
    def write_takes(
        self, request: PlanRequest, answer: PlanAnswer, seeds: Sequence[int], monitor: Monitor | None = None
    ) -> list[tuple[int, ...]]:
        """See `Planner`. The takes are decoded in batches of a few."""
        monitor = monitor or silent_monitor()
        least, most = _code_counts(request, answer)
        if least != most or len(seeds) == 1:
            parts = _shares(monitor, len(seeds))
            return [
                self.write_codes(replace(request, seed=seed), answer, each)
                for seed, each in zip(seeds, parts, strict=True)
            ]
        size = self.takes_at_once
        groups = [seeds[start : start + size] for start in range(0, len(seeds), size)]
        made: list[tuple[int, ...]] = []
        for group, each in zip(groups, _shares(monitor, len(groups)), strict=True):
            made += self._rows(request, answer, group, least, each)
        return made

    def _rows(
        self, request: PlanRequest, answer: PlanAnswer, seeds: Sequence[int], count: int, monitor: Monitor
    ) -> list[tuple[int, ...]]:
        tokens = [self._codes_prompt(request, answer, count)] * len(seeds)
        if request.sampling.guidance != 1:
            negative = self.vocabulary.encode(prompts.no_codes(request.sampling.negative_prompt))
            tokens += [negative] * len(seeds)
        decoder = Decoder(self.model, tokens, self.vocabulary.pad, self.context_tokens, self.caches)
        if decoder.room < count:
            raise self._too_long(decoder.length, count)
        rngs = [generator(seed, CODING) for seed in seeds]
        return codes_of_takes(decoder, self.vocabulary, request.sampling, rngs, count, monitor.tick)

    def _codes_prompt(self, request: PlanRequest, answer: PlanAnswer, codes: int) -> list[int]:
        """Return the second phase's prompt, without the planned caption if the context has no room for it."""
        caption = request.caption or answer.caption
        lyrics = request.lyrics or answer.lyrics
        words = _answer_words(answer)
        if answer.caption == caption:
            del words["caption"]
        tokens = self.vocabulary.encode(prompts.codes(caption, lyrics, words))
        if len(tokens) + codes > self.context_tokens and "caption" in words:
            del words["caption"]
            tokens = self.vocabulary.encode(prompts.codes(caption, lyrics, words))
        return tokens

    @torch.inference_mode()
    def create(self, request: PlanRequest, monitor: Monitor | None = None) -> PlanAnswer:
        """See `Planner`. Keeps what the request gives besides the query, such as a language."""
        asked = replace(request, caption="", lyrics=INSTRUMENTAL if request.instrumental else "")
        return self._describe(asked, prompts.create(request.query, request.instrumental), monitor)

    @torch.inference_mode()
    def format(self, request: PlanRequest, monitor: Monitor | None = None) -> PlanAnswer:
        """See `Planner`. The lyrics of an instrumental are left unchanged."""
        lyrics = INSTRUMENTAL if request.instrumental else request.lyrics
        prompt = prompts.rewrite(request.caption, lyrics)
        return self._describe(replace(request, lyrics=lyrics), prompt, monitor)

    @torch.inference_mode()
    def understand(self, codes: Sequence[int], seed: int, monitor: Monitor | None = None) -> PlanAnswer:
        """See `Planner`. The length is counted, not guessed."""
        if not codes:
            raise PlannerError("there are no audio codes to understand")
        self.vocabulary.code_ids(codes)  # rejects invalid codes
        heard = PlanAnswer(codes=tuple(codes))
        request = PlanRequest(seed, duration_s=len(codes) / CODES_A_SECOND, sampling=UNDERSTANDING)
        answer = self._describe(request, prompts.understand(heard.code_text), monitor)
        return replace(answer, codes=heard.codes)

    def _describe(self, request: PlanRequest, prompt: str, monitor: Monitor | None) -> PlanAnswer:
        """Write a think block with every field, followed by lyrics unless the song is instrumental."""
        given, problems = given_words(request)
        tick = (monitor or silent_monitor()).tick
        return self._think(request, prompt, tuple(FIELDS), given, problems, tick, sings=True)

    def _think(
        self,
        request: PlanRequest,
        prompt: str,
        fields: tuple[str, ...],
        given: Mapping[str, str],
        problems: Mapping[str, str],
        tick: Tick,
        sings: bool = False,
    ) -> PlanAnswer:
        """Write one answer, either constrained to its form, or free and then parsed as far as possible."""
        sings = sings and request.lyrics != INSTRUMENTAL
        writer = self._writer([self.vocabulary.encode(prompt)], request, THINKING)
        share = 0.5 if sings else 1.0
        if request.constrained:
            steps = self.scripts.think_block(request, fields, given)
            found = writer.think(steps, part(tick, 0, share))
            said = prompts.THINK_END
        else:
            marks = self.vocabulary.encode(prompts.THINK)
            ends = [self.vocabulary.think_end, self.vocabulary.turn_end]
            said = writer.prose(THOUGHT_TOKENS, part(tick, 0, share), marks, ends).text
            found = thought_words(said)
        asked = tuple(name for name in fields if name not in given)
        answer = make_answer(request, given=given, found=found, asked=asked, unread=problems)
        if not sings:
            return answer
        # If the free thought broke off, no lyrics can follow it.
        if prompts.THINK_END not in said:
            return replace(answer, unread={**answer.unread, "lyrics": "the language model wrote none"})
        return self._sing(answer, writer, part(tick, share, 1 - share))

    def _sing(self, answer: PlanAnswer, writer: Writer, tick: Tick) -> PlanAnswer:
        """Return the answer with the lyrics that follow its think block."""
        prose = writer.prose(MAX_LYRICS_TOKENS, tick, (), [self.vocabulary.turn_end])
        lyrics = lyrics_text(prompts.THINK_END + prose.text)
        unread = dict(answer.unread)
        if not prose.ended and "\n" in lyrics:
            lyrics = lyrics.rpartition("\n")[0].rstrip()
            unread["lyrics"] = (
                "they were cut at a whole line: the language model did not end them in its room"
            )
        if not lyrics:
            unread["lyrics"] = "the language model wrote none"
            return replace(answer, unread=unread)
        return replace(answer, lyrics=lyrics, found=(*answer.found, "lyrics"), unread=unread)

    def _with_codes(self, request: PlanRequest, answer: PlanAnswer, monitor: Monitor) -> PlanAnswer:
        codes = self.write_codes(request, answer, monitor)
        length_s = len(codes) / CODES_A_SECOND if answer.duration_s is None else answer.duration_s
        return replace(answer, codes=codes, duration_s=length_s)

    def _fit_codes(self, request: PlanRequest) -> PlanRequest:
        """Limit a length that is to be planned to what fits into the context; reject a given one that does
        not."""
        text = len(self.vocabulary.encode(prompts.codes(request.caption, request.lyrics, {}))) + FORM_TOKENS
        room_s = (self.context_tokens - text) / CODES_A_SECOND
        needed_s = request.duration_s or min(request.min_duration_s, request.max_duration_s)
        if needed_s > room_s:
            raise self._too_long(text, round(needed_s * CODES_A_SECOND))
        return replace(request, max_duration_s=min(request.max_duration_s, room_s))

    def _too_long(self, text: int, codes: int) -> RoomError:
        return RoomError(
            f"the language model holds at most {self.context_tokens} tokens, and this song needs {text} for"
            f" its text and {codes} for {codes / CODES_A_SECOND:g} s of audio codes: shorten the lyrics or"
            " the song, or plan it without codes"
        )

    def _writer(self, tokens: list[list[int]], request: PlanRequest, phase: int) -> Writer:
        decoder = Decoder(self.model, tokens, self.vocabulary.pad, self.context_tokens, self.caches)
        rng = generator(request.seed, phase)
        return Writer(decoder, self.vocabulary, self.scripts.masks, request.sampling, rng)


def _shares(monitor: Monitor, count: int) -> list[Monitor]:
    return [monitor.span(monitor.stage, place / count, (place + 1) / count) for place in range(count)]


def _planned_fields(request: PlanRequest, given: Mapping[str, str]) -> tuple[str, ...]:
    """Return the fields that the first phase writes. Without metas it is skipped: the model was not trained
    on think blocks without them."""
    if not request.plan_metas:
        return ()
    caption = ("caption",) if request.plan_caption else ()
    language = ("language",) if request.plan_language or "language" in given else ()
    return (*METAS, *caption, *language)


def _answer_words(answer: PlanAnswer) -> dict[str, str]:
    """Return an answer as the think block that codes follow."""
    words = {"caption": answer.caption}
    for name in (*METAS, "language"):
        value = getattr(answer, ANSWER_NAMES.get(name, name))
        if value is not None:
            words[name] = FIELDS[name].word(value) or str(value)
    return words


def _code_counts(request: PlanRequest, answer: PlanAnswer) -> tuple[int, int]:
    """Return the minimum and maximum number of codes."""
    if answer.duration_s is not None:
        exact = max(1, round(answer.duration_s * CODES_A_SECOND))
        return exact, exact
    most = int(request.max_duration_s * CODES_A_SECOND)
    return min(most, int(request.min_duration_s * CODES_A_SECOND)), most
