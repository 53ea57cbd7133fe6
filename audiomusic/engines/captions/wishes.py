"""What a caption asks for, wish by wish, beside the words that say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: What a wish is about, and what its `value` then is:
#: genre          the vocabulary's name ("Synth-pop")
#: mood           an emotion of the vocabulary ("Calm")
#: era            a name of `words/eras.toml` ("1980s")
#: instrument     tuple of instruments of the studio's band, of which one will do
#: drums          a drum piece or kit; None: drums as such
#: voice          tuple of singers, one a voice: "male", "female", "low", "high", "choir", "rap";
#:                () nobody sings
#: tempo          (slowest, fastest) in bpm: both the same where one number is named
#: key            "Eb Minor"; a mode alone: "Minor"
#: metre          "7/8"
#: duration       seconds
#: form           a name of the form table: "no_intro", "no_outro", "starts_with:chorus", "fade_out",
#:                "key_change", "solo:saxophone" …
#: mix            a name of the mix table: "dry", "wide", "louder:drums" …
#: sample         what a loop or one-shot is of
Aspect = Literal[
    "genre",
    "mood",
    "era",
    "instrument",
    "drums",
    "voice",
    "tempo",
    "key",
    "metre",
    "duration",
    "form",
    "mix",
    "sample",
]
#: "only": this and nothing else of its kind; "refuse": none of it.
Polarity = Literal["want", "refuse", "only"]
WishValue = str | float | tuple[str, ...] | tuple[float, float] | None


@dataclass(frozen=True)
class Wish:
    """One thing that a caption asks for."""

    words: str  # as the caption has them
    aspect: Aspect
    value: WishValue
    polarity: Polarity = "want"
    start: int = 0  # where the words begin in the caption, in characters
    nearest_to: str | None = None  # what was asked for where the band has only something near it: "oud"


@dataclass(frozen=True)
class Reading:
    """A caption, read: its wishes in order, what excludes what, and the words that nobody understood."""

    wishes: tuple[Wish, ...] = ()
    not_understood: tuple[str, ...] = ()  # in the caption's order, as written
    settled: tuple[tuple[Wish, str], ...] = ()  # wishes that lost to another, with the reason
