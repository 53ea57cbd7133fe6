"""How a band colours a written progression."""

import pytest

from audiomusic.engines.studio.compose.colour import coloured
from audiomusic.engines.studio.compose.genres import HarmonyHabits, load_genres, progression_books
from audiomusic.engines.studio.compose.harmony import bends_of, classes_of, read_chord, span_of
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.theory import TONALITIES, Key

PLAIN = HarmonyHabits(colour=0, borrow=0, slash=0, split=0, period=0)
C_MAJOR, A_MINOR = Key(0, "major"), Key(9, "minor")


def versions(text, mode="major", bars=8, count=40, **habits):
    return {
        coloured(text, mode, bars, HarmonyHabits(**{**PLAIN.__dict__, **habits}), draw(seed, "test"))
        for seed in range(count)
    }


def test_plain_habits_leave_what_is_written():
    assert versions("I | V | vi | IV") == {"I | V | vi | IV"}


def test_a_dominant_leads_to_what_follows():
    assert "I | V III7 | vi | IV" in versions("I | V | vi | IV", colour=1.0)
    assert "i | VI VII7 | III | VII" in versions("i | VI | III | VII", "minor", colour=1.0)


def test_a_minor_fourth_goes_home():
    assert "I | IV iv | I | V" in versions("I | IV | I | V", borrow=1.0)


def test_the_bass_walks_by_inversions():
    assert "I V/3 | vi | IV | V" in versions("I | vi | IV | V", slash=1.0)


def test_eight_bars_are_not_twice_the_same_four():
    for text in versions("I | V | vi | IV", period=1.0):
        assert len(text.split("|")) == 8
    assert "I | V | vi | IV" in versions("I | V | vi | IV", bars=4, period=1.0)


def test_a_twelve_bar_blues_stays_twelve_bars():
    twelve = "I7 | I7 | I7 | I7 | IV7 | IV7 | I7 | I7 | V7 | IV7 | I7 | V7"
    for text in versions(twelve, bars=12, colour=1.0, split=1.0, slash=1.0, borrow=1.0, period=1.0):
        assert len(text.split("|")) == 12


@pytest.mark.parametrize("mode", TONALITIES)
@pytest.mark.parametrize("book", progression_books())
def test_whatever_comes_out_can_be_read(book, mode):
    key = C_MAJOR if mode == "major" else A_MINOR
    every = {"colour": 1.0, "borrow": 1.0, "slash": 1.0, "split": 1.0, "period": 0.5}
    for texts in progression_books()[book][mode].values():
        for written in texts:
            text = written.partition("*")[0].strip()
            for version in versions(text, mode, count=6, **every):
                assert [read_chord(numeral, key) for numeral in version.replace("|", " ").split()]


@pytest.mark.parametrize("genre", load_genres())
def test_every_genre_has_four_times_a_dozen_progressions(genre):
    texts = {
        text
        for kinds in load_genres()[genre].progressions.values()
        for rows in kinds.values()
        for text in rows
    }
    assert len(texts) >= 48


@pytest.mark.parametrize(
    ("key", "numeral", "bends"),
    [
        (C_MAJOR, "III7", {7: 1}), (C_MAJOR, "II7", {5: 1}), (C_MAJOR, "iv", {9: -1}),
        (C_MAJOR, "IV7", {4: -1}),
        (C_MAJOR, "I7", {11: -1}), (C_MAJOR, "bVI", {4: -1, 9: -1}), (C_MAJOR, "V7", {}),
        (A_MINOR, "V7", {7: 1}), (A_MINOR, "IV", {5: 1}), (A_MINOR, "bII", {11: -1}),
    ],
)  # fmt: skip
def test_the_tune_takes_the_chords_tones(key, numeral, bends):
    """The leading tone over V in minor, the blue third over IV7, the raised fifth over III7."""
    span = span_of(read_chord(numeral, key), 0.0, 4.0)
    assert bends_of(key, span.pitches[0] % 12, classes_of(span)) == bends
