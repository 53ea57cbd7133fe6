"""Read a Japanese wish into facts with the dictionary that also gives the readings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audiomusic.engines.studio.lyricist.sentence import Fact, Sentence
from audiomusic.engines.studio.lyricist.signs.reading import read_signs
from audiomusic.engines.studio.lyricist.signs.tables import SignTables, Subject
from audiomusic.engines.studio.lyricist.syllables import count_syllables

if TYPE_CHECKING:
    from audiomusic.engines.studio.voice.g2p import Morpheme

MOST_MORAE = 14  # of a noun phrase that still fits a line
LONGEST_MORAE = 18  # of a clause that is a line of its own
NOUNS = ("名詞", "接頭辞", "接尾辞", "代名詞")
CONTENT = ("名詞", "動詞", "形容詞", "形状詞", "接尾辞", "接頭辞")
PARTICLE, VERB, AUXILIARY, ADJECTIVES = "助詞", "動詞", "助動詞", ("形容詞", "形状詞")
JOINTS = ("と", "や", "&")
CUTS = ("に", "で", "へ", "から", "まで", "は", "が", "を")


def read_japanese(query: str) -> Sentence:
    """Read the wish into people, things, places and clauses, in its own words."""
    return read_signs("ja", query, _JapaneseReader)


class _JapaneseReader:
    """Walks through the clauses, and remembers whom the last one was about."""

    def __init__(self, tables: SignTables) -> None:
        self.tables = tables
        self.facts: list[Fact] = []
        self._topic: Fact | None = None

    def read(self, subject: Subject) -> None:
        from audiomusic.engines.studio.voice.g2p import morphemes_of  # loads torch

        tokens = morphemes_of(subject.text)
        if not tokens:
            return
        if _is_clause(tokens):
            self._clause(tokens)
            return
        for piece in _joined_pieces(tokens):
            self._noun_phrase(piece, is_for=subject.is_for)

    def _clause(self, tokens: list[Morpheme]) -> None:
        """Add "庭でバラを育てている" about 花子 as 花子 doing it."""
        topic = next((place for place, token in enumerate(tokens) if _is_topic(token)), 0)
        text = _text(tokens)
        if topic:
            subject = _text(tokens[:topic])
            if subject in self.tables.words("pronouns") and self._topic:
                subject = self._topic.name or self._topic.text
                text = subject + _text(tokens[topic:])
            else:
                self._topic = self._someone(tokens[:topic], is_for=False) or self._topic
        elif self._topic and self._topic.name:
            subject = self._topic.name
            text = f"{subject}は{text}"
        else:
            subject = text
        if count_syllables(text, "ja") > LONGEST_MORAE:
            self._halves(tokens)
        else:
            self._add(Fact("clause", text, _content(tokens), subject=subject))
        who = self._someone(tokens[:topic], is_for=False) if topic else None
        if who and who.name not in {fact.name for fact in self.facts}:
            self._add(who)

    def _halves(self, tokens: list[Morpheme]) -> None:
        """Split a clause longer than a breath after the particle closest to its middle."""
        cuts = [
            n + 1 for n, token in enumerate(tokens[:-1]) if token.surface in CUTS and token.part == PARTICLE
        ]
        middle = min(cuts or [len(tokens) // 2], key=lambda place: abs(place - len(tokens) / 2))
        for half in (tokens[:middle], tokens[middle:]):
            if half:
                self._add(Fact("raw", _text(half), _content(half)))

    def _noun_phrase(self, tokens: list[Morpheme], *, is_for: bool) -> None:
        particle = tokens[-1] if tokens[-1].part == PARTICLE else None
        inner = tokens[:-1] if particle else tokens
        if not inner:
            return
        who = self._someone(inner, is_for=is_for or bool(particle and particle.surface in ("へ", "に")))
        if who:
            self._topic = who
            self._add(who)
        elif particle and particle.surface in self.tables.words("places"):
            self._add(Fact("place", _text(tokens), _content(inner)))
        else:
            self._thing(inner)

    def _thing(self, tokens: list[Morpheme]) -> None:
        """Add a thing; split it after "…に" or "…で" if it is too long for its lines."""
        text = _text(tokens)
        cuts = [
            n + 1
            for n, token in enumerate(tokens[:-1])
            if token.surface in ("に", "で") and token.part == PARTICLE
        ]
        if cuts and count_syllables(text, "ja") > MOST_MORAE:
            self._add(Fact("place", _text(tokens[: cuts[0]]), _content(tokens[: cuts[0]])))
            self._thing(tokens[cuts[0] :])
            return
        self._topic = Fact("thing", text, _content(tokens), bare=text)
        if count_syllables(text, "ja") > LONGEST_MORAE:
            self._halves(tokens)
        else:
            self._add(self._topic)

    def _someone(self, tokens: list[Morpheme], *, is_for: bool) -> Fact | None:
        """Return a person or a pet: named, or the one whom the song is for."""
        text = _text(tokens)
        head, _, _ = text.rpartition("の")
        run = _last_nouns(tokens)
        last = _text(run)
        related = self.tables.words("relations") + self.tables.words("pets")
        known = any("人名" in token.kind for token in run)
        titled = last.endswith(self.tables.words("titles"))
        belongs = head.endswith(related) and text == f"{head}の{last}"
        is_named = belongs and (is_for or self._is_name(run))
        if is_named or titled or known or last.endswith(related):
            name = last
        elif is_for and last == text:
            name = text
        else:
            return None
        return Fact("who", text, _content(tokens), bare=text, name=name)

    def _is_name(self, nouns: list[Morpheme]) -> bool:
        """Whether the nouns after "my sister's" are her name: "ハナ", "花子", not "台所"."""
        text = _text(nouns)
        proper = any("固有名詞" in token.kind and "地名" not in token.kind for token in nouns)
        in_kana = not any("\u4e00" <= char <= "\u9fff" for char in text)
        return proper or in_kana or text.endswith(self.tables.words("name_ends"))

    def _add(self, fact: Fact) -> None:
        if fact.text and fact.text not in {known.text for known in self.facts}:
            self.facts.append(replace(fact, words=fact.words or (fact.text,)))


def _is_topic(token: Morpheme) -> bool:
    return token.part == PARTICLE and token.surface in ("は", "が", "も")


def _is_clause(tokens: list[Morpheme]) -> bool:
    """Whether the words end like a sentence: in a verb, an adjective or a sentence ending."""
    return tokens[-1].part in (VERB, AUXILIARY, *ADJECTIVES) or tokens[-1].surface in ("て", "よ", "ね")


def _joined_pieces(tokens: list[Morpheme]) -> list[list[Morpheme]]:
    """Split at "and" between nouns."""
    pieces: list[list[Morpheme]] = [[]]
    for place, token in enumerate(tokens):
        joins = token.surface in JOINTS and 0 < place < len(tokens) - 1
        if joins and tokens[place - 1].part in NOUNS and tokens[place + 1].part in (*NOUNS, *ADJECTIVES):
            pieces.append([])
        else:
            pieces[-1].append(token)
    return [piece for piece in pieces if piece]


def _last_nouns(tokens: list[Morpheme]) -> list[Morpheme]:
    """Return the nouns at the end: "田中さん" in "仕事を辞める田中さん"."""
    start = len(tokens)
    while start and tokens[start - 1].part in NOUNS:
        start -= 1
    return tokens[start:]


def _text(tokens: list[Morpheme]) -> str:
    return "".join(token.surface for token in tokens)


def _content(tokens: list[Morpheme]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(token.surface for token in tokens if token.part in CONTENT))
