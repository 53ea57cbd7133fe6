"""Lines that must rhyme do, by pronouncing dictionaries that the lyricist itself does not use."""

import pytest

from audiomusic.devtools.rhymes import rhyme
from audiomusic.devtools.rhymes import syllables as spoken_syllables
from audiomusic.engines.studio.lyricist import write_lyrics
from audiomusic.engines.studio.lyricist.slots import slots_in
from audiomusic.engines.studio.lyricist.syllables import count_syllables
from audiomusic.engines.studio.lyricist.themes import themes
from audiomusic.engines.studio.lyricist.writer import MAX_DIFFERENCE, lines_of

from .sentences import load

LEAST_SHARE = 0.95
TABLES = ("pairs", "prechoruses", "bridges", "couplets")


def couplets(language):
    lines = lines_of(language)
    own = [couplet for table in TABLES for rows in lines[table].values() for couplet in rows]
    themed = [
        couplet
        for theme in themes().values()
        for table in ("couplets", "bridges", "rap")
        for couplet in theme.get(language, {}).get(table, [])
    ]
    return own + themed


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "pt", "it"])
def test_couplets_rhyme(language):
    found = couplets(language)
    loose = [couplet for couplet in found if not rhyme(*couplet, language)]
    assert len(found) >= 140
    assert 1 - len(loose) / len(found) >= LEAST_SHARE, loose


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "pt", "it"])
def test_no_rhyme_hangs_on_what_is_filled_in(language):
    assert not [line for couplet in couplets(language) for line in couplet if line.endswith("}")]


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "pt", "it"])
def test_lines_that_rhyme_are_about_as_long(language):
    whole = [couplet for couplet in couplets(language) if not any(slots_in(line) for line in couplet)]
    lengths = [[count_syllables(line, language) for line in couplet] for couplet in whole]
    uneven = [
        couplet
        for couplet, (one, other) in zip(whole, lengths, strict=True)
        if abs(one - other) > MAX_DIFFERENCE
    ]
    assert len(uneven) <= 0.02 * len(whole), uneven


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "pt", "it"])
def test_syllables_are_counted_as_they_are_spoken(language):
    lines = [line for couplet in couplets(language)[::3] for line in couplet if not slots_in(line)]
    off = [
        line for line in lines if abs(count_syllables(line, language) - spoken_syllables(line, language)) > 1
    ]
    assert len(off) <= 0.04 * len(lines), off


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "pt", "it"])
def test_second_and_fourth_lines_of_a_chorus_rhyme(language):
    sentences = [sentence for sentence in load() if sentence.language == language][:8]
    for sentence in sentences:
        song = write_lyrics(sentence.query, kind="song", language=language, duration_s=180, seed=1)
        chorus = song.lyrics.split("[Chorus]\n", 1)[1].split("\n\n", 1)[0].splitlines()
        assert chorus[0] == chorus[2]
        assert rhyme(chorus[1], chorus[3], language), chorus
