"""Syllable counts of a line from its spelling, in the languages of the lyrics."""

from __future__ import annotations

import re
from functools import lru_cache

_KANA = re.compile(r"[ぁ-ゖァ-ヺー](?<![ゃゅょぁぃぅぇぉャュョァィゥェォ])")
_KANA_ALL = re.compile(r"[ぁ-ヿ]")
_HAN = re.compile(r"[一-鿿㐀-䶿]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]*)?|\d+")
_GROUPS = {
    "en": re.compile(r"[aeiouy]+"),
    "es": re.compile(r"[iuü]?[aeoáéó][iuy]?|[iuü](?![aeoáéó])[iuy]?|í|ú|y(?![aeouáéíóú])"),
    "fr": re.compile(r"[aeiouyàâäéèêëîïôöùûüœæ]+"),
    "pt": re.compile(
        r"(?<=[gq])u[aoeiáéíóâêô][iuo]?|[ãõ][eo]|ao|[aeoáéóâêô][iu](?![nmrzl](?:$|[^aeiou]))|iu|ui(?![rz])"
        r"|[aeiouáéíóúâêôãõàü]"
    ),
    "it": re.compile(
        r"(?<=[gcq])i[aeouòàùé][iu]?|(?<=gl|ch)i[aeou]|(?<=q)u[aeioàèé]|(?<=g)u[aeiàèé]|i[aeoàèòùu][iu]?(?!$)|iù"
        r"|u[oò][iu]?(?!$)|uò|[aeo][iu]|ui|[aeiouàèéìòù]"
    ),
    "de": re.compile(r"aa|ee|ie|oo|ai|au|äu|ei|eu|ui|[aeiouyäöü]"),
}
#: Vowel letters in hiatus: "li-on", "po-et", "cre-ate", "du-et".
_EN_HIATUS = re.compile(
    r"i(?=[ao](?!us))|(?<![gq])u(?=[ao])|e(?=o)|(?<=cr)e(?=a)|(?<=id)e(?=a)|y(?=i)|o(?=e[mt])|u(?=et)"
)
_EN_SOFT = re.compile(r"[cts]i(?=[ao])")  # "station", "special"
#: An unstressed ending merges with a following vowel: "toque alto", "canto os".
_PT_MERGED = re.compile(r"(?<!qu)(?<![bcdgpt]r)(?<=[^\W\d_])[eo](?= h?[aeiouáéíóúâêôãõà])")
_PT_GLIDE = re.compile(r"[áéíóúâêô].*(?:i[ao]|ua)s?$")  # "história", but "dia"
_FR_HIATUS = re.compile(r"é(?=[aeoiu])|[ao](?=ï|ë)")


def count_syllables(text: str, language: str) -> int:
    """Estimate how many syllables a singer makes of the text."""
    if language == "ja":
        return _morae(text)
    if language == "zh":
        return _signs(text)
    folded = text.casefold()
    merged = len(_PT_MERGED.findall(folded)) if language == "pt" else 0
    return sum(_of_word(word, language) for word in _WORD.findall(folded)) - merged


@lru_cache(maxsize=8192)
def _of_word(word: str, language: str) -> int:
    if word[0].isdigit():
        return 2 * len(word)
    pattern = _GROUPS.get(language, _GROUPS["en"])
    if language == "en":
        return _english(word, pattern)
    if language == "fr":
        return _french(word, pattern)
    groups = len(pattern.findall(word)) - (language == "pt" and bool(_PT_GLIDE.search(word)))
    return max(1, groups) if len(word) > 1 or groups else 0


@lru_cache(maxsize=4096)
def _morae(text: str) -> int:
    """Count morae as the voice reads the characters; small ya, yu and yo belong to the preceding kana."""
    from audiomusic.engines.studio.voice.g2p import morphemes_of  # loads torch, which the web process lacks

    kana = "".join(word.kana for word in morphemes_of(text))
    return len(_KANA.findall(kana)) + _signs(_KANA_ALL.sub(" ", kana))


def _signs(text: str) -> int:
    """Count one per Chinese character; Latin words count like English ones."""
    return len(_HAN.findall(text)) + count_syllables(_HAN.sub(" ", text), "en")


def _english(word: str, pattern: re.Pattern[str]) -> int:
    word = word.replace("’", "'")
    count = len(pattern.findall(word))
    count += len(_EN_HIATUS.findall(_EN_SOFT.sub("si", word.replace("sion", "sn").replace("tion", "tn"))))
    count += len(re.findall(r"tion|sion", word)) * 0
    if re.search(r"[^aeiouyl]e$|[aeiou]le$|[^aeiouytd]ed$|[^aeiouyscxzg]es$|[aeiou][tg]hes$", word):
        count -= 1
    if re.search(r"[^aeiouy]ely$|[aeiou][^aeiouy]e(ment|ful|less|ly)", word):
        count -= 1
    return max(1, count)


def _french(word: str, pattern: re.Pattern[str]) -> int:
    """Count syllables without a final silent e: it is not sung before a vowel or at a line's end."""
    word = word.replace("qu", "q").replace("gu", "g")
    count = len(pattern.findall(word)) + len(_FR_HIATUS.findall(word))
    if re.search(r"[^aeiouyéèê](e|es|ent)$", word) and count > 1:
        count -= 1
    return max(1, count) if len(word.rstrip("'’")) > 1 else 0
