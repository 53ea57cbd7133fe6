"""The shape of an analysis, without the code that makes it, so that web processes can import it."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

#: The version of the analysis: increment it when the same audio would be described differently.
ANALYSER_VERSION = "2"
#: The key in a stored score of the analysis of the audio that its song started from.
HEARD = "heard"


class SongAnalysis(TypedDict):
    """Times in seconds. `melody`: [start, length, MIDI pitch]. `pulse_bpm`: the tempos at half and twice the
    pulse, which may be equally valid."""

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
    understood: NotRequired[dict[str, Any]]  # from a language model, if one is set up


class NothingFound(Exception):
    """The audio was read but has neither pulse nor pitch. Carries a message."""
