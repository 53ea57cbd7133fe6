"""Settings in pasted lyrics, beside the request and its caption."""

from audiomusic.engines.studio.lyric_settings import with_lyric_settings
from tests.engines.studio.songs import ask


def test_a_key_in_a_mode_is_played_as_its_nearest_and_told():
    request, notes = with_lyric_settings(ask(lyrics="Key: E mixolydian\n\nHello there", caption="rock"))
    assert request.keyscale == "E Major"
    assert "E Major" in notes["Key: E mixolydian"]


def test_a_key_that_is_played_as_it_is_needs_no_word():
    request, notes = with_lyric_settings(ask(lyrics="Key: Bm\n\nHello", caption="rock"))
    assert (request.keyscale, notes) == ("B Minor", {})


def test_a_parameter_decides_against_the_lyrics():
    request, notes = with_lyric_settings(
        ask(lyrics="Key: E dorian\n\nHello", caption="rock", keyscale="C Major")
    )
    assert request.keyscale == "C Major"
    assert "parameter" in notes["Key: E dorian"]
