"""Captions as a whole: what is reported, and how long reading takes."""

import pytest

from audiomusic.engines.captions import lexicon
from audiomusic.engines.captions.reader import read_wishes


def test_words_that_are_not_understood_are_told_and_fillers_are_not():
    assert read_wishes("make me a nice song with piano, please").not_understood == ()
    assert read_wishes("frobnicated jazz with zorp").not_understood == ("frobnicated", "zorp")
    assert read_wishes("ein schönes Lied mit Klavier").not_understood == ()


def test_words_and_places_are_those_of_the_caption():
    caption = "Rock, AVOID the Violin & 95,5 BPM"
    for wish in read_wishes(caption).wishes:
        assert caption[wish.start : wish.start + len(wish.words)] == wish.words


HOSTILE = [
    "no " * 680, "," * 2048, "(" * 2048, "only " * 400, "no drums, " * 200, "drums and " * 200, "a" * 2048,
    "不要" * 1024, "7/" * 1024, "1 to " * 400, "without " + "piano, " * 290, "-drums " * 290, "\ufdfa" * 2048,
    "\u0f71\u0f74" * 1024, "one hundred and " * 128, "key of " * 290, "loud " * 400, "サビから" * 500,
    "\x00\ud800" * 1000, "starts with " * 170,
]  # fmt: skip


@pytest.mark.parametrize("caption", HOSTILE)
def test_hostile_captions_are_read(caption):
    reading = read_wishes(caption)
    assert len(reading.not_understood) <= 100


def test_work_grows_with_the_length_alone(monkeypatch):
    """Each token is looked up a few times, whatever surrounds it."""
    counted, real = [], lexicon._branch
    monkeypatch.setattr(lexicon, "_branch", lambda node, word: (counted.append(1), real(node, word))[1])
    for text in HOSTILE:
        looks = []
        for repeats in (1, 2):
            counted.clear()
            read_wishes.__wrapped__((text * 2)[: 1024 * repeats])
            looks.append(len(counted))
        assert looks[1] <= 3 * looks[0] + 200, text[:20]
