"""Extract facts from the clauses of a sentence with small rules for each language."""

from __future__ import annotations

from dataclasses import replace

from audiomusic.engines.studio.lyricist.boundaries import TO, BoundaryReader
from audiomusic.engines.studio.lyricist.grammar import Grammar
from audiomusic.engines.studio.lyricist.inflection.articles import with_needed_article
from audiomusic.engines.studio.lyricist.inflection.german import nominative, second_verb
from audiomusic.engines.studio.lyricist.phrases import NounPhrase
from audiomusic.engines.studio.lyricist.sentence import Fact, FactKind
from audiomusic.engines.studio.lyricist.syllables import count_syllables
from audiomusic.engines.studio.lyricist.tokens import decapitalised, text_of

MAX_LINE_SYLLABLES = 14
MAX_CLAUSE_SYLLABLES = 12  # further places of a longer clause get another line
PRONOUNS = {
    "en": {"m": "he", "f": "she", "n": "it", "pl": "they"},
    "fr": {"m": "il", "f": "elle", "plm": "ils", "plf": "elles", "pl": "ils"},
    "de": {"m": "er", "f": "sie", "n": "es", "pl": "sie"},
    "pt": {"m": "ele", "f": "ela", "plm": "eles", "plf": "elas", "pl": "eles"},
}
#: Forms of "to be" before "singing": "is", "are".
COPULAS = {
    "en": {"sg": "is", "pl": "are"},
    "es": {"sg": "está", "pl": "están"},
    "pt": {"sg": "está", "pl": "estão"},
    "it": {"sg": "sta", "pl": "stanno"},
}
BETWEEN = ("between", "entre", "zwischen", "tra", "fra")


