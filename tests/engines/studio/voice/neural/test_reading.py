"""How the network reads English lines, and that composer and voice count the same syllables."""

import pytest

from audiomusic.engines.studio.voice import syllabify
from audiomusic.engines.studio.voice.neural.reading import NeuralSpeech
from audiomusic.engines.studio.voice.reading import choose_reader, read_line
from audiomusic.engines.studio.voice.syllables import find_nuclei, words_of

LINES = (
    ("walking down the river in the morning", 10),
    ("every little light", 5),
    ("fire in the hour", 4),
    ("don't you know I'm gonna go", 7),
    ("hmm ooh yeah", 4),
    ("eleven crows, and 7 doves", 8),
    ("WE SAY HELLO", 4),
    ("my TV", 3),
    ("zyzzyva", 3),
)


@pytest.mark.parametrize(("text", "count"), LINES)
def test_syllables_are_counted_as_they_are_sung(text, count):
    [syllables] = syllabify([text], "en", "hibari")
    assert len(syllables) == count
    speech = read_line(text, "en", "hibari")
    assert isinstance(speech, NeuralSpeech) and len(find_nuclei(speech.segments)) == count
    assert "".join(s.text for s in syllables) == text.replace(" ", "")


def test_each_phoneme_has_its_tokens_and_their_lengths():
    speech = read_line("little light", "en", "hibari")
    assert len(speech.tokens) == len(speech.segments)
    places = [token.place for row in speech.tokens for token in row]
    assert places == sorted(set(places)) and places[0] == 1
    for segment, row in zip(speech.segments, speech.tokens, strict=True):
        assert segment.end_s - segment.start_s >= sum(token.seconds for token in row) - 1e-6
        assert sum(token.is_held for token in row) == 1
    assert [word.text for word in words_of("little light", speech)] == ["little", "light"]


@pytest.mark.parametrize(
    ("text", "language"),
    [("la vie en rose", "fr"), ("心の中に I love you", "en"), ("привет my friend", "en"), ("?!", "en")],
)
def test_all_other_lines_stay_with_espeak(text, language):
    assert not isinstance(read_line(text, language, "hibari"), NeuralSpeech)


def test_a_line_that_is_too_long_for_the_network_stays_with_espeak():
    assert not isinstance(read_line("w " * 200, "en", "hibari"), NeuralSpeech)


def test_a_score_that_names_espeak_is_read_by_espeak():
    assert not isinstance(read_line("hello", "en", "espeak"), NeuralSpeech)


def test_the_network_reads_english_songs_alone():
    assert choose_reader("en") == choose_reader("en-gb") == "hibari"
    assert choose_reader("de") == choose_reader("") == choose_reader("en", is_sung=False) == "espeak"


@pytest.mark.parametrize("text", ["'" * 400, "aA" * 200, "a'" * 200, "x" * 400, "ing" * 130, "'a' " * 90])
def test_what_is_no_words_is_read_somehow_and_soon(text):
    assert syllabify([text], "en", "hibari")
