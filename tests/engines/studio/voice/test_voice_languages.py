"""One line in each of many languages, and lines that mix several."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiomusic.engines.base import SAMPLE_RATE_HZ, silent_monitor
from audiomusic.engines.studio.voice import can_pronounce, hummed_words, sing, syllabify
from audiomusic.engines.studio.voice.g2p import HUM, MOST_PARTS, parts_of, readable
from audiomusic.engines.studio.voice.scripts import HUMMED, ScriptReader, runs, scripts
from audiomusic.engines.studio.voice.speech import TEXT_LIMIT, speak
from audiomusic.engines.studio.voice.syllables import words_of
from tests.engines.studio.voice_scores import vocal_line, vocal_score

#: language -> (a line, its number of syllables for a singer of that language).
LINES = {
    "en": ("walking down the river", 6),
    "es": ("quiero cantar contigo", 7),
    "fr": ("sous le ciel de Paris", 6),
    "de": ("über den Wolken fliegen", 7),
    "it": ("volare nel cielo blu", 7),
    "pt": ("o mar azul da minha terra", 9),
    "nl": ("de zon schijnt op het water", 7),
    "sv": ("natten är lång och kall", 6),
    "da": ("solen skinner over byen", 8),
    "fi": ("minun sydämeni laulaa", 9),
    "pl": ("kocham cię nad życie", 6),
    "cs": ("noc je krásná", 4),
    "hu": ("szeretlek kedvesem", 6),
    "ro": ("te iubesc mereu", 6),
    "tr": ("seni seviyorum aşkım", 8),
    "ru": ("я тебя люблю навсегда", 8),
    "uk": ("ніч така місячна", 6),
    "el": ("σε αγαπώ πολύ", 6),
    "ar": ("أنا أحبك يا حبيبي", 8),
    "he": ("אֲנִי אוֹהֵב אוֹתָךְ", 7),  # without vowel points, Hebrew is read almost without vowels
    "fa": ("دوستت دارم", 4),
    "hi": ("मैं तुमसे प्यार करता हूँ", 8),
    "bn": ("আমি তোমাকে ভালোবাসি", 9),
    "ta": ("நான் உன்னை காதலிக்கிறேன்", 9),
    "ko": ("너를 사랑해 언제나", 8),
    "ja": ("夜空に輝く星", 10),
    "zh": ("月亮代表我的心", 7),
    "yue": ("我愛你", 3),
    "vi": ("anh yêu em mãi mãi", 5),
    "id": ("aku cinta padamu", 7),
    "sw": ("nakupenda sana", 6),
}


def is_voiced(samples):
    """Return whether more than half of the loud frames are periodic at a singer's pitch."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, 2400)[::1200]
    loud = frames[np.square(frames).mean(1) > 0.1 * np.square(frames).mean(1).max()]
    spectra = np.square(np.abs(np.fft.rfft(loud, 8192)))
    echoes = np.fft.irfft(spectra)[:, SAMPLE_RATE_HZ // 500 : SAMPLE_RATE_HZ // 70]
    return (echoes.max(1) > 0.5 * spectra.mean(1) / 2).mean() > 0.5


@pytest.mark.parametrize("language", LINES)
def test_a_line_is_sung(language):
    text, count = LINES[language]
    syllables = len(syllabify([text], language)[0])
    assert abs(syllables - count) <= max(1, count // 4)
    [clip] = sing(vocal_score(vocal_line(text, language=language)), silent_monitor())
    samples = clip.samples.numpy()
    assert np.isfinite(samples).all()
    assert is_voiced(samples)
    assert " ".join(word.text for word in clip.words).replace(" ", "") == text.replace(" ", "")


def test_noise_is_not_voiced():
    assert not is_voiced(np.random.default_rng(1).standard_normal(24_000))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("夜空に輝く星", "ヨゾラニ カガヤク ホシ"),
        ("私は海へ行った", "ワタシワ ウミエ イッタ"),
        ("東京の雨", "トオキョオノ アメ"),
        ("思うことを歌う", "オモウ コトオ ウタウ"),
        ("ひらがな", "ヒラガナ"),
    ],
)
def test_kanji_are_said_as_kana(line, said):
    [part] = parts_of(line, "ja")
    assert part.said == said
    assert len(part.origins) == len(said)
    assert sorted(part.origins) == list(part.origins)


