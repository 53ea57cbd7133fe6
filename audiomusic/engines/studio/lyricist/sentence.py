"""What a one-sentence wish tells: the people, things, places and actions that its song is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

FactKind = Literal["who", "thing", "place", "route", "action", "infinitive", "clause", "raw"]
Gender = Literal["m", "f", "n", ""]
Number = Literal["sg", "pl"]
Case = Literal["nom", "acc", "dat"]
Mood = Literal["bright", "calm", "sad", "past", "plain"]


@dataclass(frozen=True)
class Fact:
    """One thing the sentence says, in its own words, cased as inside a sentence.

    who: a person; thing: a noun phrase; place, route: with its preposition; action: a verb phrase
    without a subject, as infinitive in Spanish and French; clause: a whole one; raw: words that no rule knew.
    """

    kind: FactKind
    text: str
    words: tuple[str, ...] = ()  # those of `text` that carry meaning
    article: str = ""
    bare: str = ""  # `text` without its article
    name: str = ""  # "Mia" of "my sister Mia"
    gender: Gender = ""
    number: Number = "sg"
    case: Case = "nom"
    subject: str = ""  # who does it, in a clause


@dataclass(frozen=True)
class Sentence:
    """A sentence, read. `facts` are in the order in which the song should come to them."""

    language: str
    facts: tuple[Fact, ...] = ()
    occasion: str = ""  # "birthday", "wedding"…
    is_occasion_song: bool = True  # "a birthday song", not "a cake for your birthday"
    mood: Mood = "plain"
    pair: str = ""  # "Emma and her blue elephant"
    names: tuple[str, ...] = field(default_factory=tuple)
