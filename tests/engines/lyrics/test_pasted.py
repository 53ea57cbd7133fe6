"""Pasted lyrics: what is sung, by whom, and which settings the text contains."""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiomusic.engines.lyrics.pasted import MAX_LINES, read_pasted

TEXTS = tomllib.loads(Path(__file__).with_name("pasted.toml").read_text(encoding="utf-8"))["texts"]


def sung(pasted):
    return [line.text for section in pasted.sections for line in section.lines]


@pytest.mark.parametrize("row", TEXTS, ids=lambda row: row["name"])
def test_the_words_are_sung_and_nothing_else(row):
    pasted = read_pasted(row["text"])
    if not row.get("loose"):
        assert sung(pasted) == row["lines"]
    said = "\n".join(sung(pasted))
    assert all(line in said for line in row["lines"])
    assert not [word for word in row.get("never", ()) if word in said]


@pytest.mark.parametrize("row", [row for row in TEXTS if "kinds" in row], ids=lambda row: row["name"])
def test_sections_are_told_apart(row):
    assert [section.kind for section in read_pasted(row["text"]).sections] == row["kinds"]


@pytest.mark.parametrize(
    ("name", "attribute"),
    [("title", "title"), ("bpm", "bpm"), ("key", "keyscale"), ("metre", "timesignature")],
)
def test_the_text_sets_what_it_says_and_no_more(name, attribute):
    for row in TEXTS:
        found = getattr(read_pasted(row["text"]).settings, attribute)
        assert (found or None) == row.get(name), row["name"]


@pytest.mark.parametrize("row", [row for row in TEXTS if "singers" in row], ids=lambda row: row["name"])
def test_singers_are_known_by_line(row):
    sections = read_pasted(row["text"]).sections
    assert [line.singer or s.singers for s in sections for line in s.lines] == row["singers"]


@pytest.mark.parametrize("row", TEXTS, ids=lambda row: row["name"])
def test_what_was_read_reads_the_same_again(row):
    once = read_pasted(row["text"])
    again = read_pasted(once.text)
    assert sung(again) == sung(once)
    assert [section.kind for section in again.sections] == [section.kind for section in once.sections]


def test_plain_lyrics_stay_as_they_were_sent():
    text = "[Verse 1]\nOne line\n\n[Chorus]\nAnother  line (oh)\n"
    assert read_pasted(text).text == text


def test_what_was_left_out_is_counted():
    pasted = read_pasted("e|--0--2--|\nAm F C\nI sing\n(c) 2020 Some Music\n🎉")
    assert pasted.dropped == {"tab": 1, "chord": 1, "page": 1, "wordless": 1}


PIECES = [row["text"] for row in TEXTS]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=80), max_size=6), st.randoms())
@settings(max_examples=60, deadline=None)
def test_pieces_of_anything_are_read_and_bounded(texts, draw):
    lines = [line for text in texts for line in text.split("\n")]
    draw.shuffle(lines)
    pasted = read_pasted("\n".join(lines))
    assert len(sung(pasted)) <= MAX_LINES
    assert all(any(char.isalnum() for char in line) for line in sung(pasted))


@given(
    st.lists(st.sampled_from(["abc", "def", "ghi", "jkl", "mno"]), min_size=2, max_size=5), st.integers(1, 8)
)
@settings(max_examples=40, deadline=None)
def test_a_line_comes_as_often_as_its_mark_says(words, count):
    line = " ".join(words)
    assert sung(read_pasted(f"{line} (x{count})\nend here")) == [line] * count + ["end here"]


@given(
    st.text("abcdefghij ", min_size=3, max_size=30).filter(str.strip), st.integers(0, 99), st.integers(0, 59)
)
@settings(max_examples=40, deadline=None)
def test_stamps_change_no_word(words, minutes, seconds):
    line = " ".join(words.split())
    assert sung(read_pasted(f"[{minutes:02}:{seconds:02}.50]{line}")) == [line]


HOSTILE = [
    "[00:01.00]", "[00:01.00][00:02.00]la\n", "<00:01.00>", "00:00:01,000 --> 00:00:02,000\nla\n", "&amp;",
    "&#", "<br ", "[Am]", "[Am]la ", "(Am)la", "e|---0---", "Anna: la\n", "Verse 1: ", "Verse 1\n", "x2 ",
    "|: la :|\n", "|: \n", "{c: ", "[a](", "**a", "# ", "5Embed", "Lyrics[", "Title: a\n", "Key: C major\n",
    "- - - ", "副歌 ", "［サビ］\n", "musixmatch ", "repeat ", "a and ", "Anna & Ben, ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_four_times_the_text_takes_no_more_than_a_few_times_as_long(piece):
    """Reading takes linear time, even for adversarial text. Quadratic time would be sixteen times as long for
    four times the text."""

    def seconds(chars):
        text = (piece * chars)[:chars]
        best = 10.0
        for _ in range(3):
            read_pasted.cache_clear()
            start = time.process_time()
            read_pasted(text)
            best = min(best, time.process_time() - start)
        return best

    assert seconds(20_000) <= 12 * seconds(5_000) + 0.02
