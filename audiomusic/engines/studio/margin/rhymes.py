"""Rhyme keys: the sounds that the ends of two lines must share to rhyme, as the voice pronounces them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from audiomusic.engines.studio.voice.phonemes import is_nucleus, letters

UNRHYMED = frozenset({"ja", "ko"})  # songs do not rhyme by their last sounds
BY_FINALS = frozenset({"zh", "cmn", "yue"})
BY_VOWELS = frozenset({"es"})  # equal vowels rhyme (rima asonante), as in all Spanish songs
EXACT = frozenset({"en"})  # similar vowels stay distinct: "sit", "seat"
GLIDES = "iuyjw"  # Chinese glides before the vowel of a final: "liang" rhymes with "fang"
#: Sounds that are not distinguished in singing.
NEAR = str.maketrans("ɛɔʁɾɡʏœʊɪɑθ", "eorrgyøuias")


class Sound(NamedTuple):
    """One phoneme. `stress`: 0 none, 1 secondary, 2 primary."""

    ipa: str
    stress: int
    word: int


def rhyme_of(sounds: Sequence[Sound], language: str) -> str:
    """Return a key that is equal for lines that rhyme.

    The key is "" if the language does not rhyme this way, or if nothing is sounded.
    """
    sounds = [sound for sound in sounds if letters(sound.ipa)]
    nuclei = [place for place, sound in enumerate(sounds) if is_nucleus(sound.ipa)]
    if language in UNRHYMED or not nuclei:
        return ""
    if language in BY_FINALS:
        return _final(sounds[nuclei[-1] :])
    start = _last_stressed(sounds, nuclei)
    ending = sounds[start:]
    if language in BY_VOWELS:
        ending = [sound for sound in ending if is_nucleus(sound.ipa)]
    return " ".join(_plain(sound, language) for sound in ending)


def _last_stressed(sounds: Sequence[Sound], nuclei: Sequence[int]) -> int:
    """Return the index of the last stressed vowel in the last word, or of its last vowel if none is."""
    last = sounds[nuclei[-1]].word
    stressed = [place for place in nuclei if sounds[place].word == last and sounds[place].stress]
    return (stressed or nuclei)[-1]


def _final(sounds: Sequence[Sound]) -> str:
    """Return the vowel of the last Chinese character, without a glide before it, and what follows."""
    plain = [_plain(sound, "zh") for sound in sounds]
    vowel = plain[0].lstrip(GLIDES) or plain[0][-1]
    return " ".join([vowel, *plain[1:]])


def _plain(sound: Sound, language: str) -> str:
    bare = letters(sound.ipa)
    return bare if language in EXACT else bare.translate(NEAR)
