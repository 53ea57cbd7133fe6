"""A stored score as ChordPro."""

import pytest

from audiomusic.engines.studio.rework.chord_sheet import chord_sheet
from audiomusic.engines.studio.score_json import score_outline
from tests.engines.studio.rework.songs import GENRES, composed


def score(**changes):
    """Return two bars of intro and two bars in which "river runs" is sung."""
    return {
        "title": "Rainy {Day}", "key": "A Minor", "bpm": 96.0, "timesignature": "4/4",
        "sections": [
            {"label": "Intro", "beat": 0.0, "beats": 8.0},
            {"label": "Verse 1", "beat": 8.0, "beats": 8.0},
        ],
        "chords": [
            [0, 0, "Am", 0.0, 4.0], [0, 0, "F", 4.0, 2.0], [0, 0, "G", 6.0, 2.0], [0, 0, "C", 8.0, 4.0],
            [0, 0, "Em", 11.0, 1.0], [0, 0, "Dm", 12.0, 4.0],
        ],
        "vocals": [
            {
                "part": "lead",
                "syllables": [
                    [0, 0, 60, "ri", True, 9.0, 1.0], [0, 0, 60, "ver", False, 10.0, 1.0],
                    [0, 0, 60, "runs", True, 11.0, 1.0],
                ],
            },
            {"part": "harmony", "syllables": [[0, 0, 64, "ooh", True, 9.0, 1.0]]},
        ],
        **changes,
    }  # fmt: skip


def test_sung_lines_have_their_chords_and_others_a_grid():
    assert chord_sheet(score()).splitlines() == [
        "{title: Rainy (Day)}", "{key: A Minor}", "{tempo: 96}", "{time: 4/4}",
        "", "{comment: Intro}", "{start_of_grid}", "| Am . . . | F . G . |", "{end_of_grid}",
        "", "{comment: Verse 1}", "[C]river [Em]runs [Dm]",
    ]  # fmt: skip


def test_a_line_in_six_eight_counts_eighths():
    sheet = chord_sheet(
        score(timesignature="6/8", vocals=[], sections=[{"label": "A", "beat": 0.0, "beats": 6.0}])
    )
    assert "| Am . . . . . | . . F . . . |" in sheet


@pytest.mark.parametrize("genre", GENRES)
def test_every_genre_gives_a_sheet_with_all_its_sections(genre):
    kept = score_outline(composed(genre, duration_s=30.0)) | {"title": "x"}
    sheet = chord_sheet(kept)
    assert all(f"{{comment: {section['label']}}}" in sheet for section in kept["sections"])
    assert sheet.count("[") + sheet.count("|") > len(kept["sections"])
