"""How many syllables the voice makes of a line, and what it rhymes on. Read as the voice reads it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from audiomusic.engines.studio.lyrics import split_ad_lib
from audiomusic.engines.studio.margin.rhymes import Sound, rhyme_of
from audiomusic.engines.studio.voice.speech import pronounce
from audiomusic.engines.studio.voice.syllables import find_nuclei

CACHED_LINES = 4096


@dataclass(frozen=True)
class LineSounds:
    """What a line sounds like; its ad-lib, which a second voice sings, is not counted."""

    syllables: int
    rhyme: str  # equal for lines that rhyme; "" for none


@lru_cache(maxsize=CACHED_LINES)
def line_sounds(line: str, language: str) -> LineSounds:
    """Raises SpeechFailed where the speech server cannot be reached."""
    segments = pronounce(split_ad_lib(line)[0], language).segments
    sounds = [Sound(segment.ipa, segment.stress, segment.word) for segment in segments]
    return LineSounds(len(find_nuclei(segments)), rhyme_of(sounds, language.partition("-")[0]))
