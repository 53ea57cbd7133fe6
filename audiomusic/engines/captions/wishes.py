"""What a caption asks for, wish by wish, beside the words that say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audiomusic.engines.captions.entries import PlayerEntry

#: What a wish is about, and what its `value` then is:
#: genre          the vocabulary's name ("Synth-pop")
#: mood           an emotion of the vocabulary ("Calm")
#: occasion       an occasion of the vocabulary ("Wedding")
#: era            a name of the studio's eras ("80s")
#: instrument     tuple of instruments of the studio's band, of which one will do; refused, all of them
#: drums          a drum piece; None: drums as such
#: voice          tuple of singers, one a voice: "male", "female", "low", "high", "choir", "rap", or
#:                "any"; () nobody sings. Refused: none of these
#: tempo          (slowest, fastest) in bpm: both the same where one number is named
#: pace           where in the genre's range the tempo lies: 0 the slow end, 1 the fast end, or beyond
#: key            "Eb Minor"; a mode alone: "Minor"
#: metre          "7/8"
#: duration       seconds
#: form           a name of the form table: "no_intro", "no_outro", "starts_with:chorus", "fade_out",
#:                "key_change", "solo:clean_guitar|driven_guitar" (one of them) …
#: mix            a name of the mix table: "dry", "wet", "wide", "narrow", "louder:drums", "softer:vocals" …
#: sound          what no take has: "autotune", "whisper" …
#: entry          an PlayerEntry: where in the song a player is heard
#: sample         what a loop or one-shot is of
Aspect = Literal[
    "genre",
    "mood",
    "occasion",
    "era",
    "instrument",
    "drums",
    "voice",
    "tempo",
    "pace",
    "key",
    "metre",
    "duration",
    "form",
    "entry",
    "mix",
    "sound",
    "sample",
]
#: "only": the band, or the singing, is what such wishes name together, and no more; "refuse": none of it.
Polarity = Literal["want", "refuse", "only"]
WishValue = str | float | tuple[str, ...] | tuple[float, float] | PlayerEntry | None


@dataclass(frozen=True)
class Wish:
    """One thing that a caption asks for."""

    words: str  # as the caption has them
    aspect: Aspect
    value: WishValue
    polarity: Polarity = "want"
    start: int = 0  # where the words begin in the caption, in characters
    nearest_to: str | None = None  # what was asked for where the band has only something near it: "oud"
    sentence: int | None = None  # of an "only": in which it is said, where it names a band by itself


@dataclass(frozen=True)
class Reading:
    """A caption, read: its wishes in their order, what excludes what, and the words not understood."""

    wishes: tuple[Wish, ...] = ()
    not_understood: tuple[str, ...] = ()  # in the caption's order, as written
    settled: tuple[tuple[Wish, str], ...] = ()  # wishes that lost to another, with the reason
    subject: tuple[str, ...] = ()  # what the words shall be about, as written
    heads: tuple[str, ...] = ()  # genres, the one that decides how it is played first
