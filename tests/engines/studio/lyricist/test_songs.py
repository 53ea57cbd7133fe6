import tomllib
from itertools import pairwise

import pytest

from audiomusic.engines.studio.lyricist import THEMES_DIR, with_article, write_lyrics
from audiomusic.engines.studio.lyrics import count_syllables, parse_lyrics


def write(query="a song about the summer", kind="song", language="en", duration_s=120.0, seed=1):
    return write_lyrics(query, kind=kind, language=language, duration_s=duration_s, seed=seed)


def test_the_chorus_repeats_a_hook_with_the_key_word():
    choruses = [s.lines for s in parse_lyrics(write().lyrics) if s.kind == "chorus"]
    assert len(choruses) >= 2
    assert choruses[0] == choruses[1]
    assert choruses[0][0] == choruses[0][2]
    assert "summer" in choruses[0][0].casefold()


def test_the_subject_is_what_stands_after_about():
    assert "coffee" in write("a love song about coffee").lyrics.casefold()


@pytest.mark.parametrize(
    "noun",
    [
        "l'amour", "la nuit", "l'été", "le voyage", "la liberté", "le soleil", "la chanson", "le café",
        "l'hiver", "le bonheur", "la fleur", "la vie", "le rêve", "la haine", "le vélo", "l'espoir",
        "la mer", "la pluie",
    ],
)  # fmt: skip
def test_french_nouns_have_their_article(noun):
    assert with_article(noun.removeprefix("l'").split()[-1], "fr") == noun


def test_french_choruses_are_sung_with_it():
    lyrics = " ".join(write("une chanson sur la nuit", language="fr", seed=seed).lyrics for seed in range(12))
    assert "la nuit" in lyrics
    assert not {"Chante nuit", "Donne-moi nuit"} & {" ".join(pair) for pair in pairwise(lyrics.split())}


def test_hope_is_a_subject_where_it_is_called_one():
    assert "hope" in write("a sad song about hope").lyrics.casefold()


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "pt", "it"])
def test_lines_scan_alike_in_every_language(language):
    lines = [
        line for s in parse_lyrics(write(language=language).lyrics) if s.kind == "verse" for line in s.lines
    ]
    assert len(lines) >= 8
    assert all(5 <= count_syllables(line) <= 13 for line in lines), lines


def test_seeds_differ_and_a_seed_repeats():
    assert len({write(seed=seed).lyrics for seed in range(8)}) >= 7
    assert write(seed=3) == write(seed=3)


def test_no_line_of_a_verse_comes_twice():
    verses = [
        line for s in parse_lyrics(write(duration_s=240.0).lyrics) if s.kind == "verse" for line in s.lines
    ]
    assert len(verses) == len(set(verses))


def test_length_follows_the_duration():
    counts = [len(write(duration_s=seconds).lyrics.splitlines()) for seconds in (10, 30, 60, 120, 300)]
    assert counts == sorted(counts)
    assert counts[0] <= 3


def test_rap_has_longer_lines_tagged_as_rap():
    sections = parse_lyrics(write("my crew", kind="rap").lyrics)
    assert any(section.rap and len(section.lines) == 8 for section in sections)


@pytest.mark.parametrize(
    "query", ["", "???", "xqzt", "rock song", "🎸", "x" * 1000, "{soft} {0}", "love " * 190]
)
def test_any_query_gets_lyrics_and_a_title(query):
    written = write(query)
    assert parse_lyrics(written.lyrics)
    assert 0 < len(written.title) <= 60


def test_another_language_falls_back_to_english():
    assert "[Verse 1]" in write(language="fi").lyrics


@pytest.mark.parametrize("language", ["es", "fr", "de", "pt", "it"])
@pytest.mark.parametrize("theme", ["love", "night", "summer", "loss", "dance", "dream"])
def test_common_themes_have_lines_of_their_own(theme, language):
    text = (THEMES_DIR / f"{theme}.toml").read_text(encoding="utf-8")
    couplets = tomllib.loads(text)[language]["couplets"]
    assert len(couplets) >= 6
    assert all(5 <= count_syllables(line) <= 13 for couplet in couplets for line in couplet)


def test_english_has_many_titles():
    assert len({write("a song about trains", seed=seed).title for seed in range(30)}) >= 6
