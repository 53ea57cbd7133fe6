"""Tempo, metre and length."""

import pytest

from audiomusic.engines.captions.reader import read_wishes
from tests.engines.captions.wishes import found


@pytest.mark.parametrize(
    ("caption", "bpm"),
    [
        ("trance, 138.25 bpm", 138.25),
        ("trance 138,25 BPM", 138.25),
        ("at a tempo of 84", 84),
        ("bpm: 101.5", 101.5),
        ("99 beats per minute", 99),
        ("102bpm", 102),
        ("tempo = 77", 77),
        ("Tempo von 88", 88),
        ("à 64 bpm", 64),
        ("one hundred and ten bpm", 110),
        ("テンポ96", 96),
        ("132拍", 132),
        ("ninety five beats a minute", 95),
        ("♩=108", 108),
        ("144-bpm punk", 144),
    ],
)
def test_tempi(caption, bpm):
    assert found(caption, "tempo") == [(bpm, bpm)]


@pytest.mark.parametrize(
    "caption",
    ["100-108 bpm", "100 to 108 bpm", "between 100 and 108 bpm", "100–108 BPM", "zwischen 100 und 108 bpm"],
)
def test_ranges(caption):
    assert found(caption, "tempo") == [(100, 108)]


@pytest.mark.parametrize("caption", ["4000 bpm", "12 bpm"])
def test_a_tempo_that_cannot_be_is_told(caption):
    reading = read_wishes(caption)
    assert not reading.wishes and "between 30 and 300" in reading.settled[0][1]


@pytest.mark.parametrize(
    ("caption", "metre"),
    [
        ("tango in sette ottavi", "7/8"),
        ("四分之五拍的爵士", "5/4"),
        ("八分の九拍子", "9/8"),
        ("fusion in 5/4", "5/4"),
        ("9/8", "9/8"),
        ("in 7", "7/8"),
        ("in seven, prog", "7/8"),
        ("12/8 gospel", "12/8"),
        ("in 5", "5/4"),
        ("a polonaise in 3/4 time", "3/4"),
        ("7拍子", "7/8"),
        ("im 6/8 Takt", "6/8"),
    ],
)
def test_metres(caption, metre):
    assert found(caption, "metre") == [metre]


@pytest.mark.parametrize("caption", ["open 24/7", "in 7 days", "in 5 minutes", "1/2"])
def test_what_is_no_metre(caption):
    assert not found(caption, "metre")


@pytest.mark.parametrize(
    ("caption", "seconds"),
    [
        ("45 seconds", 45),
        ("three minutes long", 180),
        ("2:15", 135),
        ("1 minute 20 seconds", 80),
        ("20s loop", 20),
        ("zwei Minuten", 120),
        ("40 secondes", 40),
        ("1分30秒", 90),
        ("2分钟", 120),
        ("half a minute", 30),
        ("1.5 min", 90),
    ],
)
def test_durations(caption, seconds):
    assert found(caption, "duration") == [seconds]


@pytest.mark.parametrize("caption", ["the last 30 seconds", "80s", "1970's", "at 7:30 pm"])
def test_what_is_no_duration(caption):
    assert not found(caption, "duration")


@pytest.mark.parametrize(
    ("caption", "seconds"),
    [("a minute and a half of jazz", 90.0), ("minuto y medio de salsa", 90.0), ("三十秒のジャズ", 30.0),
     ("四十五秒のジャズ", 45.0)],
)  # fmt: skip
def test_lengths_in_words(caption, seconds):
    [wish] = [wish for wish in read_wishes(caption).wishes if wish.aspect == "duration"]
    assert wish.value == seconds
