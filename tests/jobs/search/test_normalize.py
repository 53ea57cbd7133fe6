"""Normalization: which letters are equal, and how a text is divided into words."""

import pytest

from jobs.search.normalize import SEPARATOR, normalize, normalize_texts, query_terms, tokens, word_id


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Night DRIVE", "night drive"),
        ("ÉLAN É e\u0301", "elan e e"),
        ("Michèle Corazón Ärger", "michele corazon arger"),
        ("Don’t don't dont donʼt don`t", "dont dont dont dont dont"),
        ("ＦＵＬＬ Ｗｉｄｔｈ", "full width"),
        ("Ødegård łódź Æon œuvre", "odegard lodz aeon oeuvre"),
        ("Đường ơ ư", "duong o u"),
        ("ёлка йод ї ў", "елка йод ї ў"),
        ("с\u0301лово", "слово"),
        ("Ἀθῆναι ΐ", "αθηναι ι"),
        ("שָׁלוֹם צה״ל", "שלום צהל"),
        ("مُحَمَّد أنت آن", "محمد انت ان"),
        ("हिन्दी की", "हिन्दी की"),
        ("กำลัง น้ำ", "ก\u0e4dาลัง น\u0e49\u0e4dา"),
        ("ガ カ\u3099 か が", "ガ ガ か が"),
        ("ﾊﾟｰﾃｨｰ", "パーティー"),
        ("a\u00adb\u200bc\ufe0f", "abc"),
        ("٣ ³ – — ‑", "3 3 - - -"),
        ("« oui »\n\n non ", "oui non"),
        ("Straße STRASSE ẞ", "strasse strasse ss"),
        ("ΟΔΥΣΣΕΥΣ σοφός", "οδυσσευσ σοφοσ"),
        ("İstanbul IŞIK ışık i\u0307", "istanbul isik isik i"),
        ("НОЧЬ Ё", "ночь е"),
        ("ﬁn Ǆ", "fin dz"),
        ("月亮 ﾊﾟ 🎉 %_\\'\"", "月亮 パ 🎉 %_\\"),
        ("a\x00b\x1fc", "a\ufffdb c"),
        ("", ""),
    ],
)
def test_fold(text, folded):
    assert normalize(text) == folded
    assert normalize(folded) == folded


def test_each_text_is_ended_and_the_last_letters_begin_a_group_of_three():
    assert normalize_texts("Ab", "", "c") == "ab" + SEPARATOR * 2 + "c" + SEPARATOR * 3


def test_words_are_runs_and_of_unspaced_scripts_letters_and_pairs():
    assert tokens(normalize_texts("R&B lo-fi", "月亮星love", "rock\nR&B")) == {
        "r&b", "lo-fi", "月", "亮", "星", "月亮", "亮星", "love", "rock",
    }  # fmt: skip


def test_the_pieces_of_a_term_are_parts_and_whole_words():
    assert query_terms("ight driv") == (["ight", "driv"], [])
    assert query_terms("月") == ([], ["月"])
    assert query_terms("e月亮星 x") == (["e", "x"], ["亮星", "月亮"])
    assert query_terms(" \n") == ([], [])


def test_a_words_number_is_the_same_everywhere():
    assert word_id("night") == 2863215646890996395
    assert -(2**63) <= word_id("月亮") < 2**63
