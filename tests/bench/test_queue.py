"""`bench queue`: how far the estimated times are from the actual ones."""

import pytest

from audiomusic.bench.load.queue import misses_of


def test_the_first_word_at_each_moment_is_compared_with_what_came():
    seen = {
        "samples": [
            [100.0, {"1": [True, 5.0], "2": [False, 30.0], "3": [False, None]}],
            [105.0, {"1": [True, 9.0], "2": [False, 99.0], "3": [False, 15.0]}],
            [110.0, {"2": [True, 8.0], "3": [False, 1.0]}],
        ],
        "ends": {"1": 110.0, "2": 120.0, "3": 125.0},
    }
    assert misses_of(seen) == {
        "asked": pytest.approx([0.5, 0.25]),
        "started": pytest.approx([0.5, 0.2]),
    }


def test_who_is_done_already_or_never_was_counts_nowhere():
    seen = {"samples": [[100.0, {"1": [True, 5.0], "2": [False, 5.0]}]], "ends": {"1": 99.0}}
    assert misses_of(seen) == {}
