import pytest

from audiomusic.engines.lrc import format_lrc, format_timed_lines, join_words, retitled, timed_lines
from audiomusic.engines.studio.score import SungWord
from tests.support.lrc_reader import parse_lrc

LINES = [
    [SungWord(12.0, 12.4, "City"), SungWord(12.5, 13.0, "lights")],
    [SungWord(14.0, 14.5, "never"), SungWord(14.5, 15.256, "sleep")],
    [SungWord(60.0, 61.0, "Home")],
]


def test_the_enhanced_form():
    assert format_lrc(LINES, title="Midnight", bpm=120.0, duration_s=75.5) == (
        "[ti:Midnight]\n"
        "[ar:AudioMusic]\n"
        "[bpm:120]\n"
        "[length:01:15.50]\n"
        "[re:AudioMusic]\n"
        "[00:12.00]<00:12.00>City <00:12.50>lights <00:13.00>\n"
        "[00:14.00]<00:14.00>never <00:14.50>sleep <00:15.26>\n"
        "[00:15.26]\n"
        "[01:00.00]<01:00.00>Home <01:01.00>\n"
        "[01:01.00]\n"
    )


def test_the_plain_form():
    assert format_lrc(LINES[:1], word_times=False).splitlines()[-2:] == [
        "[00:12.00]City lights",
        "[00:13.00]",
    ]


def test_words_come_back():
    lrc = parse_lrc(format_lrc(LINES, title="Midnight"))
    assert lrc.tags["ti"] == "Midnight"
    assert [[word.text for word in line] for line in lrc.lines] == [
        ["City", "lights"],
        ["never", "sleep"],
        ["Home"],
    ]
    assert [word.start_s for line in lrc.lines for word in line] == [12.0, 12.5, 14.0, 14.5, 60.0]
    assert lrc.lines[1][-1].end_s == 15.26


def test_lines_are_put_in_order_and_empty_ones_left_out():
    lrc = parse_lrc(format_lrc([LINES[1], [], LINES[0]]))
    assert [line[0].text for line in lrc.lines] == ["City", "never"]


def test_no_words_give_only_tags():
    assert format_lrc([]) == "[ar:AudioMusic]\n[re:AudioMusic]\n"


@pytest.mark.parametrize("word_times", [True, False])
def test_singers_are_named_where_they_change(word_times):
    text = format_lrc([LINES[2], *LINES[:2]], singers=["Ben", "A[n]na", "A[n]na"], word_times=word_times)
    rows = [row.partition("]")[2] for row in text.splitlines()[2:]]
    assert [row.partition(": ")[0] if ": " in row else "" for row in rows] == ["A n na", "", "", "Ben", ""]
    assert [line[0].start_s for line in parse_lrc(text).lines] == [12.0, 14.0, 60.0]


@pytest.mark.parametrize(
    ("time_s", "stamp"),
    [
        (-0.2, "00:00.00"),
        (0.004, "00:00.00"),
        (59.996, "01:00.00"),
        (599.99, "09:59.99"),
        (6000, "100:00.00"),
    ],
)
def test_stamps_round_and_carry(time_s, stamp):
    assert f"[{stamp}]" in format_lrc([[SungWord(time_s, time_s + 1, "x")]])


def test_words_cannot_break_the_form():
    lrc = format_lrc([[SungWord(1, 2, "[00:99]<x>\nla")]], title="a]\n[ti:b")
    assert "[00:01.00]<00:01.00>00:99 x la <00:02.00>" in lrc.splitlines()
    assert "[ti:a ti:b]" in lrc.splitlines()


def test_other_programs_files_are_read():
    lrc = parse_lrc("[ar: Someone ]\n[offset:+500]\nnoise\n[00:10.5][00:20]Hey you\n[0:15:25]Line\n")
    assert lrc.tags == {"ar": "Someone", "offset": "+500"}
    assert lrc.lines == [
        [SungWord(10.0, 14.75, "Hey you")],
        [SungWord(14.75, 19.5, "Line")],
        [SungWord(19.5, 19.5, "Hey you")],
    ]


@pytest.mark.parametrize("text", ["", "\x00", "[", "[99:99.99", "[offset:soon]\n[00:01]la", "<00:01>x"])
def test_nonsense_is_passed_over(text):
    assert len(parse_lrc(text).lines) <= 1


# Scripts without spaces


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["你", "好，", "世", "界"], "你好，世界"),
        (["夜", "を", "love", "する"], "夜を love する"),
        (["ไป", "กัน"], "ไปกัน"),
        (["밤", "기차"], "밤 기차"),
        (["Night", "train"], "Night train"),
        ([], ""),
    ],
)
def test_blanks_stand_where_the_script_has_them(words, line):
    assert join_words(words) == line


def test_chinese_has_no_blanks_in_either_form():
    words = [[SungWord(1.0, 1.5, "你"), SungWord(1.5, 2.0, "好")]]
    assert "[00:01.00]你好" in format_lrc(words, word_times=False).splitlines()
    text = format_lrc(words)
    assert "[00:01.00]<00:01.00>你<00:01.50>好<00:02.00>" in text.splitlines()
    assert [word.text for word in parse_lrc(text).lines[0]] == ["你", "好"]


# Reading back


def test_the_title_alone_is_replaced():
    text = format_lrc(LINES, title="Midnight")
    assert retitled(text, r"Dawn ]\1") == format_lrc(LINES, title=r"Dawn ]\1")
    assert retitled("[00:01.00]la\n", "Dawn") == "[00:01.00]la\n"
    assert retitled("", "Dawn") == ""


@pytest.mark.parametrize("word_times", [True, False])
def test_lines_come_back_with_their_times(word_times):
    lines = timed_lines(format_lrc(LINES, title="[1:2", bpm=90, duration_s=99, word_times=word_times))
    assert lines == (
        (12_000, "City lights"), (14_000, "never sleep"), (15_260, ""), (60_000, "Home"), (61_000, ""),
    )  # fmt: skip
    assert timed_lines(format_timed_lines(lines)) == lines
