"""The edges of a time range, moved to the borders of sung lines."""

import pytest

from jobs.tools.line_edges import between_lines, cut_lines, sung_lines


def line(text, start_s, length_s, part="lead"):
    return {"part": part, "text": text, "syllables": [[start_s, length_s, 60.0, text, True, 0, 1]]}


SCORE = {
    "vocals": [
        line("one", 2.0, 2.0),
        line("two", 4.5, 2.0),
        line("two", 4.5, 2.0, "double"),
        line("three", 10.0, 2.0),
    ]
}
LINES = sung_lines(SCORE)


def test_a_line_has_what_it_needs_of_the_gaps_beside_it():
    assert [(each.start_s, each.end_s) for each in LINES] == [
        pytest.approx(pair) for pair in ((1.8, 4.3), (4.3, 6.9), (9.8, 12.4))
    ]  # fmt: skip
    assert sung_lines({"vocals": [line("at once", 0.0, 1.0)]})[0].start_s == 0.0
    assert sung_lines({}) == []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((1.0, 8.0), (1.0, 8.0)),  # already between lines
        ((1.9, 8.0), (1.8, 8.0)),  # before its first vowel
        ((2.5, 8.0), (1.8, 8.0)),  # contains most of "one"
        ((3.8, 8.0), (4.3, 8.0)),  # contains little of it
        ((4.3, 8.0), (4.3, 8.0)),  # at its border
        ((1.0, 5.0), (1.0, 4.3)),
        ((1.0, 6.5), (1.0, 6.9)),
        ((5.0, 5.6), (4.3, 6.9)),  # within a line
        ((3.9, 4.8), (1.8, 6.9)),  # nothing would be left
    ],
)
def test_an_edge_moves_to_the_border_of_the_line_that_it_would_cut(asked, expected):
    assert between_lines(LINES, *asked, least_s=0.5, with_breath=True) == pytest.approx(expected)


def test_where_words_stay_their_notes_alone_count():
    near = {"least_s": 0.5, "with_breath": False}
    assert between_lines(LINES, 1.9, 6.8, **near) == (1.9, 6.8)
    assert between_lines(LINES, 2.1, 6.8, **near) == pytest.approx((1.8, 6.8))


def test_the_lines_across_an_edge_are_named():
    assert [each.text for each in cut_lines(LINES, 3.0, 11.0)] == ["one", "three"]
    assert cut_lines(LINES, 8.0, 9.0) == []
