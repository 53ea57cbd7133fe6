"""Read a Chinese wish into facts by its function words: without a dictionary, phrases stay whole."""

from __future__ import annotations

import re

from audiomusic.engines.studio.lyricist.sentence import Fact, Sentence
from audiomusic.engines.studio.lyricist.signs.reading import read_signs
from audiomusic.engines.studio.lyricist.signs.tables import SignTables, Subject

MOST_SIGNS = 9  # of a phrase that still fits a line
LONGEST_SIGNS = 14
MOST_NAME_SIGNS = 4


def read_chinese(query: str) -> Sentence:
    """Read the wish into people, things, places and clauses, in its own words."""
    return read_signs("zh", query, _ChineseReader)


class _ChineseReader:
    """Walks through the clauses, and remembers whom the last one was about."""

    def __init__(self, tables: SignTables) -> None:
        self.tables = tables
        self.facts: list[Fact] = []
        self._topic: Fact | None = None
        self._joint = re.compile("|".join(map(re.escape, tables.words("joints"))))

    def read(self, subject: Subject) -> None:
        text = subject.text
        pronoun = next((word for word in self.tables.words("pronouns") if text.startswith(word)), "")
        if pronoun:
            self._clause(text.removeprefix(pronoun), pronoun)
            return
        verb = self._verb(text)
        if verb and not subject.is_for and "的" not in text[verb:]:
            who = self._someone(text[:verb], is_for=False)
            self._topic = who or self._topic
            self._add(Fact("clause", text, (text[:verb], text[verb:]), subject=text[:verb]))
            if who:
                self._add(who)
            return
        for piece in self._pieces(text):
            self._noun_phrase(piece, is_for=subject.is_for)

    def _pieces(self, text: str) -> list[str]:
        """Split at "and", but not at "和" inside a two-character word ("和平")."""
        pieces = [piece for piece in self._joint.split(text) if piece]
        return pieces if all(len(piece) > 1 for piece in pieces) else [text]

    def _clause(self, action: str, pronoun: str) -> None:
        """Add "她喜欢种花" about 美玲 as 美玲 doing it."""
        if not action:
            return
        is_one = self._topic is not None and not pronoun.endswith(("们", "們"))
        subject = (self._topic.name or self._topic.text) if self._topic and is_one else pronoun
        self._add(Fact("clause", f"{subject}{action}", (action,), subject=subject))

    def _noun_phrase(self, text: str, *, is_for: bool) -> None:
        text = text.strip("的")
        who = self._someone(text, is_for=is_for)
        if who:
            self._topic = who
            self._add(who)
            return
        start = next((word for word in self.tables.words("place_starts") if text.startswith(word)), "")
        is_place = len(text) > 2 and text.endswith(self.tables.words("place_ends")) and "的" not in text[-2:]
        if start or is_place:
            self._add(Fact("place", text if start else f"在{text}", (text.removeprefix(start),)))
            return
        self._thing(text)

    def _thing(self, text: str) -> None:
        """Add a thing; split it after a 的 if it is too long for its lines."""
        cut = text.find("的") + 1
        if len(text) > MOST_SIGNS and 0 < cut < len(text):
            self._noun_phrase(text[: cut - 1], is_for=False)
            self._noun_phrase(text[cut:], is_for=False)
            return
        kind = "thing" if len(text) <= LONGEST_SIGNS else "raw"
        for start in range(0, len(text), LONGEST_SIGNS):
            part = text[start : start + LONGEST_SIGNS]
            fact = Fact("thing" if kind == "thing" else "raw", part, (part,), bare=part)
            self._add(fact)
            self._topic = fact if kind == "thing" else self._topic

    def _someone(self, text: str, *, is_for: bool) -> Fact | None:
        """Return a person or a pet: named, or the one whom the song is for."""
        name = self._name(text, is_for=is_for)
        if not name:
            return None
        words = tuple(dict.fromkeys(word for word in (text.removesuffix(name).strip("的我叫"), name) if word))
        return Fact("who", text, words, bare=text, name=name)

    def _name(self, text: str, *, is_for: bool) -> str:
        called = next((word for word in self.tables.words("called") if word in text), "")
        if called and len(text.rpartition(called)[2]) in range(2, MOST_NAME_SIGNS + 1):
            return text.rpartition(called)[2]
        related = self.tables.words("relations") + self.tables.words("pets")
        for relation in related:
            head, found, rest = text.rpartition(relation)
            if head and not head.endswith(self.tables.words("owners")):
                continue
            if found and not rest and relation in self.tables.words("pets") and not text.startswith("我"):
                return ""
            if found and not rest:
                return text.removeprefix("我的").removeprefix("我")
            if found and self._may_name(rest, is_owned=is_for or text.startswith("我")):
                return rest
            if found and head:
                return ""
        if (
            len(text) <= MOST_NAME_SIGNS
            and "的" not in text
            and (
                is_for
                or text.endswith(self.tables.words("titles"))
                or text.startswith(self.tables.words("name_starts"))
            )
        ):
            return text
        return ""

    def _may_name(self, rest: str, *, is_owned: bool) -> bool:
        """Whether the text after "my grandmother" is her name."""
        if (
            "的" in rest
            or not 1 < len(rest) <= MOST_NAME_SIGNS
            or rest.endswith(self.tables.words("place_ends"))
        ):
            return False
        return is_owned or rest.startswith(self.tables.words("name_starts"))

    def _verb(self, text: str) -> int:
        """Return where a verb starts, after a subject of two characters or more; 0 if nowhere."""
        places = [
            text.find(word, 2)
            for word in self.tables.words("verbs")
            if 2 <= text.find(word, 2) < len(text) - 1
        ]
        return min(places, default=0)

    def _add(self, fact: Fact) -> None:
        if fact.text and fact.text not in {known.text for known in self.facts}:
            self.facts.append(fact)
