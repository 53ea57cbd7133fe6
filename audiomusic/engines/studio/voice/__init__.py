"""The singer: lyrics and a melody become a sung or rapped voice."""

from audiomusic.engines.studio.voice.g2p import hummed_words
from audiomusic.engines.studio.voice.performance import sing
from audiomusic.engines.studio.voice.reading import choose_reader, english_fallback
from audiomusic.engines.studio.voice.singers import SINGERS, Singer, choose_singer, find_singer
from audiomusic.engines.studio.voice.speech import can_pronounce
from audiomusic.engines.studio.voice.syllables import syllabify

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
