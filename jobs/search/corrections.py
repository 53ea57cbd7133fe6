"""Spelling correction for search words that no text holds: one letter missing, added, changed or swapped.

The dictionary is the words of the searcher's own texts (SearchWord), so a word of another user never shows.
All spellings one letter away are looked up at once by its index: about 450 for eight letters. Groups of three
letters (pg_trgm, FTS5) would not work: a word of four letters shares none with its swaps. A table of
deletions would need about ten rows per word.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from django.db import connection
from django.db.models.expressions import RawSQL

from audiomusic.accounts.models import User
from jobs.models import SearchWord
from jobs.search.normalize import normalize, words_of
from jobs.search.terms import Term, needed_texts, quoted

MIN_LETTERS, MAX_LETTERS = 4, 24  # of a word that can be corrected
MAX_QUERY_CHARS = 200  # of a search in which words are corrected
MAX_WRONG = 3  # misspelled words per search
MAX_TRIED = 6  # spellings tried per word
MAX_OTHERS = 6  # other words per search

ALPHABET_SIZE = 256  # code points of a block, which roughly holds one script

_PRINTABLE = "".join(sign for sign in map(chr, range(0x20, 0x7F)) if sign != "%")

Holds = Callable[[Sequence[str]], bool]


class Replaced(NamedTuple):
    written: str
    found: str


@dataclass(frozen=True)
class Correction:
    """The terms that were searched for, and the words found in their place."""

    terms: Sequence[Term]  # as written
    replaced: Sequence[Replaced]

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts that are searched for now."""
        return needed_texts(self._corrected_terms)

    @property
    def written(self) -> str:
        return " ".join(_shown(term) for term in self.terms)

    @property
    def found(self) -> str:
        return " ".join(_shown(term) for term in self._corrected_terms)

    @property
    def sentence(self) -> str:
        """The correction as a sentence: which words were not found, and which were found instead."""
        missing, present = (
            ", ".join(f"“{word}”" for word in words) for words in zip(*self.replaced, strict=True)
        )
        return f"No song has {missing}. These have {present}."

    @property
    def header(self) -> str:
        """The correction for programs: printable ASCII, anything else percent-encoded as UTF-8."""
        return quote(f"{self.written} -> {self.found}", safe=_PRINTABLE)

    @property
    def exact_query(self) -> str:
        """The query that finds only what was written."""
        return quoted(self.terms)

    @property
    def _corrected_terms(self) -> list[Term]:
        new = dict(self.replaced)
        return [
            Term(new[term.written], new[term.written]) if not term.is_quoted and term.written in new else term
            for term in self.terms
        ]


def _shown(term: Term) -> str:
    return f'"{term.written}"' if term.is_quoted else term.written


def correct(terms: Sequence[Term], user: User | None, holds: Holds) -> Correction | None:
    """Correct the unknown words of a search that finds nothing; return None if the corrected search finds
    nothing either. `user`: whose words are the dictionary; None: all users'. `holds`: whether any text holds
    all the given terms."""
    if sum(len(term.written) + 1 for term in terms) > MAX_QUERY_CHARS:
        return None
    wrong = [term for term in dict.fromkeys(terms) if _can_be_wrong(term)]
    if len(terms) > 1:
        if len(wrong) > MAX_OTHERS:
            return None
        wrong = [term for term in wrong if not holds([term.text])]
    if not 0 < len(wrong) <= MAX_WRONG:
        return None
    known = [term.text for term in terms if term not in wrong]
    replaced = []
    for term in wrong:
        found = next((each for each in _spellings(term.text, user) if holds([*known, each])), None)
        if found is None:
            return None
        known.append(found)
        replaced.append(Replaced(term.written, found))
    return Correction(terms, replaced)


def _can_be_wrong(term: Term) -> bool:
    return not term.is_quoted and any(_is_correctable(word) for word in words_of(term.text))


def _is_correctable(word: str) -> bool:
    return MIN_LETTERS <= len(word) <= MAX_LETTERS and not any(sign.isdigit() for sign in word)


def _spellings(text: str, user: User | None) -> list[str]:
    """Return the term with one of its words replaced by a dictionary word, most likely first."""
    found = []
    for word in filter(_is_correctable, words_of(text)):
        likeness = dict(_one_letter_away(word))
        likeness.pop(word, None)
        for known in _known(list(likeness), user):
            found.append((likeness[known], known, text.replace(word, known, 1)))
    return [spelling for *_, spelling in sorted(found)][:MAX_TRIED]


def _known(words: Sequence[str], user: User | None) -> set[str]:
    sql = {
        "postgresql": "SELECT jsonb_array_elements_text(%s::jsonb)",
        "sqlite": "SELECT value FROM json_each(%s)",
    }[connection.vendor]
    listed = RawSQL(sql, [json.dumps(words, ensure_ascii=False)])
    rows = SearchWord.objects.filter(word__in=listed)
    if user is not None:
        rows = rows.filter(user=user)
    return set(rows.values_list("word", flat=True).distinct())


def _one_letter_away(word: str) -> Iterator[tuple[str, int]]:
    """Yield (spelling, cost). Swapped or doubled letters are the most common mistake, a different first
    letter the rarest. The cheapest come last, so that a dict of the pairs keeps them."""
    letters = sorted(set().union(*(_alphabet(ord(letter) // ALPHABET_SIZE) for letter in word)))
    for place in range(len(word)):
        before, after = word[:place], word[place + 1 :]
        yield from ((before + letter + after, 4 if place else 6) for letter in letters)
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        yield from ((before + letter + after, 3 if place else 5) for letter in letters)
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :], 3 if place else 5
    for place in range(len(word) - 1):
        one, other = word[place], word[place + 1]
        yield word[:place] + other + one + word[place + 2 :], 1 if place else 2
        if one == other:
            yield word[:place] + word[place + 1 :], 1
    for place in range(len(word)):
        yield word[:place] + word[place] + word[place:], 2


@lru_cache(maxsize=64)
def _alphabet(block: int) -> frozenset[str]:
    """Return the letters of a block of code points, normalized; none for scripts with a sign per syllable or
    word."""
    if not block * ALPHABET_SIZE < 0x2000:
        return frozenset()
    signs = map(chr, range(block * ALPHABET_SIZE, (block + 1) * ALPHABET_SIZE))
    return frozenset(
        sign for sign in signs if unicodedata.category(sign)[0] in "LM" and normalize(sign) == sign
    )
