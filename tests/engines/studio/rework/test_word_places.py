"""Which new words go to which tune: the song's own words, and words of another shape."""

import pytest

from audiomusic.engines.studio.rework.edits.word_places import SungSection, words_by_section

VERSE, CHORUS, SECOND = ("a1", "a2"), ("c1", "c2"), ("b1", "b2")


def rooms(*parts):
    """Return the sections for (kind, lines) in the order of the song."""
    sections, first = [], 0
    for place, (kind, texts) in enumerate(parts):
        lines = tuple(range(first, first + len(texts)))
        sections.append(SungSection(place, kind, kind.title(), lines, tuple(texts)))
        first += len(texts)
    return sections


SONG = rooms(
    ("verse", VERSE), ("chorus", CHORUS), ("chorus", CHORUS), ("verse", SECOND), ("chorus", CHORUS[:1])
)  # fmt: skip
ASKED = [("verse", VERSE), ("chorus", CHORUS), ("verse", SECOND), ("chorus", CHORUS)]


def test_the_songs_own_words_go_where_they_are_sung():
    rows = words_by_section(SONG, ASKED, ASKED)
    assert rows == [list(room.texts) for room in SONG]


def test_a_line_that_changed_changes_wherever_it_is_sung():
    new = [(kind, [line.replace("c1", "new") for line in lines]) for kind, lines in ASKED]
    assert words_by_section(SONG, new, ASKED) == [
        ["a1", "a2"], ["new", "c2"], ["new", "c2"], ["b1", "b2"], ["new"],
    ]  # fmt: skip


def test_a_chorus_that_was_written_twice_may_change_once():
    new = [*ASKED[:3], ("chorus", ["new", "c2"])]
    assert words_by_section(SONG, new, ASKED)[-1] == ["new"]


@pytest.mark.parametrize("asked", [(), [("verse", ["unknown"])]])
def test_words_of_another_shape_go_to_their_kind_and_all_that_repeats_it(asked):
    new = [("verse", ["x1"]), ("chorus", ["y1", "y2"])]
    assert words_by_section(SONG, new, asked) == [["x1"], ["y1", "y2"], ["y1", "y2"], None, ["y1"]]


def test_a_chorus_written_as_one_is_sung_as_the_two_that_it_was():
    new = [("verse", VERSE), ("chorus", ["1", "2", "3", "4"]), ("verse", SECOND), ("chorus", ["5"])]
    assert words_by_section(SONG, new)[1:3] == [["1", "2"], ["3", "4"]]
    assert words_by_section(SONG, new)[4] == ["5"]


def test_paragraphs_without_marks_go_to_what_has_words_of_its_own():
    new = [("verse", ["1"]), ("verse", ["2"]), ("verse", ["3"])]
    song = rooms(("verse", VERSE), ("chorus", CHORUS), ("verse", SECOND), ("chorus", CHORUS))
    assert words_by_section(song, new) == [["1"], ["2"], ["3"], ["2"]]


def test_one_long_section_runs_through_the_song():
    new = [("verse", list("123456789"))]
    assert words_by_section(SONG, new) == [["1", "2"], ["3", "4"], ["5", "6"], ["7", "8"], ["9"]]


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        (
            [("verse", ["1", "2", "3"]), ("chorus", ["4"])],
            "Verse has room for 2 line(s), the words have 3: there is none for '3'.",
        ),
        (
            [("verse", ["1"])] * 6,
            "The song has 5 sung section(s), and the words have 6: there is no melody for the line '1'.",
        ),
        ([("verse", list("1234567890"))], "The song has room for 9 line(s), the words have 10."),
        ([], "There is no line to sing."),
    ],
)  # fmt: skip
def test_what_has_no_tune_is_named(new, sentence):
    with pytest.raises(ValueError) as refused:
        words_by_section(SONG, new)
    assert str(refused.value) == sentence
