"""The tokenizer's vocabulary: audio codes, the chat's special tokens, and the plain-text tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from audiomusic.engines.acestep.planner.base import PlannerError
from audiomusic.engines.acestep.planner.prompts import THINK, THINK_END, TURN_END, TURN_START

CODEBOOK_SIZE = 64_000  # 8·8·8·5·5·5 levels of the audio tokenizer; the model's table has more
FEWEST_TOKENS = 100
MARKS = ("<|endoftext|>", TURN_START, TURN_END, THINK, THINK_END)
_CODE = re.compile(r"<\|audio_code_(\d+)\|>")
# Otherwise some tokenizers would drop special tokens, or the space before a full stop.
_VERBATIM = {"skip_special_tokens": False, "clean_up_tokenization_spaces": False}

Trie = Mapping[int, "Trie"]


class VocabularyError(PlannerError):
    """The tokenizer does not belong to this model."""


@dataclass(frozen=True)
class TokenVocabulary:
    """A tokenizer, and the range of ids of its audio codes. Text has the ids below `first_code`."""

    tokenizer: Any
    first_code: int
    code_count: int
    pad: int
    turn_end: int
    think_end: int

    def encode(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False)
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        text: str = self.tokenizer.decode(list(ids), **_VERBATIM)
        return text

    def code_ids(self, codes: Iterable[int]) -> list[int]:
        """Return the ids of audio codes. Raises PlannerError for one that is not in the codebook."""
        ids = list(codes)
        wrong = [code for code in ids if not 0 <= code < self.code_count]
        if wrong:
            raise PlannerError(f"audio codes: wanted 0 to {self.code_count - 1}, got {wrong[0]}")
        return [self.first_code + code for code in ids]

    @cached_property
    def texts(self) -> list[str]:
        """The text of every text token. Takes a second for the real vocabulary, so it is cached."""
        return list(self.tokenizer.batch_decode([[token] for token in range(self.first_code)], **_VERBATIM))

    @cached_property
    def marks(self) -> frozenset[int]:
        """Tokens that are not text: those added to the byte pairs."""
        return frozenset(token for token in self.tokenizer.added_tokens_decoder if token < self.first_code)


def read_vocabulary(tokenizer: Any) -> TokenVocabulary:
    """Return the vocabulary of a loaded tokenizer. Raises VocabularyError naming what it lacks."""
    if len(tokenizer) <= FEWEST_TOKENS:
        raise VocabularyError(
            f"the planner's tokenizer has {len(tokenizer)} token(s), wanted more than {FEWEST_TOKENS}:"
            " its files are missing or cut short"
        )
    names: dict[str, int] = tokenizer.get_vocab()
    missing = [mark for mark in MARKS if mark not in names or tokenizer.encode(mark) != [names[mark]]]
    if missing:
        raise VocabularyError(f"the planner's tokenizer lacks the special token(s) {', '.join(missing)}")
    codes = {int(match[1]): token for name, token in names.items() if (match := _CODE.fullmatch(name))}
    if not codes:
        raise VocabularyError("the planner's tokenizer has no audio codes: this is another language model")
    first = codes.get(0, -1)
    if sorted(codes.items()) != [(code, first + code) for code in range(len(codes))]:
        raise VocabularyError("the planner's tokenizer numbers its audio codes with gaps, wanted one range")
    if max(names[mark] for mark in MARKS) > first:
        raise VocabularyError("the planner's tokenizer has special tokens behind its audio codes")
    return TokenVocabulary(
        tokenizer=tokenizer,
        first_code=first,
        code_count=min(len(codes), CODEBOOK_SIZE),
        pad=names["<|endoftext|>"],
        turn_end=names[TURN_END],
        think_end=names[THINK_END],
    )


def build_trie(sequences: Iterable[Iterable[int]]) -> Trie:
    """Build a prefix tree of token ids; a leaf is an empty node."""
    root: dict[int, Any] = {}
    for sequence in sequences:
        node = root
        for token in sequence:
            node = node.setdefault(token, {})
    return root
