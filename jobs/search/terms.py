"""What a search looks for: its words, each by itself, and its phrases, which stand in quotation marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from jobs.search.normalize import QUOTES, normalize

#: Of a longer search the longest words are looked for.
MAX_TERMS = 32

#: A quotation mark opens a phrase where a word could begin; within a word it is a letter's neighbour, as in
#: צה"ל. One that is never closed reaches to the end: somebody is still typing.
_TERM = re.compile(
    rf"[{QUOTES}](?P<phrase>[^{QUOTES}]*)(?:[{QUOTES}]|$)"
    r"|[‘‚](?P<single>[^‘’]*)[‘’](?!\w)"
    r"|(?P<word>\S+)"
)
_SENTENCE_MARKS = ",;:.!?、。"


class Term(NamedTuple):
    """`text`: what the texts are compared with; `written`: how the searcher wrote it."""

    text: str
    written: str
    is_quoted: bool = False


def read_terms(query: str) -> list[Term]:
    """The terms of a search in the order in which they were written. None: there is nothing to look for."""
    terms = []
    for match in _TERM.finditer(query):
        phrase = match["phrase"] if match["phrase"] is not None else match["single"]
        if phrase is not None:
            terms.append(Term(normalize(phrase), " ".join(phrase.split()), is_quoted=True))
        else:
            word = match["word"].rstrip(_SENTENCE_MARKS) or match["word"]
            folded = normalize(word)
            terms.append(Term(folded.rstrip(_SENTENCE_MARKS) or folded, word))
    return [term for term in terms if term.text]


def needed_texts(terms: Iterable[Term]) -> tuple[str, ...]:
    """What must be looked for: without what stands in another term, the longest first."""
    kept: list[str] = []
    for text in sorted({term.text for term in terms}, key=lambda text: (-len(text), text)):
        if len(kept) < MAX_TERMS and not any(text in longer for longer in kept):
            kept.append(text)
    return tuple(kept)


def quoted(terms: Sequence[Term]) -> str:
    """The search that finds these terms as they are written, and nothing like them."""
    return " ".join(f'"{term.written.translate(_WITHOUT_QUOTES)}"' for term in terms)


_WITHOUT_QUOTES = {ord(mark): "" for mark in QUOTES}
