"""Phoneme classes: whether a phoneme is a vowel, whether it is voiced, how noisy it is.

Phonemes are IPA as espeak writes it: with length marks, diacritics and small letters.
"""

from __future__ import annotations

import unicodedata
from enum import Enum
from functools import cache

VOWELS = frozenset("aeiouyøœɶæɐɑɒɔəɘɛɜɞɤɪɨɵɯʊʉʌʏɚɝᵻ")
SONORANTS = frozenset("mnŋɲɱɳɴlɫɭʎʟɹrɾɽɻʀjɥwɰʋʲ")
VOICED_FRICATIVES = frozenset("vzðʒʑʐɣβʕʝʁɦɮ")
VOICED_STOPS = frozenset("bdɡgɟɢɖɓɗ")
#: Consonants that can carry a syllable on their own ("prst", "vlk"), best first.
SYLLABIC = "rɾɹlɫnmŋ"
SYLLABIC_MARK = "\u0329"


class PhonemeClass(Enum):
    """How a phoneme is voiced, which decides how it is synthesized."""

    VOWEL = "vowel"
    SONORANT = "sonorant"
    VOICED_FRICATIVE = "voiced fricative"
    VOICED_STOP = "voiced stop"
    VOICELESS = "voiceless"
    PAUSE = "pause"


def letters(ipa: str) -> str:
    """Return `ipa` without diacritics: "ä" is "a", "ɯᵝ" is "ɯ", "n̩" is "n"."""
    return "".join(c for c in unicodedata.normalize("NFD", ipa) if unicodedata.category(c) in ("Ll", "Lo"))


@cache
def classify(ipa: str) -> PhonemeClass:
    """Return the class of one phoneme.

    Any vowel letter makes it a vowel ("əl", "aɪɚ"); otherwise the first letter decides, so "dʒ" is a voiced
    stop and "tʃ" is voiceless.
    """
    bare = letters(ipa) + ("ʲ" if ipa.startswith("ʲ") else "")
    if not bare:
        return PhonemeClass.PAUSE
    if VOWELS & set(bare):
        return PhonemeClass.VOWEL
    for members, kind in (
        (SONORANTS, PhonemeClass.SONORANT),
        (VOICED_FRICATIVES, PhonemeClass.VOICED_FRICATIVE),
        (VOICED_STOPS, PhonemeClass.VOICED_STOP),
    ):
        if bare[0] in members:
            return kind
    return PhonemeClass.VOICELESS


def is_nucleus(ipa: str) -> bool:
    """Return whether the phoneme forms a syllable by itself."""
    decomposed = unicodedata.normalize("NFD", ipa)
    return classify(ipa) is PhonemeClass.VOWEL or SYLLABIC_MARK in decomposed


@cache
def is_diphthong(ipa: str) -> bool:
    """Return whether the vowel moves from one target to another."""
    return len(set(letters(ipa)) & VOWELS) > 1
