"""Words as a singer pronounces them, in the language of the lyrics."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiomusic.engines.lyrics.numbers import from_roman
from audiomusic.engines.lyrics.reading import as_read, readings
from audiomusic.engines.studio.voice import syllabify
from audiomusic.engines.studio.voice.g2p import parts_of
from audiomusic.engines.studio.voice.speech import speak
from audiomusic.engines.studio.voice.syllables import words_of

LINES = tomllib.loads(Path(__file__).with_name("reading.toml").read_text(encoding="utf-8"))
ROWS = [(language, written, said) for language, rows in LINES.items() for written, said in rows.items()]


@pytest.mark.parametrize(("language", "written", "said"), ROWS)
def test_a_line_is_read_as_it_is_sung(language, written, said):
    assert as_read(written, language) == said


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [("en", "salt & 20%", "salt and twenty percent"), ("de", "um 7:15 Uhr", "um sieben Uhr fünfzehn"),
     ("fr", "10 km", "dix kilomètres"), ("en", "TELL THEM NOW", "tell them now")],
)  # fmt: skip
def test_the_voice_sings_what_is_read(language, written, said):
    heard, wanted = speak(written, language), speak(said, language)
    assert [s.ipa for s in heard.segments if s.ipa] == [s.ipa for s in wanted.segments if s.ipa]
    [syllables], [wished] = syllabify([written], language), syllabify([said], language)
    assert len(syllables) == len(wished)


def test_the_words_shown_stay_as_typed():
    line = "I paid $5.50 & left @ 9"
    words = [word.text for word in words_of(line, speak(line, "en"))]
    assert " ".join(words) == line


def test_a_language_without_rules_is_read_by_its_voice():
    assert readings("1999 & 100%", "sw") == []


@pytest.mark.parametrize(("text", "value"), [("IV", 4), ("XIX", 19), ("MCMXC", 1990), ("IIX", 0), ("", 0)])
def test_roman_numerals_are_those_that_are_written_right(text, value):
    assert from_roman(text) == value


@given(st.integers(0, 10**9), st.sampled_from(["en", "de", "fr", "es", "pt", "it"]))
@settings(max_examples=60, deadline=None)
def test_no_digit_is_left_of_a_number(number, language):
    assert not any(char.isdigit() for char in as_read(f"la {number} la", language))


@given(
    st.text(max_size=60) | st.text("0123456789.,:/$€%&@°#'’ abIVXuhr-", max_size=120),
    st.sampled_from(sorted(LINES)),
)
@settings(max_examples=150, deadline=None)
def test_readings_lie_in_the_line_in_order(line, language):
    place = 0
    for start, end, said in readings(line, language):
        assert place <= start < end <= len(line) and said
        place = end
    for part in parts_of(line, language):
        assert len(part.said) == len(part.origins)
        assert not set(part.said) & set("[]<>/=@%&\\")
