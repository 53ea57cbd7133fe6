"""Lyrics are written in eight languages; for others, the song is in English and says so."""

import pytest

from audiomusic.engines.studio.lyricist import write_lyrics

DUTCH = "een lied voor de verjaardag van mijn zus Mia, die van katten en de zee houdt"
KOREAN = "동생 생일 노래"


def write(query, language):
    return write_lyrics(query, kind="song", language=language, duration_s=180, seed=2)


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "pt", "it", "ja", "zh"])
def test_a_language_that_is_written_is_told_of_no_lack(language):
    written = write("", language)
    assert (written.language, written.not_applied) == (language, {})


@pytest.mark.parametrize(("query", "language"), [(DUTCH, "nl"), (KOREAN, "ko"), ("", "fi"), ("Lied", "xx")])
def test_another_language_is_english_and_told(query, language):
    written = write(query, language)
    assert written.language == "en"
    assert "English" in written.not_applied["vocal_language"]


def test_names_and_occasion_of_an_unread_language_are_kept_and_nothing_else():
    written = write(DUTCH, "nl")
    assert "Mia" in written.title
    assert "birthday" in written.lyrics.casefold()
    assert not {"katten", "zus", "zee"} & set(written.lyrics.casefold().split())
    assert "Mia" in written.not_applied["query"]


def test_an_occasion_is_read_in_any_script():
    assert "birthday" in write(KOREAN, "ko").lyrics.casefold()


def test_a_query_in_one_language_for_words_in_another_is_not_mixed():
    written = write("Una canción de cumpleaños para mi hermana Lucía, que adora los gatos", "en")
    assert written.language == "en"
    assert "Lucía" in written.title
    assert "gatos" not in written.lyrics
    assert "es" in written.not_applied["query"]


def test_a_tag_with_a_region_is_its_language():
    assert write("una canción sobre el mar", "es-MX").language == "es"


def test_an_english_sentence_without_small_words_stays_english():
    written = write("steel mill, rust and rain", "en")
    assert "query" not in written.not_applied
    assert "steel mill" in written.lyrics.casefold()
