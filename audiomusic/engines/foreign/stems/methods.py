"""The stems that can be estimated, and how, without the code that does it, so that web processes can import
it."""

from __future__ import annotations

from typing import Literal

SplitName = Literal["drums", "percussion", "bass", "vocals"]

#: Stem -> its method, as reported in `effective.method`.
METHODS: dict[SplitName, str] = {
    "drums": "percussive: all that is struck, by harmonic-percussive separation",
    "percussion": "percussive: all that is struck, by harmonic-percussive separation",
    "bass": "low harmonics: the lowest steady tones with their overtones",
    "vocals": "two stems: a separation model",
}
WITHOUT_MODEL: tuple[SplitName, ...] = ("drums", "bass", "percussion")


class StemsUnavailable(Exception):
    """Separation failed; carries a message."""