class ClauseReader:
    """Walks through the clauses of a sentence, and remembers whom the last one was about."""

    def __init__(self, tables: Grammar) -> None:
        self._link = ""
        self._inner: list[tuple[int, int]] = []
        self.tables = tables
        self.facts: list[Fact] = []
        self._topic: Fact | None = None

    def read(self, tokens: list[str], link: str, *, is_first: bool) -> None:
        self._link = link
        self._at = decapitalised(tokens, self.tables) if is_first else tokens
        self._phrases = BoundaryReader(self._at, self.tables)
        self._is_clause_start, self._is_first = True, is_first
        self._preposition = self._link_preposition(link)
        place = 0
        while place < len(self._at):
            place = self._step(place)

    def _link_preposition(self, link: str) -> str:
        """Return the preposition before a first noun phrase; in German it determines the case."""
        if not link or self.tables.language != "de":
            return ""
        return "für" if link == "for" else "über"

    def _step(self, place: int) -> int:
        """Read what starts at a token. Return the index after it."""
        tables, word = self.tables, self._phrases.word(place)
        starts_clause = self._is_clause_start
        is_pronoun = self._phrases.is_subject_pronoun(place, starts_clause=starts_clause)
        self._is_clause_start = False
        if (
            self._topic
            and word in tables.words("joints", "relative")
            and self._phrases.relates(place, starts_clause)
        ):
            return self._relative(place + 1)
        if is_pronoun or (starts_clause and self._phrases.is_felt(place)):
            return self._clause(place, "", place)
        if tables.language == "de" and starts_clause and self._phrases.is_german_infinitive(place):
            return self._whole(place, "action")
        if self._repeats_link(place):
            return place + 1
        if (
            word in tables.words("prepositions", "place")
            or " " in word
            or word in tables.words("prepositions", "route")
        ):
            return self._prepositional(place)
        if word in tables.prepositions and not (tables.language == "de" and word == "zu"):
            return self._behind(place)
        if (word in tables.joints and word not in tables.articles) or word in tables.words(
            "pronouns", "remember"
        ):
            self._is_clause_start = word not in tables.words("joints", "and")
            return place + 1
        if self._phrases.is_participle(place) or self._phrases.is_romance_infinitive(place):
            return self._action(place)
        if self._topic_verb(place, starts_clause):
            return self._clause(place, self._topic_text(), place)
        phrase = self._phrases.read(place, self._preposition)
        if phrase is None:
            return self._skip(place)
        return self._noun_phrase(phrase, place)

    # The parts of a sentence, each read from its first token.

    def _noun_phrase(self, phrase: NounPhrase, start: int) -> int:
        """Read someone or something; if a verb follows, read a clause."""
        end = phrase.end
        phrase = self._with_article(phrase)
        if start == 0 and end == len(self._at) and not self._is_first:
            phrase = replace(phrase, fact=self._perhaps_place(phrase.fact))
        self._topic = phrase.fact
        if self._phrases.is_participle(end):
            return self._doing(phrase, start)
        if self._phrases.is_verb(end) or self._phrases.is_object_and_verb(end):
            subject = nominative(phrase.fact) if self.tables.language == "de" else phrase.fact.text
            end = self._clause(end, subject or phrase.fact.text, end, start)
            self._add(phrase.fact)
            return end
        self._add(phrase.fact)
        return end

    def _perhaps_place(self, fact: Fact) -> Fact:
        """Treat a name that stands alone between commas as a person only if it is a known first name."""
        known = fact.article or fact.name.casefold().split()[:1] in [
            [name] for name in self.tables.first_names
        ]
        if fact.kind != "who" or not fact.name or known or fact.text != fact.name:
            return fact
        return replace(fact, kind="thing", name="")

    def _with_article(self, phrase: NounPhrase) -> NounPhrase:
        """Add the article, and mark a bare German noun as plural if its verb is."""
        fact, verb = phrase.fact, self._phrases.word(phrase.end)
        if self.tables.language == "de" and not fact.article and verb.endswith("en") and not fact.name:
            fact = replace(fact, number="pl")
        return replace(phrase, fact=with_needed_article(fact, self.tables))

    def _doing(self, phrase: NounPhrase, start: int) -> int:
        """Read "penguins stealing a boat" as "penguins are stealing a boat"."""
        number = phrase.fact.number
        copula = COPULAS[self.tables.language][number]
        end = self._phrases.verb_end(phrase.end)
        text = f"{phrase.fact.text} {copula} {text_of(self._at[phrase.end : end])}"
        self._add(phrase.fact)
        return self._finish_clause(text, phrase.fact.text, start, end)

    def _clause(self, start: int, subject: str, verb: int, first: int | None = None) -> int:
        """Read a whole clause. A given subject is put before it."""
        if self.tables.language == "de":
            end = len(self._at)
        else:
            end = self._phrases.verb_end(verb + (0 if subject else 1))
        text = text_of(self._at[start:end])
        text = f"{subject} {text}" if subject else text
        return self._finish_clause(text, subject, start if first is None else first, end)

    def _finish_clause(self, text: str, subject: str, start: int, end: int) -> int:
        """Add the clause, with as many of the places after it as fit the line."""
        while self._phrases.is_preposition(end):
            place_end = self._phrases.phrase_end(end + 1)
            longer = f"{text} {text_of(self._at[end:place_end])}"
            most = MAX_LINE_SYLLABLES if self._phrases.word(end) in TO else MAX_CLAUSE_SYLLABLES
            if place_end == end + 1 or count_syllables(longer, self.tables.language) > most:
                break
            if not subject:
                self._inner.append((end, place_end))
            text, end = longer, place_end
        self._add_clause(text, self._phrases.content(start, end), subject)
        if not subject:
            self._add_inner(start, end)
        return end

    def _add_clause(self, text: str, words: tuple[str, ...], subject: str) -> None:
        """Add the clause. A subject that makes the line too long becomes a pronoun: it gets its own line."""
        topic, is_long = self._topic, count_syllables(text, self.tables.language) > MAX_LINE_SYLLABLES
        if is_long and topic and subject and not topic.name:
            pronoun = self._pronoun(topic)
            shorter = f"{pronoun} {text.removeprefix(subject).strip()}".strip()
            if pronoun is not None and shorter != text:
                self._add(topic)
                text, words = shorter, tuple(word for word in words if word in shorter.split())
        self._add(Fact("clause", text, words, subject=subject))

    def _pronoun(self, topic: Fact) -> str | None:
        """Return the pronoun for the noun, or None if that requires an unknown gender.

        Spanish and Italian need none.
        """
        if self.tables.language in ("es", "it"):
            return ""
        forms = PRONOUNS[self.tables.language]
        plural = forms.get(f"pl{topic.gender}", forms.get("pl"))
        person = topic.gender if topic.kind == "who" or self.tables.language != "en" else "n"
        return plural if topic.number == "pl" else forms.get(person)

    def _add_inner(self, start: int, end: int) -> None:
        """Add what a clause with a pronoun as its subject contains: there is nothing else to sing about."""
        for first, behind in self._inner:
            self._add(Fact("place", text_of(self._at[first:behind]), self._phrases.content(first, behind)))
        self._inner.clear()
        named = self.tables.possessives | self.tables.words("articles", "named")
        places = [n for n in range(start + 1, end) if self._phrases.word(n) in named]
        for place in places:
            phrase = self._phrases.read(place)
            if phrase and phrase.end <= end and not self._phrases.is_preposition(place - 1):
                self._add(phrase.fact)

    def _relative(self, start: int) -> int:
        """Read "who loves cats" about Mia as "Mia loves cats"."""
        subject = self._topic_text()
        if self.tables.language == "de":
            text = f"{subject} {second_verb(self._at[start:], self.tables)}"
            words = tuple(w for w in text.split() if w.casefold() not in self.tables.function_words)
            self._add_clause(text, words, subject)
            return len(self._at)
        if self._phrases.is_subject_pronoun(start):
            end = self._phrases.verb_end(start + 1)
            text = f"{text_of(self._at[start:end])} {self._topic.text if self._topic else ''}"
            self._add(Fact("clause", text, self._phrases.content(start, end), subject=subject))
            return end
        return self._clause(start, subject, start)

    def _action(self, start: int) -> int:
        end = self._phrases.verb_end(start)
        kind: FactKind = "infinitive" if self._phrases.is_romance_infinitive(start) else "action"
        self._add(Fact(kind, text_of(self._at[start:end]), self._phrases.content(start, end)))
        return end

    def _whole(self, start: int, kind: FactKind) -> int:
        self._add(Fact(kind, text_of(self._at[start:]), self._phrases.content(start, len(self._at))))
        return len(self._at)

    def _prepositional(self, start: int) -> int:
        word = self._phrases.word(start)
        end = self._phrases.phrase_end(start + 1)
        if end == start + 1:
            return self._skip(start)
        if word in BETWEEN and self._phrases.word(end) in self.tables.words("joints", "and"):
            end = max(end, self._phrases.phrase_end(end + 1))
        is_route = word in self.tables.words("prepositions", "route")
        kind: FactKind = "route" if is_route or (self.tables.language == "es" and word in TO[:2]) else "place"
        self._add(Fact(kind, text_of(self._at[start:end]), self._phrases.content(start, end)))
        return end

    def _behind(self, start: int) -> int:
        """Read "with my friend", "about a dog": only the noun phrase, which keeps its case."""
        self._preposition = self._phrases.word(start) if self.tables.language == "de" else ""
        phrase = self._phrases.read(start + 1, self._preposition)
        if phrase is None:
            return start + 1
        return self._noun_phrase(phrase, start + 1)

    def _skip(self, start: int) -> int:
        word = self._at[start]
        if word.casefold() not in self.tables.function_words and word[0].isalnum():
            self._add(Fact("raw", word, (word,)))
        return start + 1

    # Whom the clauses are about.

    def _repeats_link(self, place: int) -> bool:
        """Match the second "à" of "une ode à la mer et à ses vagues"."""
        links = {word for words in self.tables.data["links"].values() for word in words.split()}
        after_joint = self._phrases.word(place - 1) in self.tables.words("joints", "and")
        return bool(self._link) and after_joint and self._phrases.word(place) in links

    def _topic_verb(self, place: int, starts_clause: bool) -> bool:
        """Whether the current topic does something else: "… and sings"."""
        if self._topic is None or starts_clause or self.tables.language == "de":
            return False
        is_joined = self._phrases.word(place - 1) in self.tables.words("joints", "and")
        return is_joined and self._phrases.word(place) in self.tables.finite_verbs

    def _topic_text(self) -> str:
        if self._topic is None:
            return ""
        if self._topic.name:
            return self._topic.name
        return (nominative(self._topic) if self.tables.language == "de" else "") or self._topic.text

    def _add(self, fact: Fact) -> None:
        for part in _in_breaths(with_needed_article(fact, self.tables), self.tables):
            if part.text and part.words and part.text not in {known.text for known in self.facts}:
                self.facts.append(part)


def _in_breaths(fact: Fact, tables: Grammar) -> list[Fact]:
    """Return the fact, split into pieces that fit a line if it is too long."""
    words = fact.text.split()
    if count_syllables(fact.text, tables.language) <= MAX_LINE_SYLLABLES or len(words) < 3:
        return [fact]
    fitting = [n for n in range(1, len(words)) if _fits(words[:n], tables)]
    joints = [n for n in fitting if words[n].casefold() in tables.function_words - tables.auxiliaries]
    cut = (joints or fitting or [1])[-1]
    first, rest = " ".join(words[:cut]), " ".join(words[cut:])
    kept = tuple(word for word in fact.words if word in words[:cut])
    left = tuple(word for word in fact.words if word not in kept)
    return [replace(fact, text=first, words=kept), *_in_breaths(Fact("raw", rest, left), tables)]


def _fits(words: list[str], tables: Grammar) -> bool:
    return count_syllables(" ".join(words), tables.language) <= MAX_LINE_SYLLABLES
