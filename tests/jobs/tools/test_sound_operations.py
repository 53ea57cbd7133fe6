"""What a tool's parameters mean to an engine that knows only a song's length."""

import pytest

from jobs.specs.refusals import SourceUnfit
from jobs.tools.sound_operations import sound_operation, stem_operation

CALM = {"caption": "calm"}


def test_a_stretch_is_charged_and_its_window_kept():
    asked = sound_operation("repaint", {**CALM, "start_s": 2.0}, 9.0)
    assert (asked.charged_s, asked.longest_s) == (7.0, 9.0)
    assert asked.operation["window"] == {"start_s": 2.0, "end_s": 9.0, "fade_ms": 40.0}


def test_the_end_of_what_is_not_fetched_yet_stays_open():
    asked = sound_operation("repaint", {**CALM, "start_s": 2.0}, 600.0, is_length_known=False)
    assert asked.operation["end_s"] is None and asked.charged_s == 598.0


def test_an_extension_is_charged_by_what_is_added():
    asked = sound_operation("extend", {**CALM, "left_s": 2.0, "lyrics": "la"}, 9.0)
    assert (asked.charged_s, asked.longest_s) == (32.0, 41.0)
    assert (asked.operation["right_s"], asked.operation["left_lyrics"]) == (30.0, None)


def test_a_cover_is_as_long_as_its_song():
    asked = sound_operation("cover", {**CALM, "bpm": 90.0}, 9.0)
    assert (asked.longest_s, asked.operation["strength"], asked.operation["bpm"]) == (9.0, 0.7, 90.0)


@pytest.mark.parametrize(
    ("task", "wishes", "field", "words"),
    [
        ("repaint", {}, "repainting_start", "start of the range"),
        ("repaint", {"start_s": 8.0, "end_s": 4.0}, "repainting_start", "before the end"),
        ("repaint", {"start_s": 8.0, "end_s": 12.0}, "repainting_end", "at most the song's 9.00 s"),
        ("repaint", {"start_s": 8.0, "end_s": 8.2}, "repainting_end", "at least 0.5 s"),
        ("repaint", {"start_bar": 1, "end_bar": 2}, "start_bar", "no score"),
        ("repaint", {"start_s": 2.0, "snap": "bar"}, "snap", "no score"),
        ("repaint", {"start_s": 2.0, "duration_s": 20.0}, "duration", "the song's own 9.00 s"),
        ("extend", {"right_s": 0.0}, "right_extend_length", "more than 0 s"),
        ("extend", {"right_s": 0.5}, "right_extend_length", "at least 1 s"),
        ("extend", {"left_bars": 2}, "left_bars", "no score"),
        ("extend", {"duration_s": 20.0}, "duration", "39.00 s"),
        ("cover", {"duration_s": 20.0}, "duration", "9.00 s"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(task, wishes, field, words):
    with pytest.raises(SourceUnfit) as refused:
        sound_operation(task, {**CALM, **wishes}, 9.0)
    assert words in refused.value.errors[field][0]


def test_a_song_that_grows_too_long():
    with pytest.raises(SourceUnfit, match="600 s in all"):
        sound_operation("extend", {**CALM, "right_s": 30.0}, 590.0)


def test_parts_are_asked_for_one_at_a_time():
    assert stem_operation({"track_name": "drums"}, 9.0).operation["method"] == "separated"
    with pytest.raises(SourceUnfit, match="one part"):
        stem_operation({"all_stems": True}, 9.0)
