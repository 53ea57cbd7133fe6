"""Turn facts and a mood into sections of lines: templates chosen so that paired lines rhyme and scan.

A verse is a quatrain whose first and third lines hold facts and whose second and fourth rhyme, or couplets
that rhyme around a fact. Rhyming line endings are written by hand, so the tests can check each rhyme once
against pronouncing dictionaries. Filling a slot changes only syllables, which are counted here.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from audiomusic.engines.studio.lyricist.grammar import grammar
from audiomusic.engines.studio.lyricist.sentence import Fact, Mood, Sentence
from audiomusic.engines.studio.lyricist.signs.tables import SIGN_LANGUAGES
from audiomusic.engines.studio.lyricist.slots import Slots, capital, fill, slots_in, slots_of, title_case
from audiomusic.engines.studio.lyricist.syllables import count_syllables

LINES_DIR = Path(__file__).parent / "lines"
MAX_LINE_SYLLABLES = 14  # one breath
MAX_LINE_MORAE = 18  # in Japanese; morae are shorter
MAX_DIFFERENCE = 2  # syllables between two rhyming lines
MAX_TITLE_CHARS = 60
PAIR_SHARE = 0.35  # how often "Emma and her blue elephant" is the title or hook, if possible
Couplet = list[str]
RESERVES = ("bridges", "pairs", "prechoruses")  # used when a table is exhausted
MAIN_KINDS = ("who", "thing", "clause", "action", "infinitive")


@cache
def lines_of(language: str) -> dict[str, Any]:
    """Load the templates of a language."""
    return tomllib.loads((LINES_DIR / f"{language}.toml").read_text(encoding="utf-8"))


class LyricWriter:
    """Writes one song: uses no template twice, and tracks which facts were sung."""

    def __init__(self, sentence: Sentence, theme: dict[str, list[Couplet]], rng: Random) -> None:
        self.sentence = sentence
        self.language = sentence.language
        self._most = MAX_LINE_MORAE if self.language == "ja" else MAX_LINE_SYLLABLES
        self._lines = lines_of(sentence.language)
        self._theme = theme
        self._rng = rng
        self._used: set[str] = set()
        self._mentions: Counter[str] = Counter()
        self._written: list[str] = []
        self.main = _main(sentence)
        self._place = self._place_beside(self.main)
        self.title = self._title()
        self.chorus = self._chorus()

    # Sections, by the names used in the forms.

    def section(self, part: str) -> list[str]:
        writers = {"chorus": self._same_chorus, "prechorus": self._prechorus, "bridge": self._bridge}
        if part in writers:
            return writers[part]()
        if part.startswith("rap"):
            return self._rap({"rapcouplet": 1, "rap4": 2, "rap8": 4}[part])
        return self._couplets(1) if part == "couplet" and not self._missing() else self._verse()

    def _same_chorus(self) -> list[str]:
        return self.chorus

    def _prechorus(self) -> list[str]:
        return [self._plain(line) for line in self._take("prechoruses", self.sentence.mood)]

    def _verse(self) -> list[str]:
        if self._missing() or not self._mentions:
            return self._quatrain()
        return self._couplets(2)

    def _bridge(self) -> list[str]:
        if self._missing():
            return self._quatrain()
        return [self._plain(line) for _ in range(2) for line in self._take("bridges", self.sentence.mood)]

    def _rap(self, couplets: int) -> list[str]:
        lines: list[str] = []
        if couplets >= 2:
            lines, couplets = self._quatrain(), couplets - 2
        for _ in range(couplets):
            lines += self._deck_couplet("rap") or self._filler()
        return lines

    # Chorus and title.

    def _chorus(self) -> list[str]:
        hook = self._hook()
        pair = self._pair()
        self._written += [hook, *pair]
        return [hook, pair[0], hook, pair[1]]

    def with_second_fact(self) -> list[str]:
        """Return the chorus of a song without verses: its third line adds a new fact."""
        if self._missing():
            self.chorus[2] = self._fact_line()
        return self.chorus

    def _hook(self) -> str:
        for kind, slots in self._ways_to_name():
            hooks = [self._filled(line, slots) for line in self._numbered("hooks", kind, self.main)]
            hooks = [hook for hook in hooks if hook and self._syllables(hook) <= self._most]
            if hooks:
                return self._rng.choice(hooks)
        return capital(_shortened(self.main.text, self.language))

    def _title(self) -> str:
        for kind, slots in self._ways_to_name():
            titles = [self._filled(line, slots) for line in self._numbered("titles", kind, self.main)]
            titles = [title for title in titles if title and len(title) <= MAX_TITLE_CHARS]
            if titles:
                return title_case(self._rng.choice(titles), self.language)
        return title_case(_shortened(self.main.text, self.language), self.language)[:MAX_TITLE_CHARS]

    def _ways_to_name(self) -> Iterable[tuple[str, Slots]]:
        """Yield ways to name the song, the most specific first."""
        slots = slots_of(self.main, self.language)
        if self.sentence.pair and self._rng.random() < PAIR_SHARE:
            yield "pair", {"pair": self.sentence.pair}
        if self.sentence.occasion and (self.main.name or self.sentence.is_occasion_song):
            yield self.sentence.occasion + ("" if self.main.name else "_alone"), slots
        if self.sentence.pair:
            yield "pair", {"pair": self.sentence.pair}
        if self._place and self.main.kind in ("who", "thing", "action", "infinitive") and not self.main.name:
            yield f"{self.main.kind}_place", {**slots, "place": self._place.text}
        if self.main.name:
            yield "name", slots
        yield self.main.kind, slots_of(self.main, self.language, again=True)

    # Verses.

    def _quatrain(self) -> list[str]:
        pair = self._pair()
        first = self._fact_line()
        if not first:
            return [*self._couplets(1), *pair]
        return [first, pair[0], self._fact_line() or self._free_line(), pair[1]]

    def _fact_line(self) -> str:
        """Return a line with the next unsung fact, else one that puts a sung fact in other words."""
        waiting = self._missing()
        for fact in [*waiting, *self._sung_facts()]:
            follower = self._follower(fact, waiting)
            line = (self._line_about(fact, follower) if follower else "") or self._line_about(fact)
            if line:
                self._mentions[fact.text] += 1
                self._written.append(line)
                return line
        return ""

    def _free_line(self) -> str:
        """Return a first or third line without a fact."""
        left = [line for line in self._lines["facts"]["free"] if line not in self._used]
        line = str(self._rng.choice(left or self._lines["facts"]["free"]))
        self._used.add(line)
        return line

    def _line_about(self, fact: Fact, follower: Fact | None = None) -> str:
        is_new = fact in self._missing()
        for kind in ["own"] if self._is_own(fact) else _kinds(fact):
            templates = self._templates("facts", kind)
            for template in self._shuffled(templates):
                line = self._filled(template, slots_of(fact, self.language, again=not is_new))
                if follower:
                    line = f"{line} {follower.text}" if line else ""
                fits = line and self._syllables(line) <= self._most and line not in self._written
                if fits and template not in self._used and (not is_new or _holds(line, fact)):
                    self._used.add(template)
                    return line
        if is_new and not follower:
            return self._bare_line(fact)
        return ""

    def _is_own(self, fact: Fact) -> bool:
        """Whether the clause is in the first person ("I" or "we"): no one else can say it."""
        if fact.kind != "clause" or fact.subject:
            return False
        tables = grammar(self.language)
        return fact.text.split()[0].casefold() in tables.words("pronouns", "own") | tables.first_person

    def _bare_line(self, fact: Fact) -> str:
        """Return a fact too long for any template as a line of its own."""
        line = capital(_shortened(fact.text, self.language))
        return "" if line in self._written else line

    def _follower(self, fact: Fact, waiting: Sequence[Fact]) -> Fact | None:
        """Return the place that follows the fact in the sentence, if lines are scarce."""
        place = waiting.index(fact) + 1 if fact in waiting else len(waiting)
        following = waiting[place] if place < len(waiting) else None
        is_free = self.language not in SIGN_LANGUAGES  # their lines end with a verb
        joins = is_free and following and following.kind in ("place", "route") and fact.kind not in ("raw",)
        return following if joins and len(waiting) > 2 else None

    def _numbered(self, table: str, kind: str, fact: Fact) -> list[Any]:
        """Return the templates of the kind; the plural ones if the fact names several people."""
        lines = self._lines[table]
        several = lines.get(f"{kind}_pl") if fact.number == "pl" and fact.name else None
        return list(several if several is not None else lines.get(kind, []))

    def _templates(self, table: str, kind: str) -> list[str]:
        own = self._lines[table].get(self.sentence.mood, {}).get(kind)
        return list(own if own is not None else self._lines[table].get(kind, []))

    def _missing(self) -> list[Fact]:
        """Return facts with at least one unsung word."""
        sung = " ".join(self._written).casefold()
        return [
            fact for fact in self.sentence.facts if any(word.casefold() not in sung for word in fact.words)
        ]

    def _sung_facts(self) -> list[Fact]:
        facts = [
            fact
            for fact in self.sentence.facts
            if fact not in self._missing() and fact.kind not in ("clause", "raw")
        ]
        return sorted(self._shuffled(facts), key=lambda fact: self._mentions[fact.text])

    def _couplets(self, count: int) -> list[str]:
        """Write couplets about the occasion and the facts, then about the theme."""
        lines: list[str] = []
        asked = [(self.sentence.occasion, self.main)] if self.sentence.occasion else []
        asked += [(kind, fact) for fact in self._sung_facts() for kind in _kinds(fact)[:1]]
        for kind, fact in asked[: max(1, count - 1) + 1]:
            if len(lines) < 2 * count:
                lines += self._couplet(kind, fact)
        while len(lines) < 2 * count:
            lines += self._filler()
        self._written += lines
        return lines[: 2 * count]

    def _couplet(self, kind: str, fact: Fact) -> list[str]:
        for couplet in self._shuffled(self._numbered("couplets", kind, fact)):
            lines = [self._filled(line, slots_of(fact, self.language, again=True)) for line in couplet]
            if couplet[0] not in self._used and all(lines) and self._scans(lines):
                self._mentions[fact.text] += 1
                self._used.add(couplet[0])
                return lines
        return []

    def _filler(self) -> list[str]:
        return self._deck_couplet("couplets") or [
            self._plain(line) for line in self._take("bridges", self.sentence.mood)
        ]

    def _deck_couplet(self, name: str) -> list[str]:
        deck = self._theme.get(name, [])
        return [self._plain(line) for line in deck.pop()] if deck else []

    def _pair(self) -> Couplet:
        return [self._plain(line) for line in self._take("pairs", self.sentence.mood)]

    def _take(self, table: str, mood: Mood) -> Couplet:
        """Return an unused couplet of the mood, else of a plain mood or another table."""
        for name in (table, *RESERVES):
            for feeling in dict.fromkeys((mood, "plain", "past", "bright")):
                left = [couplet for couplet in self._lines[name][feeling] if couplet[0] not in self._used]
                if left:
                    chosen: Couplet = self._rng.choice(left)
                    self._used.add(chosen[0])
                    return chosen
        return list(self._lines[table]["plain"][0])

    def _place_beside(self, fact: Fact) -> Fact | None:
        """Return the place that follows the main fact in the sentence."""
        facts = list(self.sentence.facts)
        following = facts[facts.index(fact) + 1 :][:1] if fact in facts else []
        return next((place for place in following if place.kind == "place"), None)

    def _filled(self, template: str, slots: Slots) -> str:
        """Fill the template, or return "" if the fact lacks a slot."""
        return fill(template, slots, self.language) if slots_in(template) <= slots.keys() else ""

    def _plain(self, line: str) -> str:
        return fill(line, {}, self.language)

    def _scans(self, lines: Sequence[str]) -> bool:
        counts = [self._syllables(line) for line in lines]
        return max(counts) - min(counts) <= MAX_DIFFERENCE and max(counts) <= self._most

    def _syllables(self, line: str) -> int:
        return count_syllables(line, self.language)

    def _shuffled(self, items: Iterable[Any]) -> list[Any]:
        copy = list(items)
        self._rng.shuffle(copy)
        return copy


def _holds(line: str, fact: Fact) -> bool:
    return all(word.casefold() in line.casefold() for word in fact.words)


def _kinds(fact: Fact) -> list[str]:
    return ["name", "who"] if fact.name else [fact.kind]


def _main(sentence: Sentence) -> Fact:
    """Return the song's subject: its first person or thing, else the first fact of any kind."""
    first = next(iter(sentence.facts))
    if first.kind in MAIN_KINDS:
        return first
    return next((fact for fact in sentence.facts if fact.kind in MAIN_KINDS), first)


def _shortened(text: str, language: str) -> str:
    """Return as many of the first words as fit a line."""
    words = text.split()
    while len(words) > 1 and count_syllables(" ".join(words), language) > MAX_LINE_SYLLABLES:
        words.pop()
    return " ".join(words)[:MAX_TITLE_CHARS]
