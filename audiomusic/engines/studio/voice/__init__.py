"""The singing synthesizer: from lyrics and a melody to a sung or rapped voice.

`sing` is imported on first use because it imports torch; web processes only read lines and do not load it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audiomusic.engines.studio.voice.g2p import hummed_words
from audiomusic.engines.studio.voice.reading import choose_reader, english_fallback
from audiomusic.engines.studio.voice.singers import SINGERS, Singer, choose_singer, find_singer
from audiomusic.engines.studio.voice.speech import can_pronounce
from audiomusic.engines.studio.voice.syllables import syllabify

if TYPE_CHECKING:
    from audiomusic.engines.studio.voice.performance import sing

__all__ = [
    "SINGERS",
    "Singer",
    "can_pronounce",
    "choose_reader",
    "choose_singer",
    "english_fallback",
    "find_singer",
    "hummed_words",
    "sing",
    "syllabify",
]


def __getattr__(name: str) -> Any:
    if name != "sing":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from audiomusic.engines.studio.voice.performance import sing

    return sing
