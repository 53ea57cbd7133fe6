"""Noun phrases of a sentence: where they end and whom they name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from audiomusic.engines.studio.lyricist.agreement import agreement, case_behind
from audiomusic.engines.studio.lyricist.grammar import Grammar
from audiomusic.engines.studio.lyricist.sentence import Fact, Gender, Number
from audiomusic.engines.studio.lyricist.tokens import PUNCTUATION, text_of

MAX_WORDS = 6  # of a noun phrase without its "of" phrase
MOST_OF = 2


@dataclass(frozen=True)
class NounPhrase:
    """A noun phrase. `end` is the index of the token after it, `head` the noun."""

    fact: Fact
    end: int
    head: str


class PhraseReader:
    """Finds the noun phrase that starts at a token."""

    def __init__(self, tokens: list[str], grammar: Grammar) -> None:
        self.tokens = tokens
        self.grammar = grammar
        self.is_german = grammar.language == "de"

    def word(self, place: int) -> str:
        """Return the token in lowercase, or "" after the last."""
        return self.tokens[place].casefold() if 0 <= place < len(self.tokens) else ""

    def read(self, start: int, preposition: str = "") -> NounPhrase | None:
        """Return the phrase that starts at `start`, or None."""
        first = self._past_articles(start)
        end = self._core_end(first)
        if end == first or (end == first + 1 and self.word(first) in self.grammar.words_at("adjectives_of")):
            return None
        core_end = end
        for _ in range(MOST_OF):
            end = self._past_of(end)
        end, joined = self._past_joined_name(start, first, core_end, end)
        return self._phrase(start, first, core_end, end, preposition, joined)

    def _past_articles(self, start: int) -> int:
        place = start
        while place < len(self.tokens) and self.word(place) in self.grammar.articles and place < start + 3:
            place += 1
        return place

    def _core_end(self, first: int) -> int:
        nouns, place = 0, first
        while place < len(self.tokens) and place - first < MAX_WORDS:
            if self._ends_at(place, nouns):
                break
            nouns += self._is_noun(place)
            place += 1
        return place if nouns or not self.is_german else first

    def _is_noun(self, place: int) -> bool:
        word = self.word(place)
        if self.is_german:
            return self.tokens[place][0].isupper() or word[0].isdigit()
        return word not in self.grammar.numbers and word not in self.grammar.words("verbs", "adjectives")

    def _ends_at(self, place: int, nouns: int) -> bool:
        token, word = self.tokens[place], self.word(place)
        if token in PUNCTUATION or (word in self.grammar.function_words and not self._is_name_here(place)):
            return True
        if self.is_german:
            return self._ends_german(place, nouns)
        if self._is_behind_name(place):
            return True
        return (
            self.is_participle(place, nouns)
            or self.is_verb(place, nouns)
            or self._is_infinitive(place, nouns)
        )

    def _is_name_here(self, place: int) -> bool:
        """Whether a function word is a name here: "Mia" in "mia sorella Mia"."""
        if place <= 0 or not self.tokens[place][0].isupper():
            return False
        behind_relation = self.grammar.is_romance and self.word(place - 1) in self.grammar.relations
        return self.word(place) in self.grammar.first_names or behind_relation

    def _ends_german(self, place: int, nouns: int) -> bool:
        """Whether the phrase ends here: lowercase words before the noun are adjectives, after it a verb or an
        adverb."""
        if self.tokens[place][0].isupper() or self.word(place)[0].isdigit():
            return False
        if nouns:
            return True
        ahead = self.tokens[place + 1 : place + 3]
        noun = next((n for n, token in enumerate(ahead) if token[0].isupper()), None)
        return noun is None or any(token.casefold() in self.grammar.function_words for token in ahead[:noun])

    def _starts_name(self, place: int) -> bool:
        return self.word(place - 1) in self.grammar.relations or self.word(place - 1) in self.grammar.words(
            "relations", "titles"
        )

    def _is_behind_name(self, place: int) -> bool:
        """Whether a first name precedes, after which no noun follows: "Mia turns", "Mia cumple"."""
        before = self.tokens[place - 1] if place else ""
        return (
            before[:1].isupper()
            and before.casefold() in self.grammar.first_names
            and self.tokens[place][0].islower()
        )

    def _is_possessed(self, place: int) -> bool:
        """Whether a possessive precedes, as in "mi maestro", "mon voisin": a name may follow."""
        return any(self.word(n) in self.grammar.possessives for n in range(max(0, place - 3), place))

    def is_participle(self, place: int, nouns: int = 1) -> bool:
        """Match "stealing" in "penguins stealing a boat", "robando" in "gatos robando"."""
        word, language = self.word(place), self.grammar.language
        has_object = self.word(place + 1) in self.grammar.articles
        if not nouns or not word or (word in self.grammar.words("verbs", "nouns") and not has_object):
            return False
        is_gerund = len(word) > 4 and word.endswith(self.grammar.gerund_endings)
        return is_gerund and not (language == "en" and self.tokens[place][0].isupper())

    def is_verb(self, place: int, nouns: int = 1) -> bool:
        """Whether a finite verb stands here, after its subject."""
        word = self.word(place)
        if not nouns or not word or self.tokens[place][0].isupper():
            return False
        if self.is_german:
            return word.isalpha() and (
                word in self.grammar.auxiliaries or word not in self.grammar.function_words
            )
        if word in self.grammar.auxiliaries:
            return True
        past = tuple(self.grammar.words("verbs", "past_third"))
        if past and len(word) > 3 and word.endswith(past):
            return True
        if self._is_behind_name(place) and word not in self.grammar.function_words:
            return True
        if self.grammar.language == "en":
            return word in self.grammar.finite_verbs and self._agrees(place)
        plural_verb = (
            word.endswith("ent") and self.grammar.language == "fr" and self.word(place - 1).endswith("s")
        )
        return word in self.grammar.finite_verbs or plural_verb

    def _agrees(self, place: int) -> bool:
        """Whether subject and verb agree in English: "cats walk" and "a cat walks" do, "cat walk" doesn't."""
        word, before = self.word(place), self.word(place - 1)
        is_plural = before.endswith("s") or self.grammar.relations.get(before, ("", ""))[1] == "pl"
        if word in self.grammar.words("verbs", "irregular"):
            return not word.endswith("s") or not is_plural
        if word in self.grammar.words("verbs", "base"):
            return is_plural
        return word.endswith("ed") or not is_plural

    def _is_infinitive(self, place: int, nouns: int) -> bool:
        return bool(nouns) and self.grammar.is_romance and self.is_infinitive(place)

    def is_infinitive(self, place: int) -> bool:
        """Match "bailar", "danser", and German verbs at the end of a clause."""
        word = self.word(place)
        if (
            not word
            or word in self.grammar.words("verbs", "nouns")
            or self.tokens[place][0].isupper()
            and place
        ):
            return False
        if self.grammar.language == "it" and word.endswith("iere"):
            return False  # "quartiere", "bicchiere"
        return len(word) > 3 and word.endswith(self.grammar.infinitive_endings)

    def _past_of(self, place: int) -> int:
        """Skip one "of …", which is part of the phrase."""
        word, grammar = self.word(place), self.grammar
        genitive = self.is_german and word in ("des", "der") and self.tokens[place - 1][0].isupper()
        if not genitive and word not in grammar.words("prepositions", "of"):
            return place
        if self.is_german and not genitive and not self._is_bare_noun(place + 1):
            return place
        first = self._past_articles(place if genitive else place + 1)
        if self.is_infinitive(first) and not self.is_german:
            return place
        end = self._core_end(first)
        return end if end > first else place

    def _is_bare_noun(self, place: int) -> bool:
        """Match "Kaffee" in "der Duft von Kaffee"."""
        return place < len(self.tokens) and self.tokens[place][0].isupper()

    def _past_joined_name(self, start: int, first: int, core_end: int, end: int) -> tuple[int, str]:
        """Skip "and Tom" after "Priya": two people are one phrase."""
        if end != core_end or not self._name(start, first, end):
            return end, ""
        name_start = end + 1
        if self.word(end) not in self.grammar.words("joints", "and") or name_start >= len(self.tokens):
            return end, ""
        token = self.tokens[name_start]
        if token[0].isupper() and token.endswith("'s"):
            return name_start + 1, text_of([self.tokens[end], token[:-2]])
        is_name = token[0].isupper() and self.word(name_start) not in self.grammar.function_words
        if self.is_german:
            is_name = self.word(name_start) in self.grammar.first_names or (
                not self._looks_like_noun(name_start) and name_start + 1 >= len(self.tokens)
            )
        if not is_name:
            return end, ""
        name_end = name_start + 1
        while name_end < len(self.tokens) and self.tokens[name_end][0].isupper() and not self.is_german:
            name_end += 1
        return name_end, text_of(self.tokens[end:name_end])

    def _looks_like_noun(self, place: int) -> bool:
        """Whether a German word looks like a noun: few names end like plurals or abstract nouns."""
        word = self.word(place)
        if word in self.grammar.first_names:
            return False
        return word.endswith(
            ("en", "er", "ung", "heit", "keit", "schaft", "s", "chen", "e", "el")
        ) or word in (self.grammar.relations)

    def _name(self, start: int, first: int, end: int) -> str:
        """Return the proper name in the phrase: its capitalised words at the end."""
        if self.is_german:
            return self._german_name(start, first, end)
        place = end
        while place > first and self.tokens[place - 1][0].isupper() and self._may_be_name(place - 1):
            place -= 1
        if place == end and end - 1 > first and self._is_uncapitalised_name(end - 1):
            return self.tokens[end - 1].capitalize()
        return text_of(self.tokens[place:end])

    def _is_uncapitalised_name(self, place: int) -> bool:
        """Match "mia" in "my sister mia": an unknown word after a relation."""
        before = self.word(place - 1)
        return (
            before in self.grammar.relations
            and self.grammar.relations[before][1] == "sg"
            and not any(token[0].isupper() for token in self.tokens[1:] if token.casefold() != "i")
            and self.word(place) not in self.grammar.relations
            and self.grammar.language in ("en",)
        )

    def _may_be_name(self, place: int) -> bool:
        word = self.word(place)
        if word in self.grammar.words_at("proper"):
            return False
        is_small = word in self.grammar.function_words and not self._is_name_here(place)
        return not is_small and (word not in self.grammar.relations or place > 0)

    def _german_name(self, start: int, first: int, end: int) -> str:
        place = end - 1
        if self.word(place) in self.grammar.relations:
            return (
                self.tokens[place]
                if start == first and self.word(place) in ("mama", "papa", "oma", "opa")
                else ""
            )
        behind_noun = place > first and self.tokens[place - 1][0].isupper() and self._is_possessed(place)
        behind_relation = place > first and self._starts_name(place) or behind_noun
        alone = start == first and end - first == 1 and not self._looks_like_noun(place)
        called = self.word(start - 1) in self.grammar.words("relations", "called")
        greeted = alone and self.word(start - 1) in self.grammar.words("prepositions", "for")
        known = self.word(place) in self.grammar.first_names
        if not (behind_relation or known or called or greeted):
            return ""
        first_of_name = place
        is_owned = self._is_possessed(place) and self.word(place - 1) in self.grammar.relations
        while (
            not is_owned
            and first_of_name > first
            and self.word(first_of_name - 1) in self.grammar.words("relations", "titles")
        ):
            first_of_name -= 1
        return text_of(self.tokens[first_of_name:end])

    def _phrase(
        self, start: int, first: int, core_end: int, end: int, preposition: str, joined: str
    ) -> NounPhrase:
        tokens = self.tokens[start:end]
        name = self._name(start, first, core_end)
        core = [self.word(place) for place in range(first, core_end)]
        relation = next((word for word in reversed(core) if word in self.grammar.relations), "")
        if self.grammar.language == "en" and not name and core and core[-1] != relation:
            relation = ""
        is_place_name = preposition in self.grammar.places and not relation and preposition not in (
            self.grammar.words("prepositions", "for")
        )  # fmt: skip
        possessed = any(self.word(n) in self.grammar.possessives for n in range(start, first))
        is_person = bool(relation) or (bool(name) and not is_place_name and (start == first or possessed))
        if relation and not name and start == first and self._is_called_so(relation):
            name = relation.capitalize()
        text = text_of(tokens).removesuffix("'s") if joined else text_of(tokens)
        if name and not any(name in token for token in tokens) and name.lower() in text:
            text = text.replace(name.lower(), name)
        articles = [self.word(place) for place in range(start, first)]
        gender, number = agreement(self.grammar, articles, core, relation, name)
        if joined:
            name, number, gender = f"{name} {joined}", "pl", ""
        fact = Fact(
            kind="who" if is_person else "thing",
            text=text,
            words=self.content(start, end),
            article=text_of(self.tokens[start:first]).casefold(),
            bare=text_of(self.tokens[first:end]),
            name=name if is_person else "",
            gender=cast(Gender, gender),
            number=cast(Number, number),
            case=case_behind(self.grammar, preposition),
        )
        return NounPhrase(fact, end, self._head(core, name))

    def _is_called_so(self, relation: str) -> bool:
        """Whether the relation serves as a name: "Grandma" does, "baby" does not."""
        kin = self.grammar.words("relations", "uncalled") - {"twins", "baby", "bebé"}
        return relation in kin and not self.is_german

    def _head(self, core: list[str], name: str) -> str:
        nouns = [word for word in core if word not in name.casefold().split()]
        if not nouns:
            return ""
        return nouns[-1] if self.grammar.language in ("en", "de") else nouns[0]

    def content(self, start: int, end: int) -> tuple[str, ...]:
        """Return the tokens that carry meaning."""
        return tuple(self.tokens[place] for place in range(start, end) if self._is_content(place))

    def _is_content(self, place: int) -> bool:
        if not self.tokens[place][0].isalnum():
            return False
        return self.word(place) not in self.grammar.function_words or self._is_name_here(place)
