"""The songs in docs/lyricist.md are what the lyricist writes."""

import re
from pathlib import Path

import pytest

from audiomusic.engines.studio.lyricist import write_lyrics

PAGE = Path(__file__).parents[4] / "docs/lyricist.md"
SONG = re.compile(r"^`([^`\n]+)` \(`(\w\w)`, seed (\d+), 90 s\)\n\n```\n(.+?)\n```", re.MULTILINE | re.DOTALL)
SONGS = SONG.findall(PAGE.read_text(encoding="utf-8"))


def test_there_are_three():
    assert len(SONGS) == 3


@pytest.mark.parametrize(("query", "language", "seed", "text"), SONGS)
def test_a_song_is_as_shown(query, language, seed, text):
    written = write_lyrics(query, kind="song", language=language, duration_s=90.0, seed=int(seed))
    assert f"{written.title}\n\n{written.lyrics}" == text
