"""The tables of `reading/*.toml`: which words do what in a sentence, by language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

READING_DIR = Path(__file__).parent / "reading"
LANGUAGES = ("en", "es", "fr", "de")


@dataclass(frozen=True, eq=False)
class Grammar:
    """One language's tables; each property is a set of words in lower case."""

    language: str
    data: dict[str, Any]

    def words(self, table: str, key: str) -> frozenset[str]:
        return _word_set(self.data.get(table, {}).get(key, ""))

    def words_at(self, key: str) -> frozenset[str]:
        return _word_set(self.data.get(key, ""))

    @cached_property
    def articles(self) -> frozenset[str]:
        keys = ("sg", "pl", "any")
        return frozenset().union(*(self.words("articles", key) for key in keys), self.possessives)

    @cached_property
    def possessives(self) -> frozenset[str]:
        return self.words("possessives", "words")

    @cached_property
    def places(self) -> frozenset[str]:
        return self.words("prepositions", "place") | frozenset(self.phrases)

    @cached_property
    def phrases(self) -> tuple[str, ...]:
        """Prepositions of several words, the longest first."""
        phrases = [phrase.strip() for phrase in self.data["prepositions"]["phrases"].split("|")]
        return tuple(sorted(phrases, key=len, reverse=True))

    @cached_property
    def prepositions(self) -> frozenset[str]:
        keys = ("route", "with", "for", "other", "of")
        return self.places.union(*(self.words("prepositions", key) for key in keys))

    @cached_property
    def joints(self) -> frozenset[str]:
        keys = ("and", "or", "relative", "whose", "when")
        return frozenset().union(*(self.words("joints", key) for key in keys))

    @cached_property
    def pronouns(self) -> frozenset[str]:
        return self.words("pronouns", "subject")

    @cached_property
    def auxiliaries(self) -> frozenset[str]:
        return self.words("verbs", "aux")

    @cached_property
    def function_words(self) -> frozenset[str]:
        """Words that carry no meaning of their own."""
        return frozenset().union(
            self.articles, self.prepositions, self.joints, self.pronouns, self.auxiliaries,
            self.words("pronouns", "object"), self.words("stop", "words"), self.words("prepositions", "of"),
            self.words("relations", "called"), frozenset({"to", "zu", "ja", "oh"}),
        ) - NUMBERS  # fmt: skip

    @cached_property
    def relations(self) -> dict[str, tuple[str, str]]:
        """Nouns that name a person (or a pet): gender and number of each."""
        table: dict[str, tuple[str, str]] = {}
        for key in ("m", "f", "any", "pl"):
            number = "pl" if key == "pl" else "sg"
            table |= dict.fromkeys(self.words("relations", key), (key if key in "mf" else "", number))
        return table

    @cached_property
    def first_names(self) -> dict[str, str]:
        """Names in lower case, with their gender."""
        return {name: key for key in ("f", "m") for name in self.words("names", key)}

    @cached_property
    def occasions(self) -> dict[str, str]:
        return {word: name for name, row in self.data["occasions"].items() for word in row.split()}

    @cached_property
    def first_person(self) -> frozenset[str]:
        """Spanish verbs that carry "I" or "we" in their ending."""
        if self.language != "es":
            return frozenset()
        base = self.words("verbs", "base")
        singular = {verb[:-2] + "o" for verb in base}
        plural = {
            verb[:-2] + {"a": "amos", "e": "emos", "i": "imos"}[verb[-2]]
            for verb in base
            if verb[-2] in "aei"
        }
        return frozenset(singular | plural) | self.words("verbs", "first_person")

    @cached_property
    def finite_verbs(self) -> frozenset[str]:
        """Forms in which a verb may follow its subject."""
        base = self.words("verbs", "base")
        forms = {form for verb in base for form in _finite_forms(verb, self.language)}
        return frozenset(forms) | self.words("verbs", "irregular") | self.auxiliaries


NUMBERS = frozenset(
    [
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "twelve",
        "hundred",
        "thousand",
        "dos",
        "tres",
        "cuatro",
        "cinco",
        "seis",
        "siete",
        "ocho",
        "nueve",
        "diez",
        "cien",
        "mil",
        "deux",
        "trois",
        "quatre",
        "cinq",
        "sept",
        "huit",
        "neuf",
        "dix",
        "cent",
        "mille",
        "zwei",
        "drei",
        "vier",
        "fünf",
        "sechs",
        "sieben",
        "acht",
        "neun",
        "zehn",
        "hundert",
        "tausend",
    ]
)


def _english_forms(verb: str) -> list[str]:
    stem = verb[:-1] if verb.endswith("e") else verb
    ending = "es" if re.search(r"(s|sh|ch|x|z|o)$", verb) else "s"
    doubled = verb + verb[-1] if re.search(r"[^aeiou][aeiou][bdgklmnprt]$", verb) else stem
    return [verb, verb + ending, stem + "ed", doubled + "ed"]


def _spanish_forms(verb: str) -> list[str]:
    stem, ending = verb[:-2], verb[-2:]
    if ending == "ar":
        return [stem + end for end in ("a", "an", "aba", "aban", "ó", "aron")]
    return [stem + end for end in ("e", "en", "ía", "ían", "ió", "ieron")]


def _french_forms(verb: str) -> list[str]:
    stem = verb[:-2]
    if not verb.endswith("er"):
        return []
    forms = [stem + end for end in ("e", "ent", "ait", "aient", "a", "èrent")]
    return [*forms, stem + "eait", stem + "eaient"] if stem.endswith("g") else forms


FINITE_FORMS: dict[str, Callable[[str], list[str]]] = {
    "en": _english_forms,
    "es": _spanish_forms,
    "fr": _french_forms,
}


def _finite_forms(verb: str, language: str) -> list[str]:
    return FINITE_FORMS[language](verb) if language in FINITE_FORMS else []


@cache
def _word_set(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in text.split())


@cache
def grammar(language: str) -> Grammar:
    """The tables of a language of LANGUAGES; read on first use."""
    text = (READING_DIR / f"{language}.toml").read_text(encoding="utf-8")
    return Grammar(language, tomllib.loads(text))
