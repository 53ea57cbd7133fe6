import pytest

from audiomusic.engines.studio.lyrics import (
    MAX_LINES,
    MAX_SYLLABLES,
    count_syllables,
    dropped_lines,
    parse_lyrics,
    split_ad_lib,
    split_line,
)


def kinds(text):
    return [section.kind for section in parse_lyrics(text)]


def test_tags_name_the_sections():
    sections = parse_lyrics("[Verse 1]\nOne line\nTwo lines\n\n[Chorus]\nSing it now\n\n[Bridge]\nOver we go")
    assert [(s.kind, s.label, len(s.lines)) for s in sections] == [
        ("verse", "Verse 1", 2),
        ("chorus", "Chorus", 1),
        ("bridge", "Bridge", 1),
    ]


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("[Pre-Chorus]", "prechorus"),
        ("【サビ】", "chorus"),
        ("Chorus:", "chorus"),
        ("(Bridge)\n[Bridge]", "bridge"),
        ("[Guitar Solo]", "solo"),
        ("[Outro]", "outro"),
        ("[Estribillo]", "chorus"),
        ("[Strophe 2]", "verse"),
        ("[Couplet 1: voix douce]", "verse"),
        ("[Drop]", "drop"),
    ],
)
def test_tags_in_many_hands(tag, kind):
    assert kinds(f"{tag}\nla la la")[-1] == kind


def test_a_times_mark_repeats_the_section():
    assert kinds("[Chorus x3]\nHey you") == ["chorus"] * 3
    assert kinds("[Chorus x99]\nHey you") == ["chorus"] * 8


def test_a_rap_tag_is_remembered():
    assert [s.rap for s in parse_lyrics("[Verse - rap]\nquick words\n[Chorus]\nslow words")] == [True, False]


def test_paragraphs_become_verses_and_the_repeated_one_the_chorus():
    assert kinds("A day\nA way\n\nOh sing\n\nA night\nA light\n\nOh sing") == [
        "verse",
        "chorus",
        "verse",
        "chorus",
    ]


def test_sections_without_words_stay_as_instrumental_ones():
    sections = parse_lyrics("[Intro]\n\n[Verse]\nHello there\n\n[Instrumental]\n\n[Outro]")
    assert [(s.kind, len(s.lines)) for s in sections] == [
        ("intro", 0),
        ("verse", 1),
        ("solo", 0),
        ("outro", 0),
    ]


def test_long_lines_are_cut_at_the_comma():
    line = "I walked along the river in the morning, and I never thought of anything at all"
    assert split_line(line) == [
        "I walked along the river in the morning,",
        "and I never thought of anything at all",
    ]


@pytest.mark.parametrize(
    ("line", "lead", "ad_lib"),
    [
        ("Hold me now (hold me now)", "Hold me now", "hold me now"),
        ("(yeah, yeah) I know (oh)", "I know", "yeah, yeah, oh"),
        ("Stay （ooh）", "Stay", "ooh"),
        ("(all of this line)", "all of this line", ""),
        ("A line (that is explained at a length nobody would shout)", None, ""),
        ("A smile (🎉)", "A smile", ""),
        ("An open (bracket", "An open bracket", ""),
    ],
)
def test_brackets_beside_a_line_hold_its_ad_lib(line, lead, ad_lib):
    assert split_ad_lib(line) == (lead or line.replace("(", "").replace(")", ""), ad_lib)


def test_ad_libs_stay_in_brackets_until_they_are_sung():
    assert parse_lyrics("[Verse]\n(yeah) I know *it* (oh)\n(alone)")[0].lines == (
        "I know it (yeah, oh)",
        "alone",
    )


def test_lines_without_words_are_left_out_and_counted():
    text = "Hello sun\n🎉🎉🎉\n---\nGood night"
    assert parse_lyrics(text)[0].lines == ("Hello sun", "Good night")
    assert dropped_lines(text) == 2


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10_000,
        "word " * 2_000,
        "🎵" * 10_000,
        "\x00\u202e\u200fabc\x00",
        "春" * 3_000,
        "[" * 5_000,
        "",
        "\n" * 9_000,
    ]
    + ["[Chorus x9]\n" * 800, "١٢٣ مرحبا\n" * 50, "é̂̃" * 2_000, "1234567890 " * 900],
)
def test_strange_lyrics_give_short_lines_and_no_failure(text):
    lines = [line for section in parse_lyrics(text) for line in section.lines]
    assert len(lines) <= MAX_LINES
    assert all(count_syllables(line) <= MAX_SYLLABLES or " " not in line for line in lines)


@pytest.mark.parametrize(
    ("text", "count"), [("hello", 2), ("the night", 2), ("time", 1), ("春が来た", 4), ("rhythm", 1), ("", 0)]
)
def test_syllables_are_counted_about_right(text, count):
    assert count_syllables(text) == count
