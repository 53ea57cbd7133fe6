"""How long a song will be, estimated from its words."""

import pytest

from audiomusic.engines.estimate import estimate_duration_s, reserved_duration_s

VERSE = "[Verse 1]\n" + "A line of words to sing\n" * 8


def test_more_lines_take_longer():
    assert estimate_duration_s("song", VERSE) < estimate_duration_s("song", VERSE * 3)


def test_a_usual_song_has_a_usual_length():
    assert 120 <= estimate_duration_s("song", VERSE * 4) <= 240


def test_a_rapped_line_is_shorter_than_a_sung_one():
    assert estimate_duration_s("rap", VERSE * 3) < estimate_duration_s("song", VERSE * 3)


def test_a_mark_is_not_a_line():
    assert estimate_duration_s("vocals", "[Verse]\nla") < estimate_duration_s("vocals", "la\nla")


def test_a_long_line_counts_as_several():
    assert estimate_duration_s("vocals", "la " * 60) > estimate_duration_s("vocals", "la")


def test_lyrics_to_be_written_count_as_if_they_were():
    assert estimate_duration_s("song", write_lyrics=True) > estimate_duration_s("song")


def test_a_single_sound_is_short_and_a_loop_longer():
    one_shot = estimate_duration_s("samples", sample_type="one-shot")
    assert 0 < one_shot < estimate_duration_s("samples", sample_type="loop") < 120


@pytest.mark.parametrize("kind", ["song", "rap", "vocals", "instrumental", "samples"])
def test_what_is_reserved_has_headroom_and_an_end(kind):
    lyrics = "" if kind in ("instrumental", "samples") else VERSE
    assert estimate_duration_s(kind, lyrics) < reserved_duration_s(kind, lyrics)
    assert reserved_duration_s(kind, "la\n" * 5000) <= 600
