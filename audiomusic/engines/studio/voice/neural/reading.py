"""English lines as hibari reads them: phonemes with the network's tokens for them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from audiomusic.engines.hibari.package import NetworkMissing
from audiomusic.engines.studio.voice.g2p import Part, heard_in
from audiomusic.engines.studio.voice.neural.network import Encoded, load_network
from audiomusic.engines.studio.voice.phonemes import PhonemeClass, classify
from audiomusic.engines.studio.voice.speech import Segment, Speech, SpokenWord
from audiomusic.engines.studio.voice.syllables import VOWEL_LETTERS, find_nuclei

#: The pace at which phoneme lengths are taken from the network: consonants keep them, vowels are held.
PACE = 0.7
#: Appended to each line and not sung. Without it the network would let the last vowel die away as at the
#: end of a sentence, and a note that holds the vowel would be silent.
GOES_ON = " ʌv ðˈɪs"
MOST_TOKENS = 380  # per line: the network was made for sentences of at most 400
#: Shorter consonants are not heard in song; the network speaks some in 36 ms.
SHORTEST_S = {
    PhonemeClass.SONORANT: 0.05, PhonemeClass.VOICED_FRICATIVE: 0.05, PhonemeClass.VOICED_STOP: 0.05,
    PhonemeClass.VOICELESS: 0.05,
}  # fmt: skip
STOPS = (PhonemeClass.VOICELESS, PhonemeClass.VOICED_STOP)
#: The network's letters for sounds that take two letters in IPA.
IPA = {
    "A": "eɪ", "I": "aɪ", "O": "oʊ", "W": "aʊ", "Y": "ɔɪ", "Q": "əʊ", "T": "ɾ", "ᵊ": "ə", "ʤ": "dʒ",
    "ʧ": "tʃ",
}  # fmt: skip
STRESS = {"ˈ": 2, "ˌ": 1}
LENGTH_MARK = "ː"
#: "fire", "hour": sung on one note, although the dictionary counts two vowels.
_ONE_NOTE = re.compile(r"([IW])ə(?=ɹ)")
_ONE_NOTE_MARK = "\u0361"  # a tie, which is not one of the network's letters
#: Words sung differently than spoken: "ev'ry". The tapped t of "water" stays: a clear t was understood less
#: well (in 20 lines 8.5 % of the woman's and 6.3 % of the man's words were misheard, against 7.0 and 3.5 %).
_SUNG = ((re.compile("ɛvəɹi"), "ɛvɹi"),)


class SungToken(NamedTuple):
    """One of the network's letters: its index in the line's tokens, and its spoken length."""

    place: int
    seconds: float
    is_held: bool  # by a long note


@dataclass(frozen=True, eq=False)
class NeuralSpeech(Speech):
    """A line read by the network: no samples, but the tokens of each of `segments` and their features."""

    tokens: tuple[tuple[SungToken, ...], ...] = ()
    encoded: Encoded | None = None

    @property
    def last_blank(self) -> int:
        """The index of the silent token after the line."""
        return 0 if self.encoded is None else self.encoded.decoder.shape[1] - 1


class _Unit(NamedTuple):
    """A phoneme under construction.

    In a stressed vowel, a long note holds the stress mark: the network renders the vowel itself there, and
    what follows (a glide, a stop's closure) in the letter after it.
    """

    ipa: str
    stress: int
    word: int
    places: list[int]
    held: int  # index of the letter that a long note holds


def read_part(part: Part, line: str) -> NeuralSpeech | None:
    """Return the network's reading of `part`, which is the whole of `line`, or None if it cannot read it.

    A missing network is logged.
    """
    try:
        return _read(part, line)
    except NetworkMissing:
        return None


@lru_cache(maxsize=256)
def _read(part: Part, line: str) -> NeuralSpeech | None:
    network = load_network()
    words = [match.span() for match in re.finditer(r"\S+", part.said)]
    spoken = phonemes_of(part.said)
    if len(spoken) != len(words):
        return None
    letters, tied = _tokens(spoken, network.tokens)
    if not letters or len(letters) > MOST_TOKENS:
        return None
    asked = "".join(letter for letter, _ in letters) + GOES_ON
    encoded = network.encode([network.tokens[letter] for letter in asked], PACE)
    units = _units(letters, tied)
    segments, tokens, at_s = [], [], 0.0
    for unit in units:
        # the first of the encoder's tokens is a blank
        made = tuple(
            SungToken(place + 1, float(encoded.seconds[place + 1]), place == unit.held)
            for place in unit.places
        )
        end_s = at_s + max(sum(token.seconds for token in made), SHORTEST_S.get(classify(unit.ipa), 0.0))
        segments.append(Segment(at_s, end_s, unit.ipa, unit.stress, unit.word))
        tokens.append(made)
        at_s = end_s
    last = len(part.origins) - 1
    places = tuple(SpokenWord(part.origins[a], part.origins[min(b - 1, last)] + 1) for a, b in words)
    if not find_nuclei(segments):
        return None
    heard, nothing = heard_in(line, part.language), np.zeros(0, np.int16)
    return NeuralSpeech(heard, nothing, 24_000, 0.0, tuple(segments), places, tuple(tokens), encoded)


def _tokens(spoken: Sequence[str], known: dict[str, int]) -> tuple[list[tuple[str, int]], set[int]]:
    """Return (each letter with its word index, the indices of letters that belong to the vowel before)."""
    letters: list[tuple[str, int]] = []
    tied: set[int] = set()
    for word, phonemes in enumerate(spoken):
        if letters and phonemes:
            letters.append((" ", word))
        for pattern, sung in _SUNG:
            phonemes = pattern.sub(sung, phonemes)
        for letter in _ONE_NOTE.sub(rf"\1{_ONE_NOTE_MARK}ə", phonemes):
            if letter == _ONE_NOTE_MARK:
                tied.add(len(letters))
            elif letter in known:
                letters.append((letter, word))
    return letters, tied


def _units(letters: Sequence[tuple[str, int]], tied: set[int]) -> list[_Unit]:
    """Group letters into phonemes.

    A stress mark joins the vowel after it. The space before a stop is the stop's closure and joins it;
    before other sounds it would leave a gap in the song, so it is left out.
    """
    units: list[_Unit] = []
    stress, waiting = 0, []
    for place, (letter, word) in enumerate(letters):
        if letter in STRESS:
            stress, waiting = STRESS[letter], [place]
        elif letter == " ":
            waiting = [place]
        elif units and (letter == LENGTH_MARK or place in tied):
            units[-1].places.append(place)
        else:
            ipa = IPA.get(letter, letter)
            kind = classify(ipa)
            if kind is PhonemeClass.PAUSE:
                continue
            if waiting and letters[waiting[0]][0] == " " and kind not in STOPS:
                waiting = []
            is_vowel = kind is PhonemeClass.VOWEL
            held = waiting[0] if waiting and is_vowel else place
            units.append(_Unit(ipa, stress if is_vowel else 0, word, [*waiting, place], held))
            stress, waiting = (0 if is_vowel else stress), []
    return units


_LOCK = threading.Lock()


def phonemes_of(text: str) -> list[str]:
    """Return the phonemes of each blank-separated word, in the network's letters."""
    words = [_plain(word) for word in text.replace("’", "'").split()]
    reader = load_network().reader
    with _LOCK:  # its tagger and its network for unknown words are not documented as thread-safe
        found = reader.phonemize_tokens(reader.tokenize(" ".join(words)))
    return list(_by_word(found))


def _plain(word: str) -> str:
    """Return `word` in lower case, except all-capital words without a vowel ("TV").

    The reader spells out capitals, and would read a long repetition of "aA" as hundreds of words.
    """
    return word if word.isupper() and not VOWEL_LETTERS & set(word.lower()) else word.lower()


def _by_word(tokens: Iterable[Any]) -> Iterable[str]:
    """Join the reader's tokens into blank-separated words; a word may have several ("can" "'t")."""
    word, is_open = "", False
    for token in tokens:
        word, is_open = word + (token.phonemes or ""), True
        if token.whitespace:
            yield word.strip()
            word, is_open = "", False
    if is_open:
        yield word.strip()
