"""A line's syllable count and rhyme, from the voice's own reading of it."""

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
    """The sounds of a line, without its ad-lib, which a second voice sings."""

    syllables: int
    rhyme: str  # equal for lines that rhyme; "" for none


@lru_cache(maxsize=CACHED_LINES)
def line_sounds(line: str, language: str) -> LineSounds:
    """Return the sounds of `line`. Raises SpeechFailed if the speech server cannot be reached."""
    segments = pronounce(split_ad_lib(line)[0], language).segments
    sounds = [Sound(segment.ipa, segment.stress, segment.word) for segment in segments]
    return LineSounds(len(find_nuclei(segments)), rhyme_of(sounds, language.partition("-")[0]))
