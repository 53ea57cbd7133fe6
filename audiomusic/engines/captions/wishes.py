"""What a caption asks for, wish by wish, with the words that say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audiomusic.engines.captions.entries import PlayerEntry

#: What a wish is about, and its `value`:
#: genre          the vocabulary's name ("Synth-pop")
#: mood           an emotion of the vocabulary ("Calm")
#: occasion       an occasion of the vocabulary ("Wedding")
#: era            a name of the studio's eras ("80s")
#: instrument     tuple of alternative instruments of the studio's band; if refused, all of them
#: drums          a drum piece; None: drums in general
#: voice          tuple of singers, one per voice: "male", "female", "low", "high", "choir", "rap", or
#:                "any"; (): no one sings. If refused: none of these
#: tempo          (slowest, fastest) in bpm; equal if one number is named
#: pace           the tempo's position in the genre's range: 0 the slow end, 1 the fast end, or beyond
#: key            "Eb Minor"; a mode alone: "Minor"
#: metre          "7/8"
#: duration       seconds
#: form           a name of the form table: "no_intro", "no_outro", "starts_with:chorus", "fade_out",
#:                "key_change", "solo:clean_guitar|driven_guitar" (one of them) …
#: mix            a name of the mix table: "dry", "wet", "wide", "narrow", "louder:drums", "softer:vocals" …
#: sound          a sound that no take has: "autotune", "whisper" …
#: entry          a PlayerEntry: where in the song a player is heard
#: lyrics         tuple of the lines to sing; from the lyrics, never from a caption
#: sample         what a loop or one-shot consists of
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
    "lyrics",
    "mix",
    "sound",
    "sample",
]
#: "only": the band, or the singing, consists of exactly what such wishes name together; "refuse": none of it.
Polarity = Literal["want", "refuse", "only"]
WishValue = str | float | tuple[str, ...] | tuple[float, float] | PlayerEntry | None


@dataclass(frozen=True)
class Wish:
    """One thing that a caption asks for."""

    words: str  # as written in the caption
    aspect: Aspect
    value: WishValue
    polarity: Polarity = "want"
    start: int = 0  # the position of the words in the caption, in characters
    nearest_to: str | None = None  # what was requested, if the band only has something similar: "oud"
    sentence: int | None = None  # for an "only" that names a band by itself: its sentence


@dataclass(frozen=True)
class Reading:
    """A caption's wishes in order, how contradictions were resolved, and the words not understood."""

    wishes: tuple[Wish, ...] = ()
    not_understood: tuple[str, ...] = ()  # in the caption's order, as written
    settled: tuple[tuple[Wish, str], ...] = ()  # wishes overridden by another, with the reason
    subject: tuple[str, ...] = ()  # the subject of the lyrics, as written
    heads: tuple[str, ...] = ()  # genres, the one that decides the style first
