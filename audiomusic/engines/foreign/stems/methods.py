"""Which parts can be guessed from sound, and how: without what does it, so that web processes may know."""

from __future__ import annotations

from typing import Literal

SplitName = Literal["drums", "percussion", "bass", "vocals"]

#: Part -> how it is found, as `effective.method` tells it.
METHODS: dict[SplitName, str] = {
    "drums": "percussive: all that is struck, by harmonic-percussive separation",
    "percussion": "percussive: all that is struck, by harmonic-percussive separation",
    "bass": "low harmonics: the lowest steady tones with their overtones",
    "vocals": "two stems: a separation model",
}
WITHOUT_MODEL: tuple[SplitName, ...] = ("drums", "bass", "percussion")


class StemsUnavailable(Exception):
    """Separating failed; the text is a sentence."""
