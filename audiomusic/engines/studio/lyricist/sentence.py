"""The content of a one-sentence wish: the people, things, places and actions of its song."""

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
    """One thing that the sentence says, in its own words, capitalised as inside a sentence.

    who: a person; thing: a noun phrase; place, route: with its preposition; action: a verb phrase without a
    subject; infinitive: such a phrase in a Romance language; clause: a whole clause; raw: words that no rule
    matches.
    """

    kind: FactKind
    text: str
    words: tuple[str, ...] = ()  # those in `text` that carry meaning
    article: str = ""
    bare: str = ""  # `text` without its article
    name: str = ""  # "Mia" in "my sister Mia"
    gender: Gender = ""
    number: Number = "sg"
    case: Case = "nom"
    subject: str = ""  # who acts, in a clause


@dataclass(frozen=True)
class Sentence:
    """The content of a sentence. `facts` are in the order in which the song should mention them."""

    language: str
    facts: tuple[Fact, ...] = ()
    occasion: str = ""  # "birthday", "wedding"…
    is_occasion_song: bool = True  # "a birthday song", not "a cake for your birthday"
    mood: Mood = "plain"
    pair: str = ""  # "Emma and her blue elephant"
    names: tuple[str, ...] = field(default_factory=tuple)
