"""What an analysis finds: the shape of it, without what finds it, so that web processes may know it."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

#: Of what is found: raise it where the same audio would be described otherwise.
ANALYSER_VERSION = "2"
#: Where a kept score has what was heard in the audio that its song began as.
HEARD = "heard"


class SongAnalysis(TypedDict):
    """Times in seconds. `melody`: [start, length, MIDI pitch]. `pulse_bpm`: where the beat might as well be
    counted twice or half as fast."""

    bpm: float
    pulse_bpm: list[float]
    keyscale: str
    timesignature: str
    duration: float
    loudness_lufs: float
    tuning_cents: float
    beats: list[float]
    downbeats: list[float]
    chords: list[list[float | str]]
    sections: list[dict[str, float | str]]
    melody: list[list[float]]
    confidence: dict[str, float]
    understood: NotRequired[dict[str, Any]]  # by a language model, where one is set up


class NothingFound(Exception):
    """The audio was read, and there is neither pulse nor pitch in it. The text is a sentence."""
