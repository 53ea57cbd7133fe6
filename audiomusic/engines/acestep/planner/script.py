"""The form of an answer as a script of steps: forced tokens, choices from a list, and free text.

A list's options are whole lines, tokenised as in training ("keyscale: G major" and a newline), in a prefix
tree: the tokenizer may split them in any way, and no option is a prefix of another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import torch

from audiomusic.engines.acestep.planner.base import PlanRequest
from audiomusic.engines.acestep.planner.fields import FIELDS, Field
from audiomusic.engines.acestep.planner.prompts import THINK, THINK_END, plain
from audiomusic.engines.acestep.planner.vocabulary import TokenVocabulary, Trie, build_trie


@dataclass(frozen=True)
class Forced:
    """Tokens that are written without asking the model."""

    tokens: tuple[int, ...]


@dataclass(frozen=True)
class ScriptChoice:
    """A choice of one line from a list. `lines` maps a path through the tree to its word."""

    field: Field
    trie: Trie
    lines: Mapping[tuple[int, ...], str]


@dataclass(frozen=True)
class Words:
    """A free-text field: up to a newline, or with indented lines after it."""

    field: Field


Step = Forced | ScriptChoice | Words


@dataclass(frozen=True)
class TokenMasks:
    """The text tokens that are allowed in each position. All bool [first_code]."""

    first: torch.Tensor  # starts a field: readable text
    line: torch.Tensor  # within a line, or ends it
    newline: torch.Tensor  # ends a line
    indent: torch.Tensor  # starts a continuation line
    prose: torch.Tensor  # lyrics: any text


@dataclass
class Scripts:
    """Builds scripts for one vocabulary; lists are tokenised only once."""

    vocabulary: TokenVocabulary
    device: torch.device | str = "cpu"  # of the masks
    _lines: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def think_block(
        self, request: PlanRequest, fields: tuple[str, ...], given: Mapping[str, str]
    ) -> list[Step]:
        """Return the steps of a think block with these fields, in the model's order; `given` words are
        forced."""
        steps: list[Step] = [self._forced(f"{THINK}\n")]
        for name, row in FIELDS.items():
            if name not in fields:
                continue
            if name in given:
                steps.append(Forced(self._line(f"{name}: {plain(given[name])}\n")))
            elif row.values is None:
                steps += [self._forced(f"{name}:"), Words(row)]
            else:
                steps.append(self._choice(row, request))
        return [*steps, self._forced(THINK_END)]

    def _forced(self, text: str) -> Forced:
        return Forced(tuple(self.vocabulary.encode(text)))

    def _line(self, text: str) -> tuple[int, ...]:
        if text not in self._lines:
            self._lines[text] = tuple(self.vocabulary.encode(text))
        return self._lines[text]

    def _choice(self, row: Field, request: PlanRequest) -> ScriptChoice:
        assert row.values is not None
        lines = {self._line(f"{row.name}: {word}\n"): word for word in row.values(request)}
        return ScriptChoice(row, build_trie(lines), lines)

    @cached_property
    def masks(self) -> TokenMasks:
        """The masks of this vocabulary; none allows backticks, special tokens or audio codes."""
        texts, marks = self.vocabulary.texts, self.vocabulary.marks

        def mask(rule: Callable[[str], bool]) -> torch.Tensor:
            allowed = [token not in marks and rule(text) for token, text in enumerate(texts)]
            return torch.tensor(allowed, device=self.device)

        newline = mask(lambda text: text == "\n")
        line = mask(lambda text: bool(text) and "`" not in text and _one_line(text))
        return TokenMasks(
            first=line & mask(lambda text: "\n" not in text),
            line=line,
            newline=newline,
            indent=line & mask(lambda text: text.startswith(" ")),
            prose=mask(lambda text: "`" not in text),
        )


def _one_line(text: str) -> bool:
    """Return whether there is no newline, or only one at the very end."""
    return "\n" not in text[:-1] and "\r" not in text
