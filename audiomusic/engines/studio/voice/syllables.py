"""Syllables as the voice pronounces them, so that notes and sound have the same number of them."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from audiomusic.engines.studio.lyrics import MAX_SYLLABLES, count_syllables, is_singable
from audiomusic.engines.studio.score import Reader, Syllable
from audiomusic.engines.studio.voice.g2p import HUM
from audiomusic.engines.studio.voice.phonemes import SYLLABIC, PhonemeClass, classify, is_nucleus, letters
from audiomusic.engines.studio.voice.reading import read_line
from audiomusic.engines.studio.voice.speech import Segment, Speech

VOWEL_LETTERS = frozenset("aeiouyæøœаеиоуыэюяєіїαεηιουω")
#: Scripts written without spaces, by the first word of their Unicode names. There, each unit that espeak
#: finds is a word.
_SPACELESS = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
#: Scripts in which a character is a syllable.
_SYLLABARIES = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")


@dataclass(frozen=True)
class Word:
    """A word of the line, and the syllable nuclei it is sung on (indices into Speech.segments)."""

    text: str
    nuclei: tuple[int, ...]


def syllabify(texts: Sequence[str], language: str, reader: Reader = "espeak") -> list[list[Syllable]]:
    """Return the syllables of each line as `reader` will pronounce them in `language`.

    A line that cannot be pronounced, or in an unknown language, gets as many hums as it seems to have
    syllables. A line without letters gets none.
    """
    return [syllables_of(text, read_line(text, language, reader)) or _hums(text) for text in texts]


def _hums(text: str) -> list[Syllable]:
    if not is_singable(text):
        return []
    count = min(max(count_syllables(text), 1), MAX_SYLLABLES)
    return [Syllable(HUM, 0, place == 0) for place in range(count)]


def syllables_of(text: str, speech: Speech) -> list[Syllable]:
    """Return one Syllable for every nucleus in `speech`, the reading of `text`."""
    syllables = []
    for word in words_of(text, speech):
        parts = split_letters(word.text, len(word.nuclei))
        for place, (nucleus, part) in enumerate(zip(word.nuclei, parts, strict=True)):
            syllables.append(Syllable(part, speech.segments[nucleus].stress, place == 0))
    return syllables


def words_of(text: str, speech: Speech) -> list[Word]:
    """Return the words of `text` with the nuclei each is sung on. Words without one join a neighbour."""
    nuclei = find_nuclei(speech.segments)
    if not nuclei:
        return []
    tokens = [match.span() for match in re.finditer(r"\S+", text[: len(speech.text)])]
    starts = _word_starts(text, speech, tokens)
    owners = [_owner(speech, nucleus, starts) for nucleus in nuclei]
    words: list[Word] = []
    for index, start in enumerate(starts):
        end = starts[index + 1] if index + 1 < len(starts) else len(speech.text)
        owned = [n for n, owner in zip(nuclei, owners, strict=True) if owner == index]
        words += _share_out(_pieces(text, speech.text, start, end), owned)
    return _join_silent(words)


def find_nuclei(segments: Sequence[Segment]) -> list[int]:
    """Return the indices of the segments that each form a syllable, in order."""
    nuclei = [i for i, segment in enumerate(segments) if is_nucleus(segment.ipa)]
    voiced_words = {segments[i].word for i in nuclei}
    for word in {segment.word for segment in segments} - voiced_words:
        best = _syllabic_consonant([i for i, s in enumerate(segments) if s.word == word], segments)
        nuclei += best
    return sorted(nuclei)


def _syllabic_consonant(word: list[int], segments: Sequence[Segment]) -> list[int]:
    """Return the consonant that carries a word without vowels; none in a word of one phoneme ("в")."""
    sounded = [i for i in word if classify(segments[i].ipa) is not PhonemeClass.PAUSE]
    if len(sounded) < 2:
        return []
    ranked = [
        (SYLLABIC.index(b[0]), i) for i in sounded if (b := letters(segments[i].ipa)) and b[0] in SYLLABIC
    ]
    return [min(ranked)[1]] if ranked else []


def _word_starts(text: str, speech: Speech, tokens: list[tuple[int, int]]) -> list[int]:
    """Return the character where each sung unit starts: at tokens, and at words of spaceless scripts."""
    token_starts = [start for start, _ in tokens]
    starts: set[int] = set()
    for word in speech.words:
        token = bisect_right(token_starts, word.text_start) - 1
        inside = token >= 0 and _is_spaceless(text[word.text_start : word.text_start + 1])
        starts.add(word.text_start if inside else token_starts[max(token, 0)])
    return sorted(starts) or [0]


def _owner(speech: Speech, nucleus: int, starts: list[int]) -> int:
    word = speech.segments[nucleus].word
    position = speech.words[word].text_start if word >= 0 else 0
    return max(bisect_right(starts, position) - 1, 0)


def _is_spaceless(character: str) -> bool:
    return unicodedata.name(character, "").startswith(_SPACELESS) if character else False


def _pieces(text: str, spoken: str, start: int, end: int) -> list[str]:
    """Return the tokens of a unit; unspoken tokens join the one before."""
    pieces: list[str] = []
    for match in re.finditer(r"\S+", text[start:end]):
        heard = spoken[start + match.start() : start + match.end()].strip()
        if pieces and not heard:
            pieces[-1] += " " + match.group()
        else:
            pieces.append(match.group())
    return pieces or [text[start:end]]


def _share_out(pieces: list[str], nuclei: list[int]) -> list[Word]:
    """Return one Word per piece, with nuclei distributed by the number of vowels each piece shows."""
    words = []
    for place, piece in enumerate(pieces):
        later = len(pieces) - place - 1
        wanted = max(1, len(_without_silent_e(piece, _vowel_groups(piece)))) if later else len(nuclei)
        taken = max(0, min(wanted, len(nuclei) - later))
        words.append(Word(piece, tuple(nuclei[:taken])))
        nuclei = nuclei[taken:]
    return words


def _join_silent(words: list[Word]) -> list[Word]:
    """Join each word without a nucleus (Russian "в") to the next word, and the last one to the previous."""
    joined: list[Word] = []
    waiting = ""
    for word in words:
        if not word.nuclei:
            waiting += word.text + " "
            continue
        joined.append(Word(waiting + word.text, word.nuclei))
        waiting = ""
    if waiting and joined:
        joined[-1] = Word(f"{joined[-1].text} {waiting.strip()}", joined[-1].nuclei)
    return joined


def split_letters(word: str, count: int) -> list[str]:
    """Split `word` into `count` parts, each cut before the consonant that leads into a vowel if possible.

    Joining the parts gives the word back. If the letters show too few vowels, the cuts are evenly spaced.
    """
    groups = _vowel_groups(word)
    if len(groups) > count:
        groups = _without_silent_e(word, groups)
    if len(groups) < count:
        cuts = [round(len(word) * part / count) for part in range(1, count)]
    else:
        cuts = [_cut_before(word, groups[i - 1][1], groups[i][0]) for i in range(1, count)]
    edges = [0, *cuts, len(word)]
    return [word[a:b] for a, b in zip(edges, edges[1:], strict=False)]


def _vowel_groups(word: str) -> list[tuple[int, int]]:
    """Return spans of adjacent vowel letters; a character that is a whole syllable is its own span."""
    flags = "".join(_letter_kind(c) for c in word)
    return [match.span() for match in re.finditer("v+|s", flags)]


def _letter_kind(character: str) -> str:
    """Return v for a vowel, s for a whole syllable, c for anything else."""
    if unicodedata.name(character, "").startswith(_SYLLABARIES):
        return "s"
    return "v" if unicodedata.normalize("NFD", character)[0].lower() in VOWEL_LETTERS else "c"


def _without_silent_e(word: str, groups: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return `groups` without a final silent e ("fire", "wished")."""
    ending = word.lower().rstrip(".,;:!?…\"')")
    silent = re.search(r"[^aeiouyl]e[ds]?$", ending) is not None
    return groups[:-1] if silent and len(groups) > 1 else groups


def _cut_before(word: str, vowel_end: int, next_vowel: int) -> int:
    """Return where to cut the consonants between two vowels: the last one goes with the later vowel."""
    consonants = next_vowel - vowel_end
    if word[next_vowel - 2 : next_vowel].lower() in ("th", "sh", "ch", "ph", "qu") and consonants > 1:
        return next_vowel - 2
    return next_vowel - 1 if consonants else next_vowel
