"""The tables of `reading/*.toml`: the function of words in a sentence, by language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

READING_DIR = Path(__file__).parent / "reading"
LANGUAGES = ("en", "es", "fr", "de", "pt", "it")
ROMANCE = frozenset({"es", "fr", "pt", "it"})
#: Endings that express the subject without a pronoun: "I" and "we" of each class of verbs.
FIRST_PERSON: dict[str, dict[str, str]] = {
    "es": {"a": "amos", "e": "emos", "i": "imos"},
    "pt": {"a": "amos", "e": "emos", "i": "imos"},
    "it": {"a": "iamo", "e": "iamo", "i": "iamo"},
}


@dataclass(frozen=True, eq=False)
class Grammar:
    """One language's tables; each property is a set of lowercase words."""

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

    @property
    def is_romance(self) -> bool:
        return self.language in ROMANCE

    @cached_property
    def numbers(self) -> frozenset[str]:
        return self.words_at("numbers")

    @cached_property
    def infinitive_endings(self) -> tuple[str, ...]:
        return tuple(sorted(self.words("verbs", "infinitives")))

    @cached_property
    def gerund_endings(self) -> tuple[str, ...]:
        """Endings as in "singing", "cantando"."""
        return tuple(sorted(self.words("verbs", "gerunds")))

    @cached_property
    def contracted(self) -> dict[str, str]:
        """Prepositions that contain an article -> that article: "do" contains "o"."""
        return {
            word: article for article, row in self.data.get("contracted", {}).items() for word in row.split()
        }

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
        """Words without a meaning of their own."""
        return frozenset().union(
            self.articles, self.prepositions, self.joints, self.pronouns, self.auxiliaries,
            self.words("pronouns", "object"), self.words("stop", "words"), self.words("prepositions", "of"),
            self.words("relations", "called"), frozenset({"to", "zu", "ja", "oh"}),
        ) - self.numbers  # fmt: skip

    @cached_property
    def relations(self) -> dict[str, tuple[str, str]]:
        """Nouns that denote a person (or a pet): gender and number of each."""
        table: dict[str, tuple[str, str]] = {}
        for key in ("m", "f", "any", "pl"):
            number = "pl" if key == "pl" else "sg"
            table |= dict.fromkeys(self.words("relations", key), (key if key in "mf" else "", number))
        return table

    @cached_property
    def first_names(self) -> dict[str, str]:
        """First names in lowercase -> gender."""
        return {name: key for key in ("f", "m") for name in self.words("names", key)}

    @cached_property
    def occasions(self) -> dict[str, str]:
        return {word: name for name, row in self.data["occasions"].items() for word in row.split()}

    @cached_property
    def first_person(self) -> frozenset[str]:
        """Verbs whose ending expresses "I" or "we", in languages that use it."""
        endings = FIRST_PERSON.get(self.language)
        if endings is None:
            return frozenset()
        stems = [
            verb.removesuffix("e") if self.language == "it" else verb for verb in self.words("verbs", "base")
        ]
        forms = {
            verb[:-2] + ending for verb in stems if verb[-2] in endings for ending in ("o", endings[verb[-2]])
        }
        return frozenset(forms) | self.words("verbs", "first_person")

    @cached_property
    def finite_verbs(self) -> frozenset[str]:
        """Forms in which a verb can follow its subject."""
        base = self.words("verbs", "base")
        forms = {form for verb in base for form in _finite_forms(verb, self.language)}
        return frozenset(forms) | self.words("verbs", "irregular") | self.auxiliaries


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


def _portuguese_forms(verb: str) -> list[str]:
    stem = verb[:-2]
    endings = {
        "ar": ("a", "am", "ava", "avam", "ou", "aram"),
        "er": ("e", "em", "ia", "iam", "eu", "eram"),
        "ir": ("e", "em", "ia", "iam", "iu", "iram"),
    }
    return [stem + end for end in endings.get(verb[-2:], ())]


def _italian_forms(verb: str) -> list[str]:
    stem = verb[:-3]
    endings = {
        "are": ("a", "ano", "ava", "avano", "ò", "arono"),
        "ere": ("e", "ono", "eva", "evano", "é", "erono"),
        "ire": ("e", "ono", "isce", "iscono", "iva", "ivano", "ì", "irono"),
    }
    return [stem + end for end in endings.get(verb[-3:], ())]


FINITE_FORMS: dict[str, Callable[[str], list[str]]] = {
    "en": _english_forms,
    "es": _spanish_forms,
    "fr": _french_forms,
    "pt": _portuguese_forms,
    "it": _italian_forms,
}


def _finite_forms(verb: str, language: str) -> list[str]:
    return FINITE_FORMS[language](verb) if language in FINITE_FORMS else []


@cache
def _word_set(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in text.split())


@cache
def grammar(language: str) -> Grammar:
    """Return the tables of a language in LANGUAGES; loaded on first use."""
    text = (READING_DIR / f"{language}.toml").read_text(encoding="utf-8")
    return Grammar(language, tomllib.loads(text))
