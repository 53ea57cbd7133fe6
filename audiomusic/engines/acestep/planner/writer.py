"""Writes an answer token by token: a scripted think block, free text, or audio codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch

from audiomusic.engines.acestep.planner.base import TokenSampling
from audiomusic.engines.acestep.planner.decoder import Decoder
from audiomusic.engines.acestep.planner.fields import Field, read_text
from audiomusic.engines.acestep.planner.sampling import draw, guide
from audiomusic.engines.acestep.planner.script import Forced, ScriptChoice, Step, TokenMasks
from audiomusic.engines.acestep.planner.vocabulary import TokenVocabulary

FORM_TOKENS = 128  # more than all field names and short words take
Tick = Callable[[float], None]  # share of this answer, 0..1; raises Cancelled


def part(tick: Tick, start: float, width: float) -> Tick:
    """Return a tick for a part of this answer, from share `start` on and `width` long."""
    return lambda share: tick(start + share * width)


def codes_of_takes(
    decoder: Decoder,
    vocabulary: TokenVocabulary,
    sampling: TokenSampling,
    rngs: Sequence[torch.Generator],
    count: int,
    tick: Tick,
) -> list[tuple[int, ...]]:
    """Sample `count` audio codes for each take, one token of all takes per step. The decoder's prompts are
    those of the takes followed, with guidance, by their negative prompts in the same order."""
    first, takes = vocabulary.first_code, len(rngs)
    said: list[list[int]] = [[] for _ in rngs]
    for done in range(count):
        tick(done / count)
        logits = decoder.logits(slice(first, first + vocabulary.code_count))
        places = [
            draw(guide(logits[row::takes], sampling.guidance), sampling, rng) for row, rng in enumerate(rngs)
        ]
        for codes, place in zip(said, places, strict=True):
            codes.append(place)
        decoder.write_each([first + place for place in places] * (len(logits) // takes))
    tick(1.0)
    return [tuple(codes) for codes in said]


class Prose(NamedTuple):
    text: str
    ended: bool  # by the model, not for lack of room


class Writer:
    """Writes one song's answer, with its own decoder, masks and generator."""

    def __init__(
        self,
        decoder: Decoder,
        vocabulary: TokenVocabulary,
        masks: TokenMasks,
        sampling: TokenSampling,
        rng: torch.Generator,
    ) -> None:
        self.decoder = decoder
        self.vocabulary = vocabulary
        self.masks = masks
        self.sampling = sampling
        self.rng = rng

    def think(self, steps: Sequence[Step], tick: Tick) -> dict[str, str]:
        """Write a think block. Returns the word of each field that was not forced."""
        words: dict[str, str] = {}
        for place, step in enumerate(steps):
            share = place / len(steps)
            tick(share)
            if isinstance(step, Forced):
                self.decoder.write(list(step.tokens))
            elif isinstance(step, ScriptChoice):
                words[step.field.name] = self._choose(step)
            else:
                words[step.field.name] = self._say(step.field, part(tick, share, 1 / len(steps)))
        return words

    def _choose(self, step: ScriptChoice) -> str:
        """Choose one word of the list; the model is only asked where the prefix tree branches."""
        sampling = replace(self.sampling, temperature=0) if step.field.greedy else self.sampling
        node, path = step.trie, []
        while node:
            ways = list(node)
            if len(ways) > 1:
                rows = torch.tensor(ways, device=self.decoder.device)
                token = ways[draw(self.decoder.logits(rows)[0], sampling, self.rng)]
            else:
                token = ways[0]
            self.decoder.write([token])
            path.append(token)
            node = node[token]
        return step.lines[tuple(path)]

    def _say(self, row: Field, tick: Tick) -> str:
        """Write free text up to a newline; a multi-line field continues with indented lines."""
        said: list[int] = []
        readable = fresh = False
        most = max(1, min(row.most_tokens, self.decoder.room - FORM_TOKENS))
        while len(said) < most:
            tick(len(said) / most)
            token = self._draw_text(self.masks.line if readable else self.masks.first)
            if fresh and not self.masks.indent[token]:
                break  # the model continues with its next field, which the script writes
            self.decoder.write([token])
            said.append(token)
            readable = readable or read_text(self.vocabulary.decode(said)) is not None
            fresh = self.vocabulary.texts[token].endswith("\n")
            if fresh and not row.many_lines:
                break
        if not fresh:
            self.decoder.write(self.vocabulary.encode("\n"))
        return self.vocabulary.decode(said)

    def prose(self, most_tokens: int, tick: Tick, marks: Sequence[int], ends: Sequence[int]) -> Prose:
        """Write free text, which may contain `marks`, until one of `ends` or `most_tokens`."""
        said: list[int] = []
        allowed = self.masks.prose.clone()
        allowed[[*marks, *ends]] = True
        most = min(most_tokens, self.decoder.room)
        while len(said) < most:
            tick(len(said) / most)
            token = self._draw_text(allowed)
            self.decoder.write([token])
            said.append(token)
            if token in ends:
                return Prose(self.vocabulary.decode(said), ended=True)
        return Prose(self.vocabulary.decode(said), ended=False)

    def _draw_text(self, mask: torch.Tensor) -> int:
        logits = self.decoder.logits(slice(0, self.vocabulary.first_code))[0]
        return draw(logits.masked_fill(~mask, -torch.inf), self.sampling, self.rng)

    def codes(self, least: int, most: int, tick: Tick) -> tuple[int, ...]:
        """Write at least `least` audio codes, then continue until the model ends its turn, up to `most`."""
        first, count = self.vocabulary.first_code, self.vocabulary.code_count
        end = torch.tensor([self.vocabulary.turn_end], device=self.decoder.device)
        said: list[int] = []
        while len(said) < most:
            tick(len(said) / most)
            logits = self.decoder.logits(slice(first, first + count))
            if len(said) >= least:
                logits = torch.cat([logits, self.decoder.logits(end)], dim=1)
            place = draw(guide(logits, self.sampling.guidance), self.sampling, self.rng)
            if place == count:
                break
            self.decoder.write([first + place])
            said.append(place)
        tick(1.0)
        return tuple(said)
