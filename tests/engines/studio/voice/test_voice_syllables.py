"""Syllables: as many as espeak sings, with their letters as closely as they can be assigned."""

import pytest

from audiomusic.engines.studio.voice import syllabify
from audiomusic.engines.studio.voice.speech import TEXT_LIMIT, speak
from audiomusic.engines.studio.voice.syllables import find_nuclei, split_letters, words_of


def texts_of(line, language="en"):
    return [("" if s.word_start else "-") + s.text for s in syllabify([line], language)[0]]


def test_a_line_is_divided_into_syllables():
    assert texts_of("walking to the river") == ["wal", "-king", "to", "the", "ri", "-ver"]


def test_stress_is_told():
    assert [s.stress for s in syllabify(["remember the summer"], "en")[0]] == [0, 2, 0, 0, 2, 0]


@pytest.mark.parametrize(
    ("line", "language", "count"),
    [
        ("in the middle of the night", "en", 7),
        ("Über den Dächern scheint der Mond", "de", 8),
        ("Je t'aime encore", "fr", 4),
        ("la noche está llena de estrellas", "es", 11),
        ("月亮代表我的心", "zh", 7),
        ("사랑해 너를 정말", "ko", 7),
        ("я тебя люблю", "ru", 5),
        ("anh yêu em", "vi", 3),
        ("prst i vrt", "hr", 3),
        ("さくらのはな", "ja", 6),
    ],
)
def test_known_counts(line, language, count):
    assert len(syllabify([line], language)[0]) == count


def test_every_word_keeps_its_letters():
    line = "Oh, don't you know — I'm rock-n-roll, baby!"
    joined = "".join(s.text for s in syllabify([line], "en")[0])
    assert joined.replace(" ", "") == line.replace(" ", "")


def test_words_that_espeak_joins_are_told_apart():
    line = "in the garden of the king"
    assert [word.text for word in words_of(line, speak(line, "en"))] == line.split()


def test_a_word_without_a_vowel_is_sung_with_its_neighbour():
    line = "в доме"
    assert [word.text for word in words_of(line, speak(line, "ru"))] == ["в доме"]


@pytest.mark.parametrize("line", ["", " ", "🎵🎵", "...", "\0\0", "\u202e\u202d", "\ud800"])
def test_a_line_that_cannot_be_pronounced_has_no_syllables(line):
    assert syllabify([line], "en") == [[]]


@pytest.mark.parametrize(
    "line",
    ["la " * 4000, "x" * 10_000, "a\u0301" * 300, "שלום hello мир 你好", "1️⃣ 2️⃣ 99999999999", "<b>&amp;[[x]]"],
)
def test_hostile_lines_are_bounded_and_agree_with_the_sound(line):
    syllables = syllabify([line], "en")[0]
    assert len(syllables) == len(find_nuclei(speak(line, "en").segments))
    assert sum(len(s.text) for s in syllables) <= TEXT_LIMIT


@pytest.mark.parametrize(
    ("word", "count", "parts"),
    [
        ("river", 2, ["ri", "ver"]),
        ("nothing", 2, ["no", "thing"]),
        ("fire", 1, ["fire"]),
        ("heute", 2, ["heu", "te"]),
        ("rhythm", 2, ["rhy", "thm"]),
        ("a", 3, ["", "", "a"]),
    ],
)
def test_letters_are_split(word, count, parts):
    found = split_letters(word, count)
    assert "".join(found) == word
    assert len(found) == count
    assert found == parts or word == "a"
