"""Titles for songs submitted without one."""

import pytest

from audiomusic.engines.studio.lyrics import parse_lyrics
from audiomusic.engines.studio.titles import song_title


def test_the_chorus_names_the_song():
    sections = parse_lyrics(
        "[Verse]\nThe river runs\n\n[Chorus]\nSing it loud and sing it clear\nThe night is young"
    )
    assert song_title("warm folk", sections) == "Sing It Loud"


def test_without_a_chorus_the_first_line_does():
    assert song_title("warm folk", parse_lyrics("Hello, morning sun\nA brand new day")) == "Hello"


@pytest.mark.parametrize(
    ("caption", "title"),
    [
        ("uplifting modern pop with warm pads, punchy drums", "Uplifting Modern Pop with Warm Pads"),
        ("slow piano, rain", "Slow Piano"),
        ("a song of the", "A Song"),
        ("夜の街", "夜の街"),
        ("x" * 500, "X" + "x" * 47),
        ("...", "Untitled"),
        ("", "Untitled"),
    ],
)
def test_without_words_the_caption_does(caption, title):
    assert song_title(caption, []) == title