def test_words_keep_their_kanji():
    line = "君の名前を呼ぶ声"
    assert [word.text for word in words_of(line, speak(line, "ja"))] == ["君の", "名前を", "呼ぶ", "声"]


@pytest.mark.parametrize(
    ("line", "language", "readers"),
    [
        ("hold me", "en", ["en"]),
        ("люблю тебя baby", "ru", ["ru"]),
        ("心の中に I love you", "ja", ["ja", "en"]),
        ("사랑해 i love you", "en", ["ko", "en"]),
        ("te quiero 愛 siempre", "es", ["es", "zh", "es"]),
        ("hello ᠮᠣᠩᠭᠣᠯ", "en", ["en", HUMMED]),
        ("1999", "de", ["de"]),
    ],
)
def test_words_find_their_readers(line, language, readers):
    found = runs(line, language)
    assert [run.language for run in found] == readers
    assert (found[0].start, found[-1].end) == (0, len(line))


def test_every_reader_speaks():
    readers = {reader for script in scripts().values() for reader in (*script.readers, script.otherwise)}
    assert [reader for reader in readers - {"*"} if not can_pronounce(reader)] == []


def test_a_script_with_exceptions():
    latin = ScriptReader("LATIN", ("*",), "en", ("ja",))
    assert latin.is_read_by("pt_BR")
    assert not latin.is_read_by("ja-JP")


def test_a_word_that_nobody_reads_is_hummed_and_told():
    line = "hold ᠮᠣᠩᠭᠣᠯ me"
    [clip] = sing(vocal_score(vocal_line(line)), silent_monitor())
    assert [word.text for word in clip.words] == ["hold", "ᠮᠣᠩᠭᠣᠯ", "me"]
    assert hummed_words(line, "en") == ["ᠮᠣᠩᠭᠣᠯ"]
    assert hummed_words("hold 愛 me", "en") == []


def test_a_line_in_an_unknown_language_gets_hums():
    [hums] = syllabify(["hello over there"], "xx")
    assert [hum.text for hum in hums] == [HUM] * 5


def test_readable_drops_what_would_be_read_out_and_keeps_positions():
    text = "don't 🎵 stop\x01, <b>now</b> 東"
    assert readable(text) == "don't   stop    b now  b  東"


@given(st.text(max_size=60) | st.text("aあ愛я가ع̈\u202e1👍[/&. ", min_size=1, max_size=900))
@settings(max_examples=15, deadline=None)
def test_any_text_is_divided_and_bounded(line):
    [syllables] = syllabify([line], "ja")
    assert len(syllables) <= TEXT_LIMIT * 5
    assert all(
        0 <= origin < len(line)
        for part in parts_of(readable(line[:TEXT_LIMIT]), "ja")
        for origin in part.origins
    )


@pytest.mark.parametrize(
    "line",
    [
        "a" * 10_000,
        "愛" * 10_000,
        "愛a" * 5_000,
        "9" * 10_000,
        "https://example.org/?q=%E6%84%9B&x=" * 300,
        "\u202eabc\u2066" * 2_000,
        "👩‍👩‍👧‍👦" * 1_500,
    ],
    ids=["one word", "one sign", "two scripts", "digits", "addresses", "directions", "emoji"],
)
def test_lines_made_to_explode_are_bounded(line):
    speech = speak(line, "ja")
    assert len(speech.text) <= TEXT_LIMIT
    assert len(speech.pcm) <= 120 * speech.rate_hz
    assert len(parts_of(speech.text, "ja")) <= MOST_PARTS
