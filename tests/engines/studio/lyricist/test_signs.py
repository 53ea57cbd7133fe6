"""Japanese and Chinese wishes: their people, things, places and actions appear in title and lyrics."""

from collections import Counter

import pytest

from audiomusic.devtools.rhymes import rhyme
from audiomusic.engines.studio.lyricist import language_of_wish, write_lyrics
from audiomusic.engines.studio.lyricist.signs.chinese import read_chinese
from audiomusic.engines.studio.lyricist.signs.japanese import read_japanese
from audiomusic.engines.studio.lyricist.syllables import count_syllables
from audiomusic.engines.studio.lyrics import parse_lyrics

from .sentences import hook_of, load
from .test_rhymes import couplets

SENTENCES = load("sentences_signs.toml")
LEAST_SHARE = 0.95
READERS = {"ja": read_japanese, "zh": read_chinese}


def write(sentence, kind="song", duration_s=180, seed=0):
    return write_lyrics(
        sentence.query, kind=kind, language=sentence.language, duration_s=duration_s, seed=seed
    )


@pytest.mark.parametrize("language", ["ja", "zh"])
def test_the_words_of_the_wish_are_sung(language):
    asked = [sentence for sentence in SENTENCES if sentence.language == language]
    left_out = []
    for sentence in asked:
        written = write(sentence)
        left_out += [word for word in sentence.words if word not in written.title + written.lyrics]
    wanted = sum(len(sentence.words) for sentence in asked)
    assert wanted >= 35
    assert 1 - len(left_out) / wanted >= LEAST_SHARE, left_out


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: ascii(sentence.query[:10]))
def test_its_subject_stands_in_title_and_hook(sentence):
    written = write(sentence, seed=1)
    assert written.not_applied == {}
    assert language_of_wish(sentence.query) == sentence.language
    assert any(word in written.title for word in sentence.main), written.title
    assert any(word in hook_of(written.lyrics) for word in sentence.main), written.lyrics


@pytest.mark.parametrize(("kind", "duration_s"), [("song", 240), ("rap", 240)])
def test_no_line_comes_twice_but_in_the_chorus(kind, duration_s):
    for sentence in SENTENCES:
        sections = parse_lyrics(write(sentence, kind, duration_s, seed=2).lyrics)
        counts = Counter(line for section in sections if section.kind != "chorus" for line in section.lines)
        assert max(counts.values()) == 1, (sentence.query, counts.most_common(1))


def test_a_seed_repeats_and_seeds_differ():
    for sentence in SENTENCES[::6]:
        assert write(sentence, seed=3) == write(sentence, seed=3)
        assert len({write(sentence, seed=seed).lyrics for seed in range(4)}) == 4


@pytest.mark.parametrize(
    ("language", "query", "facts"),
    [
        (
            "ja",
            "姉のサキへ、毎朝走っている",
            [("who", "姉のサキ", "サキ"), ("clause", "サキは毎朝走っている", "")],
        ),
        ("ja", "さかなの歌", [("thing", "さかな", "")]),
        (
            "ja",
            "祖母の台所で裸足で踊った夕方",
            [("place", "祖母の台所で", ""), ("thing", "裸足で踊った夕方", "")],
        ),
        ("ja", "雪の歌、女性ボーカル、90 bpm", [("thing", "雪", "")]),
        ("zh", "成都的歌，女声，没有鼓", [("thing", "成都", "")]),
        ("zh", "关于老船长的歌", [("thing", "老船长", "")]),
        ("zh", "成都和熊猫", [("thing", "成都", ""), ("thing", "熊猫", "")]),
        (
            "zh",
            "给我姐姐小梅的歌，她会修车",
            [("who", "我姐姐小梅", "小梅"), ("clause", "小梅会修车", "")],
        ),
    ],
)
def test_facts(language, query, facts):
    assert [(fact.kind, fact.text, fact.name) for fact in READERS[language](query).facts] == facts


@pytest.mark.parametrize(
    ("language", "query", "occasion", "mood"),
    [
        ("ja", "ハナの誕生日の歌", "birthday", "bright"),
        ("ja", "悲しい誕生日の歌", "birthday", "sad"),
        ("ja", "ミケの子守唄", "lullaby", "calm"),
        ("zh", "小雨的婚礼歌", "wedding", "bright"),
        ("zh", "小时候的院子", "", "past"),
    ],
)
def test_occasion_and_mood(language, query, occasion, mood):
    sentence = READERS[language](query)
    assert (sentence.occasion, sentence.mood) == (occasion, mood)


def test_chinese_couplets_rhyme_by_their_finals():
    found = couplets("zh")
    assert len(found) >= 80
    assert not [couplet for couplet in found if not rhyme(*couplet, "zh")]


@pytest.mark.parametrize("language", ["ja", "zh"])
def test_lines_of_a_couplet_are_as_long_as_each_other(language):
    whole = [couplet for couplet in couplets(language) if "{" not in "".join(couplet)]
    lengths = {tuple(couplet): [count_syllables(line, language) for line in couplet] for couplet in whole}
    assert not {couplet: counts for couplet, counts in lengths.items() if abs(counts[0] - counts[1]) > 1}


def test_morae_are_counted_as_the_signs_are_read():
    counts = [count_syllables(text, "ja") for text in ("東京", "きゃっと", "コーヒー", "雪 月", "海 ABC")]
    assert counts == [4, 3, 4, 4, 8]
