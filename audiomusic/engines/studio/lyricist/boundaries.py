"""Where phrases, verbs and clauses end, and what starts at a token of a sentence."""

from __future__ import annotations

from audiomusic.engines.studio.lyricist.phrases import PhraseReader

PARTICLES = ("up", "down", "off", "out", "away", "over", "around", "along", "by", "through", "in", "on")
#: As in "jouer au foot", "jugar al fútbol".
TO = ("a", "al", "à", "au", "aux", "ao", "ad", "alla", "allo", "all'", "ai", "agli", "alle")
INFINITIVE_LINKS = ("a", "à", "de", "por", "di", "da")  # "apprendre à nager", "finire di leggere"
MANNER_LINKS = ("en", "à", "in", "em")  # "viajar en moto"
BEHIND = ("entlang", "herum", "entfernt")  # German: "den Fluss entlang"


class BoundaryReader(PhraseReader):
    """Finds the ends of phrases, verbs and clauses, in addition to noun phrases."""

    def phrase_end(self, start: int) -> int:
        phrase = self.read(start, self.word(start - 1))
        if phrase is None:
            return start
        end = phrase.end
        return end + 1 if self.word(end) in BEHIND else end

    def verb_end(self, start: int) -> int:
        """Return the index after the verb and its objects: at the next preposition of place, or clause."""
        grammar, place = self.grammar, start + 1
        if self.word(start) in grammar.words("verbs", "takes_a") and self.word(place) in TO:
            place = max(place + 1, self.phrase_end(place + 1))
        while place < len(self.tokens):
            word = self.word(place)
            if steps := self._goes_on(place):
                place += steps
                continue
            is_end = word in grammar.places or word in grammar.words("joints", "relative")
            is_end = (
                is_end or word in grammar.words("joints", "when") or word in grammar.words("joints", "or")
            )
            is_end = is_end or any(
                word in grammar.words("prepositions", key) for key in ("route", "with", "for")
            )
            if is_end or (word in grammar.words("joints", "and") and self.starts_verb(place + 1)):
                break
            place += 1
        return min(place, len(self.tokens))

    def _goes_on(self, place: int) -> int:
        """Return how many tokens continue the verb: "learning to paint", "give up", "viajar en moto"."""
        word, following = self.word(place), self.word(place + 1)
        if self.grammar.language == "en":
            return self._goes_on_in_english(place)
        if word in INFINITIVE_LINKS and self.is_infinitive(place + 1):
            return 2
        is_manner = word in MANNER_LINKS and following and following not in self.grammar.function_words
        return 2 if is_manner and self.tokens[place + 1][0].islower() else 0

    def _goes_on_in_english(self, place: int) -> int:
        base = self.grammar.words("verbs", "base")
        if self.word(place) == "to":
            return next((n + 1 for n in (1, 2) if self.word(place + n) in base), 0)
        ends = self.word(place + 1) in {"", *self.grammar.joints, *self.grammar.prepositions}
        return int(ends and self.word(place) in PARTICLES)

    def starts_verb(self, place: int) -> bool:
        return (
            self.is_participle(place) or self.is_romance_infinitive(place) or self.is_subject_pronoun(place)
        )

    def is_preposition(self, place: int) -> bool:
        word = self.word(place)
        keys = ("route", "with", "for", "other")
        return word in self.grammar.places or any(
            word in self.grammar.words("prepositions", key) for key in keys
        )

    def is_object_and_verb(self, place: int) -> bool:
        """Match "me manque", "me gusta", after what is missed or liked."""
        if not self.grammar.is_romance or place + 1 >= len(self.tokens):
            return False
        is_pronoun = self.word(place) in self.grammar.words("pronouns", "object")
        return is_pronoun and self.word(place + 1) not in self.grammar.articles

    def is_felt(self, place: int) -> bool:
        """Match "mi manca il mare", "me gusta bailar": the verb precedes what is missed or liked."""
        return self.is_object_and_verb(place) and self.word(place + 1) in self.grammar.finite_verbs

    def is_romance_infinitive(self, place: int) -> bool:
        return self.grammar.is_romance and self.is_infinitive(place)

    def is_subject_pronoun(self, place: int, *, starts_clause: bool = False) -> bool:
        word, following = self.word(place), self.word(place + 1)
        if word in self.grammar.pronouns:
            return bool(following) and following not in self.grammar.words("joints", "and")
        return starts_clause and bool(following) and word in self.grammar.first_person

    def is_german_infinitive(self, place: int) -> bool:
        """Match "mit dem Rad am Fluss entlangfahren": an infinitive at the end and no other verb."""
        last = len(self.tokens) - 1
        if place >= last or self.tokens[last][0].isupper() or not self.is_infinitive(last):
            return False
        inner = range(place, last)
        if any(self.word(n) in self.grammar.auxiliaries for n in inner):
            return False
        return not any(self.is_verb(n) and n > place and self.tokens[n - 1][0].isupper() for n in inner)

    def relates(self, place: int, starts_clause: bool) -> bool:
        if self.grammar.language != "de":
            return place + 1 < len(self.tokens)
        return starts_clause and place + 1 < len(self.tokens) and not self.tokens[-1][0].isupper()
