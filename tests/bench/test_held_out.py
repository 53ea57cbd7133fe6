"""What `bench voice` counts; the singing and the listening take minutes."""

import pytest

from audiomusic.bench.engine import held_out, listening
from audiomusic.bench.engine.held_out import HeldOut
from audiomusic.bench.engine.word_judges import word_errors, words_of
from audiomusic.bench.report import Report


def song(genre="Folk", errors=(4, 9), recognised=(20, 18)):
    return HeldOut(genre, 100, errors, 20, recognised, [3.0], [2.4])


def test_words_are_counted_over_all_songs_and_lines_in_the_worst():
    report = Report()
    held_out.add_held_out(report, [song(), song("Rock", errors=(6, 21), recognised=(19, 16))])
    assert report.figures["held_out_word_errors_stem"] == 0.05
    assert report.figures["held_out_word_errors_mix"] == 0.15
    assert report.figures["held_out_recognised_stem_worst"] == 0.95
    assert report.figures["held_out_recognised_mix_worst"] == 0.8
    assert report.figures["held_out_recognised_mix_folk"] == 0.9
    assert report.missed == [
        "held_out_word_errors_stem", "held_out_recognised_stem_worst", "held_out_word_errors_mix",
        "held_out_recognised_mix_worst", "voice_quality_above_e4",
    ]  # fmt: skip


def test_the_recogniser_knows_every_held_out_line():
    with listening.closed_set(held_out.LINES[: held_out.WAYS]) as decoder:
        assert all(
            decoder.lookup_word(word) for line in held_out.LINES[: held_out.WAYS] for word in line.split()
        )
    assert len(set(held_out.LINES)) == len(held_out.LINES) > held_out.WAYS


@pytest.mark.parametrize(
    ("heard", "words"),
    [
        ("It's 40 acres, isn't it?", "it is forty acres is not it"),
        ("I can’t wait until you're here", "i can not wait till you are here"),
        ("1,000 birds", "a thousand birds"),
        ("my mother's e-mail", "my mother's e mail"),
    ],
)
def test_what_is_said_alike_is_counted_alike(heard, words):
    assert words_of(heard) == words.split()


def test_a_word_put_in_left_out_or_changed_is_one_error():
    assert word_errors(["a", "b", "c"], ["a", "x", "c", "d"]) == 2
    assert word_errors(["a", "b"], []) == 2
