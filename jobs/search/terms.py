"""Parsing a search into terms: single words, and phrases in quotation marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from jobs.search.normalize import QUOTES, normalize

#: Of a longer search, only the longest terms are used.
MAX_TERMS = 32

#: A quotation mark opens a phrase where a word could begin; within a word it is part of it, as in צה"ל. An
#: unclosed phrase extends to the end: the user is still typing.
_TERM = re.compile(
    rf"[{QUOTES}](?P<phrase>[^{QUOTES}]*)(?:[{QUOTES}]|$)"
    r"|[‘‚](?P<single>[^‘’]*)[‘’](?!\w)"
    r"|(?P<word>\S+)"
)
_SENTENCE_MARKS = ",;:.!?、。"


class Term(NamedTuple):
    """One term. `text`: its normalized form, which is compared; `written`: as the searcher wrote it."""

    text: str
    written: str
    is_quoted: bool = False


def read_terms(query: str) -> list[Term]:
    """Return the terms of a search in the order written; empty if there is nothing to search for."""
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
    """Return the texts to search for, longest first, without those contained in another one."""
    kept: list[str] = []
    for text in sorted({term.text for term in terms}, key=lambda text: (-len(text), text)):
        if len(kept) < MAX_TERMS and not any(text in longer for longer in kept):
            kept.append(text)
    return tuple(kept)


def quoted(terms: Sequence[Term]) -> str:
    """Return the query that finds these terms exactly as written."""
    return " ".join(f'"{term.written.translate(_WITHOUT_QUOTES)}"' for term in terms)


_WITHOUT_QUOTES = {ord(mark): "" for mark in QUOTES}
